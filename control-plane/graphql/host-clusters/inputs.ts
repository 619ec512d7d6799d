import { IsInt, Length, MaxLength, Min } from 'class-validator';
import { Field, InputType, Int } from 'type-graphql';
import { LONGEST_KUBECONFIG } from '../../app/host-clusters/kubeconfig.ts';
import { WriteInput } from '../input.ts';

const KUBECONFIG = {
  nullable: true,
  description: `A kubeconfig with all data inside (kubectl config view --raw --minify --flatten), at most ${LONGEST_KUBECONFIG} characters. Send it as a GraphQL variable.`,
};
const IN_CLUSTER = {
  defaultValue: false,
  description: 'Takes the service account of the pod that the control plane runs in, in the place of a kubeconfig.',
};
const CONTEXT = { nullable: true, description: 'Name of the kubeconfig’s context; its current one if absent.' };
const PROBE_IMAGE = {
  nullable: true,
  description: 'Image of the probe’s pod, with Node.js in it; the platform’s own if absent.',
};

@InputType('RegisterHostClusterInput', { description: 'A Kubernetes cluster and how it is reached, from both sides.' })
export class RegisterHostClusterInput extends WriteInput {
  @MaxLength(500)
  @Field(() => String, { description: 'Its name: 1–40 lower-case letters, digits and hyphens.' })
  readonly name!: string;

  @MaxLength(2 * LONGEST_KUBECONFIG)
  @Field(() => String, KUBECONFIG)
  readonly kubeconfig?: string | null;

  @Field(() => Boolean, IN_CLUSTER)
  readonly inCluster!: boolean;

  @MaxLength(1000)
  @Field(() => String, CONTEXT)
  readonly context?: string | null;

  @MaxLength(1000)
  @Field(() => String, {
    description: 'The broker as pods of the cluster reach it: mqtt:// or mqtts://, host and port.',
  })
  readonly brokerUrl!: string;

  @MaxLength(1000)
  @Field(() => String, {
    description: 'The control plane as pods of the cluster reach it: http:// or https://, host and port.',
  })
  readonly controlPlaneUrl!: string;

  @MaxLength(64 * 1024)
  @Field(() => String, {
    nullable: true,
    description: 'Certificates (PEM) of the authorities that both are checked with; the public ones if absent.',
  })
  readonly ca?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Registers it without a probe.' })
  readonly skipProbe!: boolean;

  @Length(1, 500)
  @Field(() => String, PROBE_IMAGE)
  readonly probeImage?: string | null;
}

@InputType()
abstract class HostClusterWriteInput extends WriteInput {
  @MaxLength(500)
  @Field(() => String, { description: 'Name of the host cluster.' })
  readonly name!: string;

  @IsInt()
  @Min(0)
  @Field(() => Int, {
    nullable: true,
    description: 'Refused with CONFLICT unless the host cluster has this generation, 0 or more.',
  })
  readonly expectedGeneration?: number | null;
}

@InputType('RotateHostClusterInput', { description: 'Another credential for a host cluster.' })
export class RotateHostClusterInput extends HostClusterWriteInput {
  @MaxLength(2 * LONGEST_KUBECONFIG)
  @Field(() => String, KUBECONFIG)
  readonly kubeconfig?: string | null;

  @Field(() => Boolean, IN_CLUSTER)
  readonly inCluster!: boolean;

  @MaxLength(1000)
  @Field(() => String, CONTEXT)
  readonly context?: string | null;
}

@InputType('ProbeHostClusterInput', { description: 'Which host cluster, and with what image.' })
export class ProbeHostClusterInput extends HostClusterWriteInput {
  @Length(1, 500)
  @Field(() => String, PROBE_IMAGE)
  readonly probeImage?: string | null;
}

@InputType('DrainHostClusterInput', { description: 'Which host cluster.' })
export class DrainHostClusterInput extends HostClusterWriteInput {}

@InputType('UndrainHostClusterInput', { description: 'Which host cluster.' })
export class UndrainHostClusterInput extends HostClusterWriteInput {}

@InputType('RemoveHostClusterInput', { description: 'Which host cluster.' })
export class RemoveHostClusterInput extends HostClusterWriteInput {
  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Also where the cluster cannot be asked what runs there; that stays as it is.',
  })
  readonly force!: boolean;
}
