import { Field, Float, ID, ObjectType } from 'type-graphql';
import { connectionOf } from '../connection.ts';
import { DateTime } from '../scalars.ts';

@ObjectType('Usage', {
  description: 'What one service cluster used in one hour of the clock (UTC).',
  simpleResolvers: true,
})
export class UsageType {
  @Field(() => ID, { description: 'Identity of the record; in order of time.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Name of the application, which may be gone.' })
  readonly applicationName!: string;

  @Field(() => String, { description: 'Alias within the application.' })
  readonly alias!: string;

  @Field(() => ID, { description: 'Uid of the service cluster, which may be gone.' })
  readonly clusterUid!: string;

  @Field(() => DateTime, { description: 'When the hour begins.' })
  readonly hour!: number;

  @Field(() => Float, { description: 'For how long instances existed, in seconds, summed up over them.' })
  readonly instanceSeconds!: number;

  @Field(() => Float, { description: 'For how long instances were active (up), in seconds, summed up over them.' })
  readonly activeSeconds!: number;

  @Field(() => Float, { description: 'CPU time that the application and its agent used, in seconds.' })
  readonly cpuSeconds!: number;

  @Field(() => Float, { description: 'Working set times time: bytes × seconds.' })
  readonly memoryByteSeconds!: number;

  @Field(() => Float, {
    description:
      'Requests that instances answered, whatever the status, 0 or more; a fraction where an interval spans two hours.',
  })
  readonly requests!: number;

  @Field(() => Float, { description: 'What requests’ bodies held, in bytes.' })
  readonly bytesIn!: number;

  @Field(() => Float, { description: 'What answers’ bodies held, in bytes.' })
  readonly bytesOut!: number;

  @Field(() => Float, { description: 'For how many seconds at least one instance was active.' })
  readonly upSeconds!: number;

  @Field(() => Float, { description: 'For how many seconds instances were wanted and none was active.' })
  readonly downSeconds!: number;
}

export const UsageConnection = connectionOf(UsageType, 'Usage', 'hours of usage');
