import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type {
  OverviewDecision as DecisionTold,
  OverviewEntry as Told,
  OverviewFactor as FactorTold,
  OverviewRollout as RolloutTold,
} from '../../app/overview/entry.ts';
import type { OverviewState } from '../../app/overview/state.ts';
import type { Counts } from '../../domain/attention/condition.ts';
import { CartridgeCategory } from '../cartridges/types.ts';
import { Override, Pause, Stop } from '../clusters/types.ts';
import { Reason } from '../reason.ts';
import { RolloutState } from '../releases/types.ts';
import { DateTime } from '../scalars.ts';
import { Attention } from './attention.ts';
import { OverviewInstance } from './instances.ts';

const ServiceClusterState = {
  DELETING: 'deleting',
  BLOCKED: 'blocked',
  STOPPED: 'stopped',
  WAITING_FOR_RELEASE: 'waiting-for-release',
  ROLLING_OUT: 'rolling-out',
  RETURNING: 'returning',
  AT_ZERO: 'at-zero',
  STARTING: 'starting',
  SCALING_UP: 'scaling-up',
  SCALING_DOWN: 'scaling-down',
  RUNNING: 'running',
} as const satisfies Record<string, OverviewState>;
registerEnumType(ServiceClusterState, {
  name: 'ServiceClusterState',
  description: 'A service cluster’s condition in one word: the first of these that is so.',
  valuesConfig: {
    DELETING: { description: 'Its removal was asked for.' },
    BLOCKED: { description: 'Nothing of its application is begun or ended until that is mended.' },
    STOPPED: { description: 'Nothing of it runs until somebody starts it.' },
    WAITING_FOR_RELEASE: { description: 'Nothing was built or deployed yet.' },
    ROLLING_OUT: { description: 'Instances are being moved to another release.' },
    RETURNING: { description: 'A roll-out is being taken back.' },
    AT_ZERO: { description: 'No instance is wanted, and none is there.' },
    STARTING: { description: 'No instance serves yet, or any more.' },
    SCALING_UP: { description: 'Fewer instances serve than are wanted.' },
    SCALING_DOWN: { description: 'More instances serve than are wanted, or some are being drained.' },
    RUNNING: { description: 'As many instances serve as are wanted.' },
  },
});

@ObjectType('InstanceCounts', { description: 'How many instances there are of what.', simpleResolvers: true })
class InstanceCounts implements Counts {
  @Field(() => Int, { description: 'Wanted by the last decision that was acted on, 0 or more.' })
  readonly wanted!: number;

  @Field(() => Int, { description: 'That serve, 0 or more.' })
  readonly active!: number;

  @Field(() => Int, { description: 'On their way to active, or in maintenance, 0 or more.' })
  readonly starting!: number;

  @Field(() => Int, { description: 'Out of the load balancers, to be stopped or to take another release, 0 or more.' })
  readonly leaving!: number;

  @Field(() => Int, { description: 'Known to be broken and not yet replaced, 0 or more.' })
  readonly faulty!: number;

  @Field(() => Int, { description: 'Of which nothing is heard, whatever their state, 0 or more.' })
  readonly unreachable!: number;
}

@ObjectType('OverviewFactor', {
  description:
    'The factor that decides now. Its figures are totals in its own unit, without what does not divide among instances; what only jitters (by less than 1 % of the capacity, or 3 % of itself) stays as it is.',
  simpleResolvers: true,
})
class OverviewFactor implements FactorTold {
  @Field(() => String, { description: 'Registered name, such as requestsInFlight or loadAverage.' })
  readonly name!: string;

  @Field(() => String, { description: 'As it reads in a sentence, such as “requests in flight”.' })
  readonly phrase!: string;

  @Field(() => String, { description: 'What stands behind its numbers: %, or nothing.' })
  readonly unit!: string;

  @Field(() => Float, { description: 'Value that one instance shall carry, above 0.' })
  readonly target!: number;

  @Field(() => Float, { nullable: true, description: 'Demand now, 0 or more; null without data.' })
  readonly observed!: number | null;

  @Field(() => Float, { nullable: true, description: 'Demand expected at the horizon, 0 or more; null without data.' })
  readonly predicted!: number | null;

  @Field(() => Float, { description: 'What the active instances carry together at the target, 0 or more.' })
  readonly capacity!: number;

  @Field(() => Boolean, { description: 'Requests queue or are shed: the observed value understates the demand.' })
  readonly saturated!: boolean;
}

@ObjectType('OverviewRollout', { description: 'The roll-out that is under way.', simpleResolvers: true })
class OverviewRollout implements RolloutTold {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => RolloutState, { description: 'Where it stands.' })
  readonly state!: RolloutTold['state'];

  @Field(() => DateTime, { description: 'When it began.' })
  readonly createdAt!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of the release that it began from, from 1; null: it is the first.',
  })
  readonly from!: number | null;

  @Field(() => Int, { nullable: true, description: 'Number of the release that it brings, from 1; null: not known.' })
  readonly to!: number | null;

  @Field(() => Int, { description: 'Instances that take the new release so far, 0 or more.' })
  readonly instances!: number;

  @Field(() => Reason, { nullable: true, description: 'Why it is taken back, or waits; null otherwise.' })
  readonly reason!: RolloutTold['reason'];
}

@ObjectType('OverviewDecision', {
  description:
    'The last decision. Of a run of equal ones, none of which acts, the sentence is that of one of them: it is told anew when anything else changes.',
  simpleResolvers: true,
})
class OverviewDecision implements DecisionTold {
  @Field(() => ID, { description: 'Uid of the stored decision.' })
  readonly uid!: string;

  @Field(() => DateTime, { description: 'When it was made; the first of a run.' })
  readonly at!: number;

  @Field(() => Boolean, { description: 'It changed the number of instances wanted.' })
  readonly acted!: boolean;

  @Field(() => String, { description: 'What settled it: a factor’s name, a clamp’s code, or "steady".' })
  readonly reasonCode!: string;

  @Field(() => Int, { description: 'Instances wanted before, 0 or more.' })
  readonly from!: number;

  @Field(() => Int, { description: 'Instances that there should be after all clamps, 0 or more.' })
  readonly to!: number;

  @Field(() => String, { description: 'The decision and its reason as one English sentence.' })
  readonly sentence!: string;
}

@ObjectType('OverviewEntry', {
  description: 'A service cluster in the overview. It comes as a whole whenever something of it has changed.',
  simpleResolvers: true,
})
export class OverviewEntry implements Told {
  @Field(() => ID, { description: 'Uid of the service cluster.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Name of the application.' })
  readonly applicationName!: string;

  @Field(() => ID, { description: 'Uid of the application.' })
  readonly applicationUid!: string;

  @Field(() => String, { description: 'Alias within the application.' })
  readonly alias!: string;

  @Field(() => String, { description: 'Name of the cartridge that it runs.' })
  readonly cartridge!: string;

  @Field(() => CartridgeCategory, { description: 'What that cartridge is for.' })
  readonly category!: Told['category'];

  @Field(() => Int, { description: 'Counts the changes of what was asked for, from 1.' })
  readonly generation!: number;

  @Field(() => ServiceClusterState, { description: 'Its condition in one word.' })
  readonly state!: OverviewState;

  @Field(() => Int, {
    nullable: true,
    description: 'Number of the release that new instances take, from 1; null: none yet.',
  })
  readonly release!: number | null;

  @Field(() => InstanceCounts, { description: 'How many instances it has.' })
  readonly counts!: Counts;

  @Field(() => Int, { description: 'Fewest instances by its policy, 0 or more.' })
  readonly minimum!: number;

  @Field(() => Int, { description: 'Most instances by its policy, 1 or more.' })
  readonly maximum!: number;

  @Field(() => Stop, { nullable: true, description: 'Why nothing of it runs; null: it is not stopped.' })
  readonly stopped!: Told['stopped'];

  @Field(() => Pause, { nullable: true, description: 'Why scaling is paused; null: it is not.' })
  readonly paused!: Told['paused'];

  @Field(() => Boolean, { description: 'Shadow mode, asked for or by its policy: decisions are not acted on.' })
  readonly shadow!: boolean;

  @Field(() => Boolean, { description: 'The whole platform is frozen.' })
  readonly frozen!: boolean;

  @Field(() => Override, { nullable: true, description: 'The manual number of instances; null: none.' })
  readonly override!: Told['override'];

  @Field(() => OverviewFactor, {
    nullable: true,
    description: 'The factor that decides now; the first of the policy before anything is decided; null: it has none.',
  })
  readonly factor!: FactorTold | null;

  @Field(() => Float, { description: 'How far ahead the forecast looks, in seconds; 0 before the first decision.' })
  readonly horizonSeconds!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Requests completed per second, 0 or more; null when no load balancer reports.',
  })
  readonly throughputPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Share of requests that failed or were shed in the last seconds, 0–1; null when no load balancer reports.',
  })
  readonly errorShare!: number | null;

  @Field(() => Float, { description: 'Requests queued at load balancers now, 0 or more.' })
  readonly queued!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Age of the newest sample in seconds, in steps: 0 while it is below 15, then the last of 15, 30, 60, 120, 300, … that it has passed; null: none has come.',
  })
  readonly sampleAgeSeconds!: number | null;

  @Field(() => OverviewRollout, { nullable: true, description: 'The roll-out that is under way; null: none.' })
  readonly rollout!: RolloutTold | null;

  @Field(() => OverviewDecision, { nullable: true, description: 'The last decision; null before the first.' })
  readonly lastDecision!: DecisionTold | null;

  @Field(() => [Attention], { description: 'What of it needs a person, the most urgent first.' })
  readonly attention!: readonly Attention[];

  @Field(() => [OverviewInstance], {
    nullable: true,
    description: 'Its instances but for terminated ones, oldest first; null unless a single application is followed.',
  })
  readonly instances!: Told['instances'];
}
