import { Length, MaxLength, ValidateNested } from 'class-validator';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Backtest as BacktestInfo, BacktestResult as Result } from '../../app/backtests/use-cases.ts';
import type { BacktestScores as Scores, FitScores } from '../../domain/backtests/scores.ts';
import { ServiceClusterRef, WriteInput } from '../input.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

export const BacktestState = {
  WAITING: 'waiting',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
} as const satisfies Record<string, BacktestInfo['outcome']['state']>;
registerEnumType(BacktestState, {
  name: 'BacktestState',
  description: 'Where a backtest stands.',
  valuesConfig: {
    WAITING: { description: 'Others run before it: one of a tenant at once, two on the platform.' },
    RUNNING: { description: 'It is computed, beside everything that decides.' },
    SUCCEEDED: { description: 'It has a result.' },
    FAILED: { description: 'It has none; the reason says why.' },
    CANCELLED: { description: 'Somebody ended it, or the control plane did.' },
  },
});

@ObjectType('BacktestFit', {
  description: 'How well numbers of instances fitted what was asked for.',
  simpleResolvers: true,
})
class BacktestFit implements FitScores {
  @Field(() => Float, { description: 'Hours of instances, 0 or more; those that start count.' })
  readonly replicaHours!: number;

  @Field(() => Float, { description: 'Seconds in which instances were missing, 0 or more.' })
  readonly shortSeconds!: number;

  @Field(() => Float, {
    description: 'θU: per cent of the required instances that were missing, 0–100, the mean over time.',
  })
  readonly thetaUnder!: number;

  @Field(() => Float, {
    description: 'θO: per cent of the required instances that there were too many, 0 or more, the mean over time.',
  })
  readonly thetaOver!: number;
}

@ObjectType('BacktestScores', { description: 'How well a simulated policy did.', simpleResolvers: true })
class BacktestScores extends BacktestFit implements Scores {
  @Field(() => Int, { description: 'Changes of the number that was wanted, 0 or more.' })
  readonly scaleActions!: number;

  @Field(() => Int, { description: 'Changes against the one before within two minutes, 0 or more.' })
  readonly reversals!: number;

  @Field(() => Int, { description: 'Most instances that there were at once, those that start included, 1 or more.' })
  readonly mostReplicas!: number;
}

@ObjectType('BacktestCourse', {
  description:
    'What came and went in a backtest, in equal steps of time: means, null in steps of which nothing is recorded.',
  simpleResolvers: true,
})
export class BacktestCourse {
  @Field(() => DateTime, { description: 'When the first step begins.' })
  readonly from!: number;

  @Field(() => Int, { description: 'Length of a step in seconds.' })
  readonly stepSeconds!: number;

  @Field(() => Int, { description: 'How many steps there are, at most 600.' })
  readonly points!: number;

  @Field(() => [Float], {
    nullable: 'items',
    description: 'Requests that would have been in flight if none had to wait, 0 or more.',
  })
  readonly demand!: readonly (number | null)[];

  @Field(() => [Float], { nullable: 'items', description: 'Instances that this required, 1 or more.' })
  readonly required!: readonly (number | null)[];

  @Field(() => [Float], {
    nullable: 'items',
    description: 'Instances with the policy that was asked about, 0 or more; those that start count.',
  })
  readonly proposed!: readonly (number | null)[];

  @Field(() => [Float], {
    nullable: 'itemsAndList',
    description: 'Instances with the policy in force, 0 or more; null: it cannot be simulated.',
  })
  readonly inForce!: readonly (number | null)[] | null;

  @Field(() => [Float], {
    nullable: 'itemsAndList',
    description: 'Instances that really ran, 0 or more; null: that is not known.',
  })
  readonly recorded!: readonly (number | null)[] | null;
}

@ObjectType('BacktestResult', {
  description:
    'What a policy would have done with the recorded demand of a service cluster. Only seconds whose demand is recorded count.',
  simpleResolvers: true,
})
export class BacktestResult implements Omit<Result, 'course'> {
  @Field(() => String, { description: 'The result as one English sentence.' })
  readonly sentence!: string;

  @Field(() => Int, { description: 'Length of the time, in seconds.' })
  readonly seconds!: number;

  @Field(() => Int, { description: 'Seconds of it whose demand is recorded; 60 or more.' })
  readonly coveredSeconds!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Mean time that a request took, in seconds, above 0; null: there was none.',
  })
  readonly serviceSeconds!: number | null;

  @Field(() => Float, {
    description:
      'Requests that an instance serves at once, above 0: as the component or cartridge declares, else what a policy’s target of requests in flight is 70 % of. An instance is required for every 70 % of it.',
  })
  readonly concurrency!: number;

  @Field(() => Float, {
    description:
      'Seconds from asking for an instance until it serves, 0 or more, as simulated: the 90th percentile of the last measured starts, else what the cartridge declares.',
  })
  readonly startSeconds!: number;

  @Field(() => BacktestScores, { description: 'The policy that was asked about, simulated.' })
  readonly proposed!: Scores;

  @Field(() => BacktestScores, {
    nullable: true,
    description:
      'The policy in force, simulated in the same way on the same demand; null when it has no factor that can be simulated.',
  })
  readonly inForce!: Scores | null;

  @Field(() => BacktestFit, {
    nullable: true,
    description: 'What really ran, as recorded in steps of 10 s or a minute; null when that is not known.',
  })
  readonly recorded!: FitScores | null;

  @Field(() => [String], { description: 'What the figures leave out, a sentence each; empty: nothing.' })
  readonly notes!: readonly string[];
}

@ObjectType('Backtest', {
  description:
    'A policy, tried on what was asked of a service cluster. In memory: kept for an hour after its end, and gone with the control plane.',
  simpleResolvers: true,
})
export class Backtest {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns the service cluster.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Alias of the service cluster within the application.' })
  readonly alias!: string;

  @Field(() => String, { description: 'Name of the policy that is tried.' })
  readonly policy!: string;

  @Field(() => DateTime, { description: 'Begin of the time whose demand it is tried on.' })
  readonly from!: number;

  @Field(() => DateTime, { description: 'End of that time.' })
  readonly to!: number;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  readonly createdAt!: number;

  @Field(() => String, { description: 'Name of the token that asked for it.' })
  readonly createdBy!: string;

  @Field(() => DateTime, { nullable: true, description: 'When it had ended; null before.' })
  readonly finishedAt!: number | null;

  @Field(() => Float, { description: 'Share of the work that is done, 0–1.' })
  readonly progress!: number;
}

@InputType('BacktestPolicyInput', { description: 'Which policy to try, and on which demand.' })
export class BacktestPolicyInput extends WriteInput {
  @ValidateNested()
  @Field(() => ServiceClusterRef, { description: 'The service cluster whose demand it is tried on.' })
  readonly ref!: ServiceClusterRef;

  @Length(1, 65_536)
  @Field(() => String, {
    description:
      'One manifest of kind AutoscalingPolicy, YAML or JSON, at most 65536 characters. It need not be stored, and is not.',
  })
  readonly policy!: string;

  @MaxLength(1000)
  @Field(() => String, { nullable: true, description: 'Name of the file that it is from, for errors.' })
  readonly fileName?: string | null;

  @Field(() => DateTime, { description: 'Begin of the time; at least a minute and at most 31 days before its end.' })
  readonly from!: Date;

  @Field(() => DateTime, { nullable: true, description: 'Its end; now if absent or later than that.' })
  readonly to?: Date | null;
}

@InputType('CancelBacktestInput', { description: 'Which backtest to end.' })
export class CancelBacktestInput extends WriteInput {
  @Length(1, 100)
  @Field(() => ID, { description: 'Uid of the backtest.' })
  readonly uid!: string;
}

@ObjectType('BacktestPayload', { description: 'Answer to mutations of backtests.', simpleResolvers: true })
export class BacktestPayload extends Payload {
  @Field(() => Backtest, { nullable: true, description: 'The backtest as it is now.' })
  readonly backtest!: BacktestInfo | null;
}
