import { Arg, Args, Ctx, FieldResolver, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { ApplicationRecord } from '../../app/records/applications.ts';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { DecisionRecord } from '../../app/records/decisions.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import type { ReleaseRecord, RolloutRecord } from '../../app/records/releases.ts';
import type { BuildRecord } from '../../app/records/sources.ts';
import type { CheckedGitSource, ClusterLive, ClusterSnapshot } from '../../app/use-cases.ts';
import { Application, Blocked } from '../applications/types.ts';
import { BuildConnection } from '../builds/types.ts';
import { PageArguments, paginate, type Connection } from '../connection.ts';
import type { GraphQLContext } from '../context.ts';
import { DecisionConnection } from '../decisions/records.ts';
import { following } from '../follow.ts';
import { ServiceClusterRef } from '../input.ts';
import { InstanceConnection } from '../instances/types.ts';
import { applicationNamed, releaseOf } from '../lookup.ts';
import { Freeze } from '../platform/types.ts';
import { DateTime } from '../scalars.ts';
import { Release, ReleaseConnection, RolloutConnection } from '../releases/types.ts';
import { GitSource } from './git-source.ts';
import { ServiceClusterLive } from './live.ts';
import { routeOf, ServiceClusterRoute } from './routes.ts';
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

  @FieldResolver(() => Blocked, {
    nullable: true,
    description: 'Why nothing of its application is begun or ended; null: it is not blocked.',
  })
  blocked(@Root() cluster: ClusterRecord, @Ctx() { useCases, principal, once }: GraphQLContext) {
    return once.get('blocked', cluster.uid, () => useCases.queries.blocked(principal, cluster));
  }

  @FieldResolver(() => Freeze, {
    nullable: true,
    description: 'Why no autoscaling decision is acted on, here and anywhere else; null: the platform is not frozen.',
  })
  frozen(@Root() _cluster: ClusterRecord, @Ctx() { useCases, principal, once }: GraphQLContext) {
    return once.get('freeze', '', () => useCases.queries.freeze(principal));
  }

  @FieldResolver(() => GitSource, {
    nullable: true,
    description: 'Its Git repository, as the last check found it; null: its trees are uploaded.',
  })
  gitSource(@Root() cluster: ClusterRecord, @Ctx() { useCases, principal }: GraphQLContext): CheckedGitSource | null {
    return useCases.queries.gitSource(principal, cluster);
  }

  @FieldResolver(() => [ServiceClusterRoute], {
    description:
      'What load balancers send to it, in the order of its manifest; of a component that declares none, what follows from that.',
  })
  routes(@Root() cluster: ClusterRecord, @Ctx() { useCases, principal }: GraphQLContext): ServiceClusterRoute[] {
    return useCases.queries.routes(principal, cluster).map(routeOf);
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
    @Arg('from', () => DateTime, {
      nullable: true,
      description: 'Only those made from then on; a run of equal ones is made when it begins.',
    })
    from: Date | null | undefined,
    @Arg('to', () => DateTime, { nullable: true, description: 'Only those made before.' })
    to: Date | null | undefined,
    @Args(() => PageArguments) args: PageArguments,
  ): Promise<Connection<DecisionRecord>> {
    const window = {
      ...(from ? { from: from.getTime() } : {}),
      ...(to ? { to: to.getTime() } : {}),
    };
    return paginate(args, (page) => useCases.queries.decisions(principal, cluster, { actionsOnly, ...window, page }));
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
