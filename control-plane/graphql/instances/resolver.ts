import { Arg, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root } from 'type-graphql';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import type { ReleaseRecord } from '../../app/records/releases.ts';
import type { InstanceAgent, InstanceLive } from '../../app/use-cases.ts';
import type { Lifecycle } from '../../domain/topology/lifecycle.ts';
import { InstanceLiveType } from '../clusters/live.ts';
import { ServiceCluster } from '../clusters/types.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import { clusterNamed, releaseOf } from '../lookup.ts';
import { Release } from '../releases/types.ts';
import type { Answer } from '../user-error.ts';
import { InstanceAgentType } from './agent.ts';
import { LifecycleType } from './lifecycle.ts';
import { Instance, RestartInstanceInput, RestartInstancePayload } from './types.ts';

@Resolver(() => Instance)
export class InstanceResolver {
  @Query(() => Instance, { nullable: true, description: 'One instance; null when there is none.' })
  async instance(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('uid', () => ID, { description: 'Uid of the instance.' }) uid: string,
  ): Promise<InstanceRecord | null> {
    return (await useCases.queries.instance(principal, uid)) ?? null;
  }

  @FieldResolver(() => String, { description: 'Name of the application.' })
  applicationName(@Root() instance: InstanceRecord): string {
    return instance.application;
  }

  @FieldResolver(() => ServiceCluster, { nullable: true, description: 'Its service cluster; null once that is gone.' })
  serviceCluster(@Root() instance: InstanceRecord, @Ctx() context: GraphQLContext): Promise<ClusterRecord | null> {
    return clusterNamed(context, instance);
  }

  @FieldResolver(() => Release, { nullable: true, description: 'The release that it runs; null before it runs one.' })
  release(@Root() instance: InstanceRecord, @Ctx() context: GraphQLContext): Promise<ReleaseRecord | null> {
    return releaseOf(context, instance.release);
  }

  @FieldResolver(() => InstanceLiveType, { description: 'Live figures from its last samples.' })
  live(@Root() instance: InstanceRecord, @Ctx() { useCases, principal }: GraphQLContext): InstanceLive {
    return useCases.queries.instanceLive(principal, instance);
  }

  @FieldResolver(() => InstanceAgentType, {
    nullable: true,
    description: 'What is known of its agent; null once it has ended, and before the agent was heard.',
  })
  agent(@Root() instance: InstanceRecord, @Ctx() { useCases, principal }: GraphQLContext): InstanceAgent | null {
    return useCases.queries.instanceAgent(principal, instance);
  }

  @FieldResolver(() => LifecycleType, { description: 'Its life: every change with its cause, and how long it was up.' })
  lifecycle(@Root() instance: InstanceRecord, @Ctx() { useCases, principal }: GraphQLContext): Promise<Lifecycle> {
    return useCases.queries.lifecycle(principal, instance);
  }

  @Mutation(() => RestartInstancePayload, { description: 'Starts an instance’s application again, in its place.' })
  async restartInstance(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RestartInstanceInput, { description: 'Which instance.' }) input: RestartInstanceInput,
  ): Promise<Answer<RestartInstancePayload>> {
    const instance = await once(context, 'restartInstance', input, () =>
      context.useCases.mutations.restartInstance(context.principal, input.uid),
    );
    return { instance };
  }
}
