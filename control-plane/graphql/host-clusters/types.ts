import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { HostCluster as HostClusterInfo } from '../../app/host-clusters/use-cases.ts';
import type { HostClusterProbe } from '../../app/records/host-clusters.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const HostClusterCredentialKind = {
  CERTIFICATE: 'certificate',
  TOKEN: 'token',
  IN_CLUSTER: 'in-cluster',
  COMMAND: 'command',
} as const satisfies Record<string, HostClusterInfo['credentialKind']>;
registerEnumType(HostClusterCredentialKind, {
  name: 'HostClusterCredentialKind',
  description: 'How the control plane says to a host cluster who it is.',
  valuesConfig: {
    CERTIFICATE: { description: 'A client certificate.' },
    TOKEN: { description: 'A bearer token, such as a service account’s.' },
    IN_CLUSTER: { description: 'The service account of the pod that the control plane runs in.' },
    COMMAND: { description: 'A program of the control plane’s machine that an operator has allowed prints it.' },
  },
});

const HostClusterProbeState = {
  SKIPPED: 'skipped',
  WAITING: 'waiting',
  PASSED: 'passed',
  FAILED: 'failed',
} as const satisfies Record<string, HostClusterProbe['state']>;
registerEnumType(HostClusterProbeState, {
  name: 'HostClusterProbeState',
  description: 'Whether a pod of a host cluster was seen to reach what instances need.',
  valuesConfig: {
    SKIPPED: { description: 'Not probed: whoever registered it did not want to.' },
    WAITING: { description: 'The probe is to run, or runs.' },
    PASSED: { description: 'A pod was started, and reached the broker and the control plane.' },
    FAILED: { description: 'Something of that went wrong.' },
  },
});

@ObjectType('HostClusterProbeFailure', {
  description: 'One thing that went wrong with a probe.',
  simpleResolvers: true,
})
class HostClusterProbeFailure {
  @Field(() => String, {
    description:
      'Stable code for programs: PROBE_IMAGE, PROBE_UNSCHEDULABLE, PROBE_REFUSED, PROBE_DNS, PROBE_CONNECT, PROBE_TIMEOUT, PROBE_TLS, PROBE_PROTOCOL, PROBE_FAILED. More can come.',
  })
  readonly code!: string;

  @Field(() => String, { description: 'What failed and with what, for a person.' })
  readonly message!: string;
}

@ObjectType('HostClusterProbe', {
  description: 'The last probe of a host cluster: a pod that is pulled, resolves names and connects as instances will.',
  simpleResolvers: true,
})
export class HostClusterProbeType {
  @Field(() => HostClusterProbeState, { description: 'How it went.' })
  readonly state!: HostClusterProbe['state'];

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it ended, or was asked for while it waits; null: there was none.',
  })
  readonly at!: number | null;

  @Field(() => String, { nullable: true, description: 'The image of its pod; null: not known yet.' })
  readonly image!: string | null;

  @Field(() => Float, {
    nullable: true,
    description: 'How long it took, in milliseconds, 0 or more; null: it has not ended.',
  })
  readonly milliseconds!: number | null;

  @Field(() => [HostClusterProbeFailure], { description: 'What went wrong, at most 20; empty unless it failed.' })
  readonly failures!: readonly HostClusterProbeFailure[];
}

@ObjectType('HostCluster', {
  description:
    'A Kubernetes cluster that instances may run in: everything but its credential, which nobody is told. For operators.',
  simpleResolvers: true,
})
export class HostCluster {
  @Field(() => ID, { description: 'Immutable identity of the registration.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Its name on this platform: 1–40 lower-case letters, digits and hyphens.' })
  readonly name!: string;

  @Field(() => Int, { description: 'Raised by each change that somebody asks for; 1 or more.' })
  readonly generation!: number;

  @Field(() => DateTime, { description: 'When it was registered.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { description: 'When somebody last changed it.' })
  readonly updatedAt!: number;

  @Field(() => String, { description: 'Name of the token that last changed it.' })
  readonly updatedBy!: string;

  @Field(() => ID, { description: 'Uid of its kube-system namespace: the cluster’s own identity.' })
  readonly clusterUid!: string;

  @Field(() => String, { description: 'URL of its API server.' })
  readonly server!: string;

  @Field(() => String, { description: 'Name of the context that its credential was read from.' })
  readonly context!: string;

  @Field(() => HostClusterCredentialKind, { description: 'What its credential is.' })
  readonly credentialKind!: HostClusterInfo['credentialKind'];

  @Field(() => DateTime, { nullable: true, description: 'When its credential ends; null: it does not say.' })
  readonly credentialEndsAt!: number | null;

  @Field(() => Boolean, { description: 'False when the key that encrypts its credential is lost: rotate it.' })
  readonly isReadable!: boolean;

  @Field(() => String, { description: 'URL of the broker as its pods reach it.' })
  readonly brokerUrl!: string;

  @Field(() => String, { description: 'URL of the control plane as its pods reach it.' })
  readonly controlPlaneUrl!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Certificates (PEM) of the authorities that both are checked with; null: the public ones.',
  })
  readonly ca!: string | null;

  @Field(() => DateTime, { nullable: true, description: 'Since when nothing new is placed there; null: it is used.' })
  readonly drainingSince!: number | null;
}

@ObjectType('HostClusterPayload', { description: 'Answer to the mutations of host clusters.', simpleResolvers: true })
export class HostClusterPayload extends Payload {
  @Field(() => HostCluster, {
    nullable: true,
    description: 'The host cluster after the change, or before it was removed.',
  })
  readonly hostCluster!: HostClusterInfo | null;
}
