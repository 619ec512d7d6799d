import { ArrayMaxSize, IsInt, Length, Max, MaxLength, Min } from 'class-validator';
import { LONGEST_OVERLAP_SECONDS } from '../../app/configuration/former-secret.ts';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { Notice as NoticeInfo } from '../../app/notices/use-cases.ts';
import { WriteInput } from '../input.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const NoticeState = { DELIVERING: 'delivering', RETRYING: 'retrying', DISABLED: 'disabled' } as const satisfies Record<
  string,
  NoticeInfo['state']
>;
registerEnumType(NoticeState, {
  name: 'NoticeState',
  description: 'Whether a notice gets through.',
  valuesConfig: {
    DELIVERING: { description: 'The last message was taken, or there was none yet.' },
    RETRYING: { description: 'The last message was not taken; it is tried again.' },
    DISABLED: { description: 'Nothing is sent: the receiver took nothing for too long, or said that it is gone.' },
  },
});

@ObjectType('NoticeDisabled', { description: 'Why nothing is sent any more.', simpleResolvers: true })
class NoticeDisabled {
  @Field(() => DateTime, { description: 'Since when.' })
  readonly at!: number;

  @Field(() => String, { description: 'What the last try met, for a person.' })
  readonly reason!: string;
}

@ObjectType('NoticeSuccess', { description: 'A message that the receiver has taken.', simpleResolvers: true })
class NoticeSuccess {
  @Field(() => DateTime, { description: 'When it was taken.' })
  readonly at!: number;

  @Field(() => Int, { description: 'The status of the answer, 200–299.' })
  readonly status!: number;

  @Field(() => ID, { description: 'Uid of the event that it told of.' })
  readonly event!: string;
}

@ObjectType('NoticeError', { description: 'Why a message was not taken.', simpleResolvers: true })
class NoticeErrorType {
  @Field(() => DateTime, { description: 'When it was tried.' })
  readonly at!: number;

  @Field(() => String, {
    description:
      'NOTICE_HOST_NOT_ALLOWED, NOTICE_UNREACHABLE, NOTICE_REFUSED, NOTICE_FAILED for what was not foreseen, or a code of secrets.',
  })
  readonly code!: string;

  @Field(() => String, { description: 'What happened, for a person.' })
  readonly message!: string;
}

@ObjectType('Notice', {
  description: 'Who outside of the platform is told of events, by signed webhooks; everything but its secret.',
  simpleResolvers: true,
})
export class Notice {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the tenant; null: the operators’, of the whole platform.',
  })
  readonly tenant!: string | null;

  @Field(() => String, { description: 'Name, unique within the tenant.' })
  readonly name!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the only application that it is about; null: all of the tenant’s.',
  })
  readonly application!: string | null;

  @Field(() => String, { description: 'Where messages are sent.' })
  readonly url!: string;

  @Field(() => [String], {
    description: 'Event types that it is about: a type, all that begin alike (instance.*), or *.',
  })
  readonly types!: readonly string[];

  @Field(() => NoticeState, { description: 'Whether it gets through.' })
  readonly state!: NoticeInfo['state'];

  @Field(() => NoticeDisabled, { nullable: true, description: 'Why nothing is sent any more; null: it is.' })
  readonly disabled!: NoticeInfo['disabled'];

  @Field(() => Int, {
    description: 'Events that it is about and that were not taken yet, 0–1000; 1000 stands for more.',
  })
  readonly waiting!: number;

  @Field(() => Int, { description: 'Events that the receiver refused too often, 0 or more.' })
  readonly dropped!: number;

  @Field(() => NoticeSuccess, { nullable: true, description: 'The last message that was taken; null: none yet.' })
  readonly lastSuccess!: NoticeInfo['lastSuccess'];

  @Field(() => NoticeErrorType, {
    nullable: true,
    description: 'The last failure, also when it works again; null: none.',
  })
  readonly lastError!: NoticeInfo['lastError'];

  @Field(() => DateTime, { description: 'When it was made.' })
  readonly createdAt!: number;

  @Field(() => String, { description: 'Name of the token that made it.' })
  readonly createdBy!: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'Until when its messages are signed with the secret before as well; null: they are not.',
  })
  readonly formerSignsUntil!: number | null;

  @Field(() => Boolean, { description: 'False when the key that encrypts its secret is lost: make it again.' })
  readonly isReadable!: boolean;
}

@InputType('CreateNoticeInput', { description: 'Who is told of what.' })
export class CreateNoticeInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent ("default" for operators).',
  })
  readonly tenant?: string | null;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'About all that happens on the platform, for operators; then without tenant and application.',
  })
  readonly platform!: boolean;

  @Length(1, 40)
  @Field(() => String, { description: 'Its name: 1–40 lower-case letters, digits and hyphens.' })
  readonly name!: string;

  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'Name of the only application that it is about.' })
  readonly application?: string | null;

  @MaxLength(2000)
  @Field(() => String, {
    description:
      'Where messages are sent: https://, without user and password, at most 2000 characters. http:// and inner networks only for hosts that an operator has named.',
  })
  readonly url!: string;

  @ArrayMaxSize(20)
  @MaxLength(200, { each: true })
  @Field(() => [String], {
    description: 'Event types, 1–20: a type (rollout.returned), all that begin alike (instance.*), or *.',
  })
  readonly types!: readonly string[];
}

@InputType('TestNoticeInput', { description: 'Which notice to try.' })
export class TestNoticeInput extends WriteInput {
  @Field(() => ID, { description: 'Uid of the notice.' })
  readonly uid!: string;
}

@InputType('EnableNoticeInput', { description: 'Which notice to enable.' })
export class EnableNoticeInput extends TestNoticeInput {}

@InputType('RotateNoticeInput', { description: 'Which notice gets another secret.' })
export class RotateNoticeInput extends TestNoticeInput {
  @IsInt()
  @Min(0)
  @Max(LONGEST_OVERLAP_SECONDS)
  @Field(() => Int, {
    defaultValue: 0,
    description: `How long messages are signed with the secret before as well, in seconds, 0–${LONGEST_OVERLAP_SECONDS}.`,
  })
  readonly overlapSeconds!: number;
}

@InputType('DeleteNoticeInput', { description: 'Which notice to delete.' })
export class DeleteNoticeInput extends TestNoticeInput {}

@ObjectType('NoticePayload', { description: 'Answer to enableNotice and deleteNotice.', simpleResolvers: true })
export class NoticePayload extends Payload {
  @Field(() => Notice, { nullable: true, description: 'The notice after the change, or before it was deleted.' })
  readonly notice!: NoticeInfo | null;
}

@ObjectType('CreateNoticePayload', { description: 'Answer to createNotice and rotateNotice.', simpleResolvers: true })
export class CreateNoticePayload extends NoticePayload {
  @Field(() => String, {
    nullable: true,
    description:
      'What messages are signed with (whsec_…, as Standard Webhooks has it). Answered this once; null when the mutation is asked again with its idempotency key.',
  })
  readonly secret!: string | null;
}

@ObjectType('TestNoticePayload', { description: 'Answer to testNotice.', simpleResolvers: true })
export class TestNoticePayload extends NoticePayload {
  @Field(() => Boolean, { nullable: true, description: 'Whether the receiver has taken the message.' })
  readonly taken!: boolean | null;

  @Field(() => Int, { nullable: true, description: 'The status of its answer, 100–599; null: there was none.' })
  readonly status!: number | null;

  @Field(() => Int, { nullable: true, description: 'How long it took, in milliseconds, 0 or more.' })
  readonly milliseconds!: number | null;

  @Field(() => String, { nullable: true, description: 'What became of it, for a person.' })
  readonly message!: string | null;
}
