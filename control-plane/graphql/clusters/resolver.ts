import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root, Subscription } from 'type-graphql';
import type {
  ApplicationRecord,
  BuildRecord,
  ClusterRecord,
  DecisionRecord,
  InstanceRecord,
  ReleaseRecord,
  RolloutRecord,
} from '../../app/records.ts';
import type { ClusterLive, ClusterSnapshot } from '../../app/use-cases.ts';
import { Application } from '../applications/types.ts';
import { BuildConnection } from '../builds/types.ts';
import { PageArguments, paginate, type Connection } from '../connection.ts';
import type { GraphQLContext } from '../context.ts';
import { DecisionConnection } from '../decisions/records.ts';
import { following } from '../follow.ts';
import { ServiceClusterRef } from '../input.ts';
import { InstanceConnection } from '../instances/types.ts';
import { applicationNamed, releaseOf } from '../lookup.ts';
import { Release, ReleaseConnection, RolloutConnection } from '../releases/types.ts';
import { ServiceClusterLive } from './live.ts';
import { ServiceClusterSnapshot } from './snapshot.ts';
import { ServiceCluster } from './types.ts';

@Resolver(() => ServiceCluster)
export class ServiceClusterResolver {
  @Query(() => ServiceCluster, { nullable: true, description: 'One service cluster; null when there is none.' })
  async serviceCluster(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('ref', () => ServiceClusterRef, { description: 'Which service cluster.' }) ref: ServiceClusterRef,
  ): Promise<ClusterRecord | null> {
    return (await useCases.queries.cluster(principal, ref)) ?? null;
  }

  @Subscription(() => ServiceClusterSnapshot, {
    name: 'serviceCluster',
    description:
      'A service cluster as it is now, and then as it is after each change. A slow reader gets the newest state, not every one.',
    subscribe: following(
      ({ useCases, principal }, { ref }: { ref: ServiceClusterRef }, signal) =>
        useCases.feeds.cluster(principal, ref, signal),
      (snapshot) => snapshot,
    ),
  })
  serviceClusterSnapshot(
    @Root() snapshot: ClusterSnapshot,
    @Arg('ref', () => ServiceClusterRef, { description: 'Which service cluster.' }) _ref: ServiceClusterRef,
  ): ClusterSnapshot {
    return snapshot;
  }

  @FieldResolver(() => String, { description: 'Name of the application.' })
  applicationName(@Root() cluster: ClusterRecord): string {
    return cluster.application;
  }

  @FieldResolver(() => Application, { nullable: true, description: 'The application; null once it is gone.' })
  application(@Root() cluster: ClusterRecord, @Ctx() context: GraphQLContext): Promise<ApplicationRecord | null> {
    return applicationNamed(context, cluster.tenant, cluster.application);
  }

  @FieldResolver(() => ServiceClusterLive, { description: 'Live figures: the last second and the forecasts.' })
  live(@Root() cluster: ClusterRecord, @Ctx() { useCases, principal }: GraphQLContext): ClusterLive {
    return useCases.queries.clusterLive(principal, cluster);
  }

  @FieldResolver(() => Release, {
    nullable: true,
    description: 'The release that new instances take; null before the first.',
  })
  stableRelease(@Root() cluster: ClusterRecord, @Ctx() context: GraphQLContext): Promise<ReleaseRecord | null> {
    return releaseOf(context, cluster.stableRelease);
  }

  @FieldResolver(() => Release, { nullable: true, description: 'The release that is being rolled out; null: none.' })
  candidateRelease(@Root() cluster: ClusterRecord, @Ctx() context: GraphQLContext): Promise<ReleaseRecord | null> {
    return releaseOf(context, cluster.candidateRelease);
  }

  @FieldResolver(() => InstanceConnection, { description: 'Its instances.' })
  instances(
    @Root() cluster: ClusterRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('includeTerminated', () => Boolean, { defaultValue: false, description: 'With those that were stopped.' })
    includeTerminated: boolean,
    @Args(() => PageArguments) args: PageArguments,
  ): Promise<Connection<InstanceRecord>> {
    return paginate(args, (page) => useCases.queries.instances(principal, cluster, { includeTerminated, page }));
  }

  @FieldResolver(() => DecisionConnection, { description: 'The autoscaler’s stored decisions.' })
  decisions(
    @Root() cluster: ClusterRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('actionsOnly', () => Boolean, {
      defaultValue: false,
      description: 'Without those that left the number as it was.',
    })
    actionsOnly: boolean,
    @Args(() => PageArguments) args: PageArguments,
  ): Promise<Connection<DecisionRecord>> {
    return paginate(args, (page) => useCases.queries.decisions(principal, cluster, { actionsOnly, page }));
  }

  @FieldResolver(() => ReleaseConnection, { description: 'Its releases.' })
  releases(
    @Root() cluster: ClusterRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => PageArguments) args: PageArguments,
  ): Promise<Connection<ReleaseRecord>> {
    return paginate(args, (page) => useCases.queries.releases(principal, cluster, page));
  }

  @FieldResolver(() => RolloutConnection, { description: 'Its roll-outs.' })
  rollouts(
    @Root() cluster: ClusterRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => PageArguments) args: PageArguments,
  ): Promise<Connection<RolloutRecord>> {
    return paginate(args, (page) => useCases.queries.rollouts(principal, cluster, page));
  }

  @FieldResolver(() => BuildConnection, { description: 'Its builds.' })
  builds(
    @Root() cluster: ClusterRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => PageArguments) args: PageArguments,
  ): Promise<Connection<BuildRecord>> {
    return paginate(args, (page) => useCases.queries.builds(principal, cluster, page));
  }
}
