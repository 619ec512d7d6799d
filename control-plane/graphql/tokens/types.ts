import { IsInt, Length, Matches, Max, Min } from 'class-validator';
import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { NAME_PATTERN } from '../../../schema/ids.ts';
import type { Role, TokenRecord } from '../../app/records/tenants.ts';
import { WriteInput } from '../input.ts';
import { DateTime } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const FIVE_YEARS_SECONDS = 5 * 366 * 24 * 3600;

export const RoleEnum = {
  VIEWER: 'viewer',
  DEPLOYER: 'deployer',
  ADMIN: 'admin',
  OPERATOR: 'operator',
} as const satisfies Record<string, Role>;

registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'What a token may do; each role may do all that the one before it may.',
  valuesConfig: {
    VIEWER: { description: 'Reads what belongs to its tenant.' },
    DEPLOYER: { description: 'Applies and deletes applications and policies, deploys, scales and rolls back as well.' },
    ADMIN: { description: 'Manages the tenant’s tokens as well.' },
    OPERATOR: { description: 'The platform’s own: every tenant, and which tenants there are.' },
  },
});

@ObjectType('Token', {
  description: 'A bearer token as it is kept: never the token itself, which is shown once when it is made.',
  simpleResolvers: true,
})
export class Token {
  @Field(() => ID, { description: 'Immutable identity of the token; not the token.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name by which people know the token.' })
  readonly name!: string;

  @Field(() => String, { nullable: true, description: 'Name of the tenant; null for the platform’s operators.' })
  readonly tenant!: string | null;

  @Field(() => RoleEnum, { description: 'What the token may do.' })
  readonly role!: Role;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the only application that the token is for; null: all of the tenant’s.',
  })
  readonly application!: string | null;

  @Field(() => DateTime, { description: 'When the token was made.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'From when on the token is refused; null: never.' })
  readonly expiresAt!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When the token was revoked; null while it was not.' })
  readonly revokedAt!: number | null;
}

@ObjectType('Caller', { description: 'Who the token of this request belongs to.', simpleResolvers: true })
export class Caller {
  @Field(() => ID, { description: 'Uid of the token that was presented.' })
  readonly token!: string;

  @Field(() => String, { description: 'Name of the token.' })
  readonly name!: string;

  @Field(() => RoleEnum, { description: 'What the token may do.' })
  readonly role!: Role;

  @Field(() => String, {
    nullable: true,
    description: 'Tenant that the token belongs to; null for operators, who name a tenant (default: "default").',
  })
  readonly tenant!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Name of the only application that the token is for; null: all of the tenant’s.',
  })
  readonly application!: string | null;
}

@ObjectType('RateLimit', {
  description:
    'How much a token may ask of the API, and how much it does. Beyond it the answer is RATE_LIMITED (status 429) with Retry-After.',
  simpleResolvers: true,
})
export class RateLimit {
  @Field(() => Float, { description: 'Requests a second that it may ask on and on, above 0.' })
  readonly requestsPerSecond!: number;

  @Field(() => Int, { description: 'Requests that it may ask at once after a pause, 1 or more.' })
  readonly burst!: number;

  @Field(() => Int, { description: 'Requests that it could ask at once now, 0 or more.' })
  readonly remaining!: number;

  @Field(() => Int, { description: 'Requests that may be answered at once, 1 or more.' })
  readonly concurrentAllowed!: number;

  @Field(() => Int, { description: 'Requests that are being answered now, this one included: 1 or more.' })
  readonly concurrentUsed!: number;

  @Field(() => Int, { description: 'Subscriptions that may be open at once, 1 or more.' })
  readonly subscriptionsAllowed!: number;

  @Field(() => Int, { description: 'Subscriptions that are open, over all connections of the token; 0 or more.' })
  readonly subscriptionsUsed!: number;
}

@InputType('CreateTokenInput', { description: 'A new token.' })
export class CreateTokenInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent ("default" for operators). Absent for an operator’s token.',
  })
  readonly tenant?: string | null;

  @Matches(/^[^\p{C}]{1,100}$/u, { message: 'name: expected 1 to 100 printable characters' })
  @Field(() => String, {
    description: 'Name by which people will know it, 1–100 characters; unique among the tenant’s valid tokens.',
  })
  readonly name!: string;

  @Field(() => RoleEnum, { description: 'What it may do; never more than the caller.' })
  readonly role!: Role;

  @Matches(NAME_PATTERN, { message: 'application: expected the name of an application' })
  @Field(() => String, {
    nullable: true,
    description: 'Name of the only application that it is for, which need not exist yet; absent: all of the tenant’s.',
  })
  readonly application?: string | null;

  @IsInt()
  @Min(60)
  @Max(FIVE_YEARS_SECONDS)
  @Field(() => Int, {
    nullable: true,
    description: `After how many seconds it ends, 60–${FIVE_YEARS_SECONDS} (five years); 90 days if absent.`,
  })
  readonly expiresInSeconds?: number | null;

  @Field(() => Boolean, { defaultValue: false, description: 'True: it ends only when it is revoked.' })
  readonly neverExpires!: boolean;
}

@ObjectType('CreateTokenPayload', { description: 'Answer to createToken.', simpleResolvers: true })
export class CreateTokenPayload extends Payload {
  @Field(() => Token, { nullable: true, description: 'The token as it is kept.' })
  readonly token!: Omit<TokenRecord, 'hash'> | null;

  @Field(() => String, {
    nullable: true,
    description:
      'The token itself, for the header "Authorization: Bearer …". Shown this once and kept nowhere; null when the mutation is asked again with the same idempotencyKey.',
  })
  readonly bearer!: string | null;
}

@InputType('RevokeTokenInput', { description: 'Which token to revoke.' })
export class RevokeTokenInput extends WriteInput {
  @Length(1, 40)
  @Field(() => ID, { description: 'Uid of the token.' })
  readonly uid!: string;
}

@ObjectType('RevokeTokenPayload', { description: 'Answer to revokeToken.', simpleResolvers: true })
export class RevokeTokenPayload extends Payload {
  @Field(() => Token, { nullable: true, description: 'The token, now with revokedAt.' })
  readonly token!: Omit<TokenRecord, 'hash'> | null;
}
