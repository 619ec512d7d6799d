import { Field, ObjectType, registerEnumType } from 'type-graphql';
import type { DrainStatus } from '../../app/drains/drain-runner.ts';
import { DateTime, SafeInt } from '../scalars.ts';

const DrainState = { IDLE: 'idle', SENDING: 'sending', RETRYING: 'retrying' } as const satisfies Record<
  string,
  DrainStatus['state']
>;
registerEnumType(DrainState, {
  name: 'DrainState',
  description: 'Whether a drain gets through.',
  valuesConfig: {
    IDLE: { description: 'Nothing was to be sent yet.' },
    SENDING: { description: 'The last batch was taken.' },
    RETRYING: { description: 'The last batch was not taken, and is tried again.' },
  },
});

@ObjectType('DrainError', { description: 'Why a receiver did not take a batch.', simpleResolvers: true })
class DrainErrorType {
  @Field(() => String, {
    description: 'DRAIN_HOST_NOT_ALLOWED, DRAIN_UNREACHABLE, DRAIN_REFUSED, or DRAIN_FAILED for what was not foreseen.',
  })
  readonly code!: string;

  @Field(() => String, { description: 'What happened, for a person.' })
  readonly message!: string;

  @Field(() => DateTime, { description: 'When it happened.' })
  readonly at!: number;
}

@ObjectType('Drain', { description: 'A receiver that an application’s log is sent to.', simpleResolvers: true })
export class Drain {
  @Field(() => String, { description: 'Name, unique within the application.' })
  readonly name!: string;

  @Field(() => String, { description: 'How it is sent: syslog or otlp; a registered word.' })
  readonly type!: string;

  @Field(() => String, { description: 'Where it is sent.' })
  readonly url!: string;

  @Field(() => DrainState, { description: 'Whether it gets through.' })
  readonly state!: DrainStatus['state'];

  @Field(() => SafeInt, { description: 'Entries that were taken, 0 or more, since the control plane started.' })
  readonly sent!: number;

  @Field(() => SafeInt, {
    description:
      'Entries that were refused for good, or let go because it was too far behind, 0 or more, since the control plane started.',
  })
  readonly dropped!: number;

  @Field(() => SafeInt, { description: 'Entries of the log that have not been sent, 0 or more.' })
  readonly behind!: number;

  @Field(() => DateTime, { nullable: true, description: 'When a batch was last taken; null: not yet.' })
  readonly lastSentAt!: number | null;

  @Field(() => DrainErrorType, {
    nullable: true,
    description: 'The last failure, also when it works again; null: none.',
  })
  readonly lastError!: DrainStatus['lastError'];
}
