import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import type { InstanceObservation, PlacementPlan } from '../../app/placement/use-cases.ts';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import { ServiceCluster } from '../clusters/types.ts';
import type { GraphQLContext } from '../context.ts';
import { Instance } from '../instances/types.ts';
import { InstanceObservationType, PlacementPlanType, PlacementType } from './types.ts';

@Resolver(() => ServiceCluster)
export class ServiceClusterPlacementResolver {
  @FieldResolver(() => PlacementPlanType, { description: 'Where its instances are, and where they would go.' })
  placement(
    @Root() cluster: ClusterRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('instances', () => Int, {
      nullable: true,
      description: 'For how many instances in all, 0–1000; one more than there are if absent.',
    })
    instances?: number | null,
  ): Promise<PlacementPlan> {
    return useCases.queries.placementPlan(principal, cluster, instances ?? null);
  }
}

@Resolver(() => Instance)
export class InstancePlacementResolver {
  @FieldResolver(() => PlacementType, {
    nullable: true,
    description: 'Where it is; null for one that began before places were stored.',
  })
  placement(@Root() { placement }: InstanceRecord): InstanceRecord['placement'] {
    return placement;
  }

  @FieldResolver(() => InstanceObservationType, {
    nullable: true,
    description: 'What the provider sees of it now; null once it has ended.',
  })
  observed(
    @Root() instance: InstanceRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
  ): InstanceObservation | null {
    return useCases.queries.instanceObservation(principal, instance);
  }
}
