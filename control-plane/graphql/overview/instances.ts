import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import type { BalancerShare as Share } from '../../app/fleet/in-flight.ts';
import type { OverviewInstance as Told } from '../../app/overview/instances.ts';
import { HostClusterState } from '../host-clusters/status.ts';
import { Draining, InstanceState } from '../instances/types.ts';
import { Reason } from '../reason.ts';
import { DateTime } from '../scalars.ts';

@ObjectType('BalancerShare', {
  description: 'What one load balancer has sent to an instance and has no answer to yet.',
  simpleResolvers: true,
})
class BalancerShare implements Share {
  @Field(() => ID, { description: 'Uid of the load balancer’s instance.' })
  readonly balancer!: string;

  @Field(() => Float, { description: 'Requests, 0 or more.' })
  readonly requestsInFlight!: number;
}

@ObjectType('OverviewInstance', {
  description: 'An instance in the overview of an application: where it is, and what it carries.',
  simpleResolvers: true,
})
export class OverviewInstance implements Told {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of its pod, or the number of its process; null while that is not known.',
  })
  readonly name!: string | null;

  @Field(() => InstanceState, { description: 'Where it stands in its life.' })
  readonly state!: Told['state'];

  @Field(() => Boolean, { description: 'Nothing is heard from its agent; it may still serve.' })
  readonly unreachable!: boolean;

  @Field(() => Draining, {
    nullable: true,
    description: 'That it was taken out of the load balancers; null while it gets requests.',
  })
  readonly draining!: Told['draining'];

  @Field(() => Reason, { nullable: true, description: 'Why it is in its state, where there is something to say.' })
  readonly reason!: Told['reason'];

  @Field(() => DateTime, { description: 'When it was asked for.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it was first ready; null before.' })
  readonly activeAt!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of the release that it runs, from 1; null before the first.',
  })
  readonly release!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the host cluster that it is on; local is the control plane’s own machine.',
  })
  readonly hostCluster!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of its partition there.' })
  readonly partition!: string | null;

  @Field(() => HostClusterState, {
    nullable: true,
    description: 'Whether its host cluster answers; null where it is not registered any more.',
  })
  readonly hostClusterState!: Told['hostClusterState'];

  @Field(() => String, {
    nullable: true,
    description: 'Name of its node; null while it is on none, or there are none.',
  })
  readonly node!: string | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Requests that load balancers have sent to it and not yet got answered, mean of a second, 0 or more; null when none reports it.',
  })
  readonly requestsInFlight!: number | null;

  @Field(() => [BalancerShare], { description: 'The same by load balancer.' })
  readonly balancers!: readonly BalancerShare[];

  @Field(() => Float, {
    nullable: true,
    description: 'Runnable threads per declared CPU in per cent; null where nothing was reported.',
  })
  readonly loadAverage!: number | null;

  @Field(() => Float, { nullable: true, description: 'Working set in per cent of the memory limit, 0 or more.' })
  readonly memory!: number | null;

  @Field(() => Float, { nullable: true, description: 'Working set in bytes, 0 or more.' })
  readonly memoryBytes!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Age of its newest sample in seconds, in steps: 0 while it is below 15, then the last of 15, 30, 60, 120, 300, … that it has passed; null: none has come.',
  })
  readonly sampleAgeSeconds!: number | null;
}
