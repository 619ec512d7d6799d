import { Field, ID, Int, ObjectType } from 'type-graphql';
import { DateTime } from '../scalars.ts';

@ObjectType('Tenant', {
  description: 'An organisation: owns applications, tokens, policies and a quota.',
  simpleResolvers: true,
})
export class Tenant {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name, unique on the platform: 1–40 lower-case letters, digits and hyphens.' })
  readonly name!: string;

  @Field(() => DateTime, { description: 'When the tenant was made.' })
  readonly createdAt!: number;

  @Field(() => Int, {
    description: 'Instances that all service clusters of the tenant may have together, 0 or more.',
  })
  readonly quotaInstances!: number;
}
