import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import type { Role } from '../../app/records.ts';
import { DateTime } from '../scalars.ts';

const RoleEnum = {
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
    DEPLOYER: { description: 'Deploys, scales, pauses and rolls back as well.' },
    ADMIN: { description: 'Manages the tenant’s applications, policies and tokens as well.' },
    OPERATOR: { description: 'The platform’s own: every tenant.' },
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
}
