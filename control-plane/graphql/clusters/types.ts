import { Field, Float, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { OverrideRecord, StopRecord } from '../../app/records/clusters.ts';
import { DateTime } from '../scalars.ts';

export const OverrideKind = { PIN: 'pin', FLOOR: 'floor' } as const satisfies Record<string, OverrideRecord['kind']>;
registerEnumType(OverrideKind, {
  name: 'OverrideKind',
  description: 'How a manual number binds. Bounds and quota hold in both cases.',
  valuesConfig: {
    PIN: { description: 'Exactly this number.' },
    FLOOR: { description: 'At least this number.' },
  },
});

@ObjectType('Override', { description: 'A manual number of instances, until it expires.', simpleResolvers: true })
export class Override {
  @Field(() => OverrideKind, { description: 'How the number binds.' })
  readonly kind!: OverrideRecord['kind'];

  @Field(() => Int, { description: 'The number of instances, 0 or more.' })
  readonly instances!: number;

  @Field(() => String, { description: 'Why, as the caller said.' })
  readonly reason!: string;

  @Field(() => String, { description: 'Name of the token that set it.' })
  readonly by!: string;

  @Field(() => DateTime, { description: 'When it was set.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { description: 'When it ends by itself.' })
  readonly expiresAt!: number;
}

@ObjectType('Pause', {
  description: 'Scaling is paused: decisions are recorded and not acted on.',
  simpleResolvers: true,
})
export class Pause {
  @Field(() => String, { description: 'Why, as the caller said.' })
  readonly reason!: string;

  @Field(() => String, { description: 'Name of the token that paused it.' })
  readonly by!: string;

  @Field(() => DateTime, { description: 'Since when.' })
  readonly since!: number;
}

@ObjectType('Stop', {
  description: 'Nothing of a service cluster runs until somebody starts it.',
  simpleResolvers: true,
})
export class Stop implements StopRecord {
  @Field(() => String, { description: 'Why, as the caller said.' })
  readonly reason!: string;

  @Field(() => String, { description: 'Name of the token that stopped it.' })
  readonly by!: string;

  @Field(() => DateTime, { description: 'Since when.' })
  readonly since!: number;

  @Field(() => Int, { description: 'Instances that were wanted then, 0 or more: as many are once it is started.' })
  readonly instances!: number;
}

@ObjectType('ServiceCluster', {
  description: 'One alias of an application at run time: a number of equal instances of a cartridge.',
  simpleResolvers: true,
})
export class ServiceCluster {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => ID, { description: 'Uid of the application.' })
  readonly applicationUid!: string;

  @Field(() => String, { description: 'Alias within the application.' })
  readonly alias!: string;

  @Field(() => String, { description: 'Name of the cartridge that it runs.' })
  readonly cartridge!: string;

  @Field(() => Int, { description: 'Counts the changes of what was asked for, from 1.' })
  readonly generation!: number;

  @Field(() => DateTime, { description: 'When the service cluster was made.' })
  readonly createdAt!: number;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When its removal was asked for; null while it was not.',
  })
  readonly deletingSince!: number | null;

  @Field(() => Int, { description: 'Instances wanted by the last decision that was acted on, 0 or more.' })
  readonly wanted!: number;

  @Field(() => Int, {
    nullable: true,
    description: 'TCP port at which its load balancer is reached, 1–65535; null when it has none. Kept over restarts.',
  })
  readonly publicPort!: number | null;

  @Field(() => Override, { nullable: true, description: 'The manual number of instances; null: none.' })
  readonly override!: OverrideRecord | null;

  @Field(() => Pause, { nullable: true, description: 'Why scaling is paused; null: it is not.' })
  readonly paused!: Pause | null;

  @Field(() => Stop, { nullable: true, description: 'Why nothing of it runs; null: it is not stopped.' })
  readonly stopped!: Stop | null;

  @Field(() => Boolean, { description: 'Shadow mode: decisions are made and recorded, and not acted on.' })
  readonly shadow!: boolean;

  @Field(() => [Float], {
    description:
      'Durations of the last successful starts in seconds, newest last, at most 20: from the request for an instance to its first readiness.',
  })
  readonly startSeconds!: readonly number[];
}
