import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { AuditRecord as Stored } from '../../app/records/audit.ts';
import { connectionOf } from '../connection.ts';
import { DateTime, Json } from '../scalars.ts';
import { RoleEnum } from '../tokens/types.ts';

export const AuditOutcome = {
  DONE: 'done',
  UNCHANGED: 'unchanged',
  REFUSED: 'refused',
  FAILED: 'failed',
} as const satisfies Record<string, Stored['outcome']>;
registerEnumType(AuditOutcome, {
  name: 'AuditOutcome',
  description: 'What became of a mutation.',
  valuesConfig: {
    DONE: { description: 'The object was changed.' },
    UNCHANGED: { description: 'Nothing had to change, or it was answered again for its idempotency key.' },
    REFUSED: { description: 'Not carried out, for a reason that the caller can put right; see code.' },
    FAILED: {
      description: 'Given up for a reason of the platform; see code. What had changed by then has its own records.',
    },
  },
});

@ObjectType('AuditActor', { description: 'Who asked for a mutation, as it was then.', simpleResolvers: true })
class AuditActor {
  @Field(() => ID, { description: 'Uid of the token; not the token.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the token.' })
  readonly name!: string;

  @Field(() => RoleEnum, { description: 'What the token could do.' })
  readonly role!: Stored['actor']['role'];

  @Field(() => String, { nullable: true, description: 'Tenant of the token; null for the platform’s operators.' })
  readonly tenant!: string | null;

  @Field(() => String, { nullable: true, description: 'The only application that the token was for; null: all.' })
  readonly application!: string | null;
}

@ObjectType('AuditObject', { description: 'What a mutation was about.', simpleResolvers: true })
class AuditObject {
  @Field(() => String, { description: 'Kind of the object, such as ServiceCluster or Token.' })
  readonly kind!: string;

  @Field(() => ID, { nullable: true, description: 'Uid of the object; null where a refused mutation named none.' })
  readonly uid!: string | null;

  @Field(() => String, { nullable: true, description: 'Name of the object at that time; null as uid.' })
  readonly name!: string | null;
}

@ObjectType('AuditRecord', {
  description:
    'One object that a mutation changed, or a mutation that changed none. Append-only, kept for 13 months; holds no secret, no token and no value of a variable.',
  simpleResolvers: true,
})
export class AuditRecordType {
  @Field(() => ID, { description: 'Immutable identity; in order of time.' })
  readonly uid!: string;

  @Field(() => DateTime, { description: 'When it was recorded: with the change, in the same transaction.' })
  readonly at!: number;

  @Field(() => String, { nullable: true, description: 'Tenant of the object; null for the platform’s own.' })
  readonly tenant!: string | null;

  @Field(() => AuditActor, { description: 'Who asked for it.' })
  readonly actor!: AuditActor;

  @Field(() => String, { description: 'Name of the mutation; uploadSource and backup come by HTTP.' })
  readonly mutation!: string;

  @Field(() => AuditOutcome, { description: 'What became of it.' })
  readonly outcome!: Stored['outcome'];

  @Field(() => String, { nullable: true, description: 'Stable code of the error; null where there was none.' })
  readonly code!: string | null;

  @Field(() => AuditObject, { nullable: true, description: 'What it was about; null where the input names nothing.' })
  readonly object!: Stored['object'];

  @Field(() => Json, {
    nullable: true,
    description: 'The changed fields by their path, as they were; null where the object was not there.',
  })
  readonly before!: Stored['before'];

  @Field(() => Json, {
    nullable: true,
    description: 'The changed fields by their path, as they became; null where the object is not there any more.',
  })
  readonly after!: Stored['after'];

  @Field(() => String, {
    nullable: true,
    description: 'Network address that the request came from; null where it is not known, or an operator’s.',
  })
  readonly address!: string | null;

  @Field(() => String, { nullable: true, description: 'Idempotency key of the request; null without one.' })
  readonly idempotencyKey!: string | null;

  @Field(() => ID, { description: 'The same for all records of one request, and in the control plane’s log.' })
  readonly requestId!: string;
}

export const AuditRecordConnection = connectionOf(AuditRecordType, 'AuditRecord', 'audit records');

export function shaped({ actor: { token, ...actor }, request, ...record }: Stored): AuditRecordType {
  return { ...record, actor: { uid: token, ...actor }, requestId: request };
}
