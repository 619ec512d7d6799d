import { Field, ObjectType } from 'type-graphql';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import type { RolloutRecord } from '../../app/records/releases.ts';
import type { ClusterLive, InstanceLive } from '../../app/use-cases.ts';
import { Instance } from '../instances/types.ts';
import { Rollout } from '../releases/types.ts';
import { InstanceLiveType, ServiceClusterLive } from './live.ts';
import { ServiceCluster } from './types.ts';

@ObjectType('InstanceSnapshot', {
  description: 'An instance with its live figures of the same moment.',
  simpleResolvers: true,
})
export class InstanceSnapshot {
  @Field(() => Instance, { name: 'instance', simple: false, description: 'The instance.' })
  readonly record!: InstanceRecord;

  @Field(() => InstanceLiveType, { description: 'Its live figures.' })
  readonly live!: InstanceLive;
}

@ObjectType('ServiceClusterSnapshot', {
  description: 'A service cluster and all that belongs to it at one moment.',
  simpleResolvers: true,
})
export class ServiceClusterSnapshot {
  @Field(() => ServiceCluster, { name: 'serviceCluster', simple: false, description: 'The service cluster.' })
  readonly cluster!: ClusterRecord;

  @Field(() => ServiceClusterLive, { description: 'Its live figures.' })
  readonly live!: ClusterLive;

  @Field(() => [InstanceSnapshot], { description: 'Its instances but for terminated ones, oldest first.' })
  readonly instances!: readonly InstanceSnapshot[];

  @Field(() => Rollout, { nullable: true, description: 'The roll-out that is under way; null: none.' })
  readonly rollout!: RolloutRecord | null;
}
