/** What is known of a host cluster now, as the API shows it. */
import { Field, Float, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { HostClusterStatus as Status } from '../../app/host-clusters/status.ts';
import type { PodResources } from '../../app/ports/host-clusters.ts';
import { DateTime, SafeInt } from '../scalars.ts';

export const HostClusterState = {
  UNKNOWN: 'unknown',
  REACHABLE: 'reachable',
  UNREACHABLE: 'unreachable',
} as const satisfies Record<string, Status['kind']>;
registerEnumType(HostClusterState, {
  name: 'HostClusterState',
  description: 'Whether a host cluster answers.',
  valuesConfig: {
    UNKNOWN: { description: 'Nobody has tried yet since the control plane was started.' },
    REACHABLE: { description: 'It answers.' },
    UNREACHABLE: { description: 'The last tries, at least two of them or the first of all, were not answered.' },
  },
});

@ObjectType('PodResources', { description: 'What pods can have.', simpleResolvers: true })
class PodResourcesType implements PodResources {
  @Field(() => Float, { description: 'CPU in cores, 0 or more.' })
  readonly cpuCores!: number;

  @Field(() => SafeInt, { description: 'Memory in bytes, 0 or more.' })
  readonly memoryBytes!: number;

  @Field(() => Int, { description: 'Number of pods, 0 or more.' })
  readonly pods!: number;
}

@ObjectType('HostClusterFailure', { description: 'Why a host cluster did not answer.', simpleResolvers: true })
class HostClusterFailure {
  @Field(() => String, {
    description:
      'Stable code for programs: HOST_CLUSTER_UNREACHABLE, HOST_CLUSTER_TIMEOUT, HOST_CLUSTER_TLS, HOST_CLUSTER_UNAUTHORIZED, HOST_CLUSTER_FORBIDDEN, HOST_CLUSTER_NOT_KUBERNETES, SECRET_KEY_MISSING and others. More can come.',
  })
  readonly code!: string;

  @Field(() => String, { description: 'What was met, and what to do, for a person.' })
  readonly message!: string;

  @Field(() => DateTime, { description: 'When it failed first without a success since.' })
  readonly since!: number;
}

@ObjectType('HostClusterStatus', {
  description: 'What the last tries to reach a host cluster have shown. Observed again about every ten seconds.',
  simpleResolvers: true,
})
export class HostClusterStatusType {
  @Field(() => HostClusterState, { description: 'Whether it answers.' })
  readonly state!: Status['kind'];

  @Field(() => DateTime, { nullable: true, description: 'Since when; null while that is unknown.' })
  readonly since!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was last tried; null: never.' })
  readonly checkedAt!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'How long the last answer took, in milliseconds, 0 or more; null while it does not answer.',
  })
  readonly latencyMilliseconds!: number | null;

  @Field(() => HostClusterFailure, {
    nullable: true,
    description: 'What the last try met; null: it was answered. A single failure leaves the state as it was.',
  })
  readonly failure!: HostClusterFailure | null;

  @Field(() => String, {
    nullable: true,
    description: 'Version of its API server, such as v1.34.4, when it last answered.',
  })
  readonly version!: string | null;

  @Field(() => Int, { nullable: true, description: 'Nodes that it has, 0 or more, when it last answered.' })
  readonly nodes!: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Nodes that take ordinary pods, 0 or more, when it last answered: ready, not cordoned, without a taint that keeps pods away.',
  })
  readonly usableNodes!: number | null;

  @Field(() => PodResourcesType, {
    nullable: true,
    description: 'What its usable nodes have for pods, when it last answered.',
  })
  readonly capacity!: PodResources | null;

  @Field(() => PodResourcesType, {
    nullable: true,
    description: 'What of that the pods there have not requested, when it last answered.',
  })
  readonly room!: PodResources | null;
}

export function statusOf(status: Status): HostClusterStatusType {
  const { kind } = status;
  const nothing = { version: null, nodes: null, usableNodes: null, capacity: null, room: null };
  const reading = (kind === 'unknown' ? null : status.reading) ?? nothing;
  const { version, nodes, usableNodes, capacity, room } = reading;
  return {
    state: kind,
    since: kind === 'unknown' ? null : status.since,
    checkedAt: kind === 'unknown' ? null : status.checkedAt,
    latencyMilliseconds: kind === 'reachable' ? status.latencyMilliseconds : null,
    failure: kind === 'unknown' ? null : status.failure,
    ...{ version, nodes, usableNodes, capacity, room },
  };
}
