/** What follows from a stored decision and is not a part of its record. */
import { Ctx, FieldResolver, Float, Resolver, Root } from 'type-graphql';
import type { DecisionRecord } from '../../app/records/decisions.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import type { FactorProposal } from '../../domain/autoscaling/decision.ts';
import { factorOf } from '../../domain/autoscaling/factors.ts';
import type { GraphQLContext } from '../context.ts';
import { Instance } from '../instances/types.ts';
import { DecisionType } from './records.ts';
import { DecisionSituation, situationOf } from './situation.ts';
import { FactorProposalType } from './types.ts';

@Resolver(() => DecisionType)
export class DecisionDetailsResolver {
  @FieldResolver(() => DecisionSituation, {
    nullable: true,
    description: 'What it was made from, in figures; null where its inputs were not kept.',
  })
  situation(@Root() { input }: DecisionRecord): DecisionSituation | null {
    return input === null ? null : situationOf(input);
  }

  @FieldResolver(() => [Instance], {
    description:
      'Instances that were made because of it, oldest first, at most 200; their placement says where they went. Empty for one that added none, and once they are no longer kept.',
  })
  instances(
    @Root() decision: DecisionRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
  ): Promise<InstanceRecord[]> {
    return useCases.queries.instancesOfDecision(principal, decision);
  }
}

@Resolver(() => FactorProposalType)
export class FactorProposalResolver {
  @FieldResolver(() => String, { description: 'The factor as it reads in a sentence, such as “requests in flight”.' })
  phrase(@Root() { factor }: FactorProposal): string {
    return factorOf(factor)?.phrase ?? factor;
  }

  @FieldResolver(() => String, { description: 'What stands behind the factor’s numbers: %, or nothing.' })
  unit(@Root() { factor }: FactorProposal): string {
    return factorOf(factor)?.unit.trim() ?? '';
  }

  @FieldResolver(() => Float, {
    description:
      'What one instance carries of the demand that divides, above 0 where it takes part, in the factor’s unit.',
  })
  perInstance(@Root() { target, base }: FactorProposal): number {
    return Math.max(0, target - base);
  }
}
