import { Length } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { InstanceRecord, LifecycleState } from '../../app/records/instances.ts';
import { connectionOf } from '../connection.ts';
import { WriteInput } from '../input.ts';
import { Reason } from '../reason.ts';
import { DateTime, Json } from '../scalars.ts';
import { Payload } from '../user-error.ts';

export const InstanceState = {
  CREATED: 'created',
  INITIALIZED: 'initialized',
  STARTING: 'starting',
  ACTIVE: 'active',
  MAINTENANCE: 'maintenance',
  READY_TO_SHUTDOWN: 'ready-to-shutdown',
  TERMINATED: 'terminated',
  FAULTY: 'faulty',
} as const satisfies Record<string, LifecycleState>;
registerEnumType(InstanceState, {
  name: 'InstanceState',
  description: 'Where an instance stands in its life.',
  valuesConfig: {
    CREATED: { description: 'Asked for; its agent has not reported yet.' },
    INITIALIZED: { description: 'Its agent runs and prepares the application.' },
    STARTING: { description: 'The application was started and is not ready yet.' },
    ACTIVE: { description: 'Ready and serving.' },
    MAINTENANCE: { description: 'Taken out of service on purpose; comes back.' },
    READY_TO_SHUTDOWN: { description: 'Drained; about to be stopped.' },
    TERMINATED: { description: 'Stopped; kept as a record.' },
    FAULTY: { description: 'Known to be broken; being replaced.' },
  },
});

const DrainPurpose = { STOP: 'stop', SWITCH: 'switch' } as const;
registerEnumType(DrainPurpose, {
  name: 'DrainPurpose',
  description: 'Why an instance gets no new requests.',
  valuesConfig: {
    STOP: { description: 'It is about to be stopped.' },
    SWITCH: { description: 'It is about to take another release.' },
  },
});

@ObjectType('Draining', { description: 'An instance is out of the load balancers.', simpleResolvers: true })
export class Draining {
  @Field(() => DrainPurpose, { description: 'What for.' })
  readonly purpose!: 'stop' | 'switch';

  @Field(() => DateTime, { description: 'Since when.' })
  readonly since!: number;
}

@ObjectType('HookFailure', { description: 'A hook that failed without stopping anything.', simpleResolvers: true })
export class HookFailure {
  @Field(() => String, { description: 'Name of the hook, such as after-start.' })
  readonly hook!: string;

  @Field(() => String, { description: 'How it failed, with the last lines that it printed.' })
  readonly message!: string;

  @Field(() => DateTime, { description: 'When the control plane heard of it.' })
  readonly at!: number;
}

@ObjectType('Instance', { description: 'One running copy of a cartridge in a service cluster.', simpleResolvers: true })
export class Instance {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Alias of its service cluster within the application.' })
  readonly alias!: string;

  @Field(() => InstanceState, { description: 'Where it stands in its life.' })
  readonly state!: LifecycleState;

  @Field(() => Boolean, { description: 'Nothing is heard from its agent; it may still serve.' })
  readonly unreachable!: boolean;

  @Field(() => Reason, { nullable: true, description: 'Why it is in its state, where there is something to say.' })
  readonly reason!: Reason | null;

  @Field(() => DateTime, { description: 'When it was asked for.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it was first ready; null before.' })
  readonly activeAt!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it was stopped; null before.' })
  readonly terminatedAt!: number | null;

  @Field(() => String, { nullable: true, description: 'Address at which it is reached; null before it is known.' })
  readonly host!: string | null;

  @Field(() => Int, { nullable: true, description: 'TCP port of the application, 1–65535; null before it is known.' })
  readonly port!: number | null;

  @Field(() => ID, {
    nullable: true,
    description: 'Uid of the decision or request that asked for it; null when that is not known.',
  })
  readonly cause!: string | null;

  @Field(() => Draining, {
    nullable: true,
    description: 'That it was taken out of the load balancers; null while it gets requests.',
  })
  readonly draining!: Draining | null;

  @Field(() => Json, {
    nullable: true,
    description: 'What its agent found at birth: an object of names to texts and numbers; null before its birth.',
  })
  readonly inventory!: Readonly<Record<string, string | number>> | null;

  @Field(() => HookFailure, {
    nullable: true,
    description:
      'The last of its hooks that failed without stopping anything; null where none has. A failure that stops something is the reason.',
  })
  readonly hookFailure!: HookFailure | null;
}

export const InstanceConnection = connectionOf(Instance, 'Instance', 'instances');

@InputType('RestartInstanceInput', { description: 'Which instance’s application to start again.' })
export class RestartInstanceInput extends WriteInput {
  @Length(1, 40)
  @Field(() => ID, { description: 'Uid of the instance.' })
  readonly uid!: string;
}

@ObjectType('RestartInstancePayload', { description: 'Answer to restartInstance.', simpleResolvers: true })
export class RestartInstancePayload extends Payload {
  @Field(() => Instance, { nullable: true, description: 'The instance whose agent was told to restart.' })
  readonly instance!: InstanceRecord | null;
}
