import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars.ts';

@ObjectType('MemberForecast', {
  description: 'What one forecaster says of the demand at the horizon, and how far it is heard.',
  simpleResolvers: true,
})
export class MemberForecastType {
  @Field(() => String, {
    description:
      'Registered name: kinematic, kinematic-half, kinematic-quarter, kinematic-eighth, last-value, window-mean, and kinematic-onset while nobody else is heard; more can come.',
  })
  readonly name!: string;

  @Field(() => Float, { description: 'Demand that it expects at the horizon, 0 or more, in the factor’s unit.' })
  readonly predicted!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Its mean pinball loss lately, 0 or more, in the factor’s unit; null while too few of its forecasts have come due.',
  })
  readonly loss!: number | null;

  @Field(() => Float, { description: 'Its part in predicted, 0 to 1; all parts make 1.' })
  readonly weight!: number;
}

@ObjectType('Forecast', {
  description:
    'Forecast of the total demand of one factor, in the factor’s unit, without what does not divide among instances: what the forecasters say, each by its weight. Slope and acceleration are those of the scaling equation, level + slope·t + ½·acceleration·t², over the whole window.',
  simpleResolvers: true,
})
export class ForecastType {
  @Field(() => Float, { description: 'Demand now, 0 or more, in the factor’s unit.' })
  readonly level!: number;

  @Field(() => Float, { description: 'First derivative of the demand, in the factor’s unit per second.' })
  readonly slope!: number;

  @Field(() => Float, { description: 'One standard error of slope, 0 or more, in the factor’s unit per second.' })
  readonly slopeStandardError!: number;

  @Field(() => Float, {
    description:
      'Second derivative of the demand, in the factor’s unit per second squared; 0 while it is not significant.',
  })
  readonly acceleration!: number;

  @Field(() => Float, {
    description: 'One standard error of acceleration, 0 or more, in the factor’s unit per second squared.',
  })
  readonly accelerationStandardError!: number;

  @Field(() => Boolean, { description: 'The acceleration differs from 0 by more than its error and is used.' })
  readonly accelerationSignificant!: boolean;

  @Field(() => Float, { description: 'How far ahead the forecast looks, in seconds, 2–120.' })
  readonly horizonSeconds!: number;

  @Field(() => Float, {
    description:
      'Demand expected at the horizon, in the factor’s unit: never negative, never above three times the window’s maximum.',
  })
  readonly predicted!: number;

  @Field(() => Float, {
    description:
      'One standard error of predicted, 0 or more, in the factor’s unit: as measured from earlier forecasts, or of the fit before there were enough.',
  })
  readonly error!: number;

  @Field(() => [MemberForecastType], {
    nullable: true,
    description:
      'Each forecaster with its running score and its part in predicted; null in decisions of versions of the decider before 3.',
  })
  readonly forecasters!: readonly MemberForecastType[] | null;
}

@ObjectType('FactorLive', {
  description: 'One scaled quantity of a service cluster as it is now.',
  simpleResolvers: true,
})
export class FactorLive {
  @Field(() => String, {
    description:
      'Registered name: loadAverage (runnable threads per declared CPU, %), memory (% of the limit), requestsInFlight (requests), requestsPerSecond (requests per second), or another.',
  })
  readonly name!: string;

  @Field(() => Float, { description: 'Value that one instance shall carry, above 0, in the factor’s unit.' })
  readonly target!: number;

  @Field(() => Float, {
    description:
      'Part of an instance’s value that does not divide among instances, as declared or learnt, 0 or more, in the factor’s unit. The forecast is without it.',
  })
  readonly base!: number;

  @Field(() => Float, {
    nullable: true,
    description:
      'Total over the instances now, with what does not divide, 0 or more, in the factor’s unit; null without data.',
  })
  readonly observed!: number | null;

  @Field(() => Float, {
    description: 'What the active instances carry together at the target, 0 or more, in the factor’s unit.',
  })
  readonly capacity!: number;

  @Field(() => ForecastType, { nullable: true, description: 'The forecast; null while there are too few data.' })
  readonly forecast!: ForecastType | null;
}

@ObjectType('ServiceClusterLive', {
  description: 'Live figures of a service cluster: the last second and the forecasts.',
  simpleResolvers: true,
})
export class ServiceClusterLive {
  @Field(() => DateTime, { description: 'When these figures were taken.' })
  readonly at!: number;

  @Field(() => Int, { description: 'Instances wanted, 0 or more.' })
  readonly wanted!: number;

  @Field(() => Int, { description: 'Instances that serve, 0 or more.' })
  readonly active!: number;

  @Field(() => Int, { description: 'Instances on their way to active, 0 or more.' })
  readonly starting!: number;

  @Field(() => Int, { description: 'Instances known to be broken and not yet replaced, 0 or more.' })
  readonly faulty!: number;

  @Field(() => Float, {
    nullable: true,
    description: 'Requests completed per second, 0 or more; null when no load balancer reports.',
  })
  readonly throughputPerSecond!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Requests per second that load balancers refused with 429 because a limit of the application, a route or a client was reached, 0 or more; they are no demand. Null when no load balancer reports.',
  })
  readonly throttledPerSecond!: number | null;

  @Field(() => Float, { description: 'Requests queued at load balancers now, 0 or more.' })
  readonly queued!: number;

  @Field(() => Float, { description: 'Horizon of the forecasts in seconds, 2–120.' })
  readonly horizonSeconds!: number;

  @Field(() => [FactorLive], { description: 'The factors that are observed.' })
  readonly factors!: readonly FactorLive[];
}

@ObjectType('InstanceLive', {
  description: 'Live figures of one instance from its last samples; null where nothing has been reported.',
  simpleResolvers: true,
})
export class InstanceLiveType {
  @Field(() => ID, { description: 'Uid of the instance.' })
  readonly instance!: string;

  @Field(() => Float, { nullable: true, description: 'Age of the newest sample in seconds, 0 or more.' })
  readonly sampleAgeSeconds!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Runnable threads per declared CPU in per cent: 100 is as many as declared CPUs; can exceed 100.',
  })
  readonly loadAverage!: number | null;

  @Field(() => Float, { nullable: true, description: 'Working set in per cent of the memory limit, 0 or more.' })
  readonly memory!: number | null;

  @Field(() => Float, { nullable: true, description: 'Working set in bytes, 0 or more.' })
  readonly memoryBytes!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'CPU that it used in the last second, or seconds, in cores, 0 or more.',
  })
  readonly cpuCores!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'Threads that could not run in the last second, or seconds, because its CPU limit was used up, on average, 0 or more: 0.5 is one thread half of the time. Null without a limit of its own.',
  })
  readonly cpuThrottled!: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'Requests that load balancers have sent to it and not yet got answered, mean of a second, 0 or more.',
  })
  readonly requestsInFlight!: number | null;

  @Field(() => Float, {
    nullable: true,
    description:
      'How much the instance’s clock is ahead of the control plane’s, in seconds; negative: behind. Of its last twelve messages the one that came quickest says so; the time that this one took makes it seem behind.',
  })
  readonly clockSkewSeconds!: number | null;
}
