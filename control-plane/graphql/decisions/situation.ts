import { Field, Float, Int, ObjectType } from 'type-graphql';
import type { DecisionInput } from '../../domain/autoscaling/decision.ts';

/** Beyond it a number of instances says that there is no limit. */
const LARGEST = 2 ** 31 - 1;

@ObjectType('DecisionSituation', {
  description: 'What a decision was made from, without the windows: those are in input.',
  simpleResolvers: true,
})
export class DecisionSituation {
  @Field(() => Int, { description: 'Instances that served, 0 or more.' })
  readonly active!: number;

  @Field(() => Int, { description: 'Instances that were on their way, 0 or more.' })
  readonly starting!: number;

  @Field(() => Int, { description: 'Instances that had failed to start, 0 or more.' })
  readonly failedStarting!: number;

  @Field(() => Int, { description: 'Instances of which nothing was heard, 0 or more.' })
  readonly unreachable!: number;

  @Field(() => Int, { description: 'Fewest instances by the policy, 0 or more.' })
  readonly minimum!: number;

  @Field(() => Int, { description: 'Most instances by the policy, 1 or more.' })
  readonly maximum!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'Instances that the quota allowed in all, 0 or more; null: any number.',
  })
  readonly quota!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'Instances that the partitions had room for in all, 0 or more; null: any number.',
  })
  readonly room!: number | null;

  @Field(() => Float, { description: 'How far ahead it looked, in seconds, 2–120.' })
  readonly horizonSeconds!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Age of the newest sample in seconds, 0 or more; null: none had come.',
  })
  readonly sampleAgeSeconds!: number | null;

  @Field(() => Boolean, { description: 'A whole window of demand was known.' })
  readonly windowsFull!: boolean;

  @Field(() => Float, {
    nullable: true,
    description: 'Requests per second that were answered without an error, 0 or more; null: no load balancer reported.',
  })
  readonly throughputPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Requests per second that came, 0 or more; null: no load balancer reported.',
  })
  readonly arrivalsPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Share of requests that failed, 0–1; null: no load balancer reported.',
  })
  readonly errorShare!: number | null;

  @Field(() => Float, { description: 'Requests that were queued, 0 or more.' })
  readonly queued!: number;

  @Field(() => Boolean, { description: 'Autoscaling was paused.' })
  readonly paused!: boolean;

  @Field(() => Boolean, { description: 'It was in shadow mode.' })
  readonly shadow!: boolean;

  @Field(() => Boolean, { description: 'The whole platform was frozen.' })
  readonly frozen!: boolean;

  @Field(() => Boolean, { description: 'Many instances had fallen silent at once.' })
  readonly silenced!: boolean;
}

export function situationOf(input: DecisionInput): DecisionSituation {
  const { instances, policy, quota, room, horizonSeconds, windowsFull, errorShare, queued, paused, shadow } = input;
  return {
    ...instances,
    ...{ minimum: policy.minimum, maximum: policy.maximum, quota: limited(quota), room: limited(room) },
    ...{ horizonSeconds, windowsFull, errorShare, queued, paused, shadow, silenced: input.silenced },
    sampleAgeSeconds: input.freshnessSeconds,
    throughputPerSecond: input.throughput,
    arrivalsPerSecond: input.arrivals ?? null,
    frozen: input.frozen !== null,
  };
}

function limited(instances: number): number | null {
  return instances > LARGEST ? null : instances;
}
