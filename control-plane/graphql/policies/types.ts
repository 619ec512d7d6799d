import { IsInt, Length, Min } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { PolicyRecord } from '../../app/records/applications.ts';
import { WriteInput } from '../input.ts';
import { DateTime, Json } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const PolicyKind = {
  AUTOSCALING_POLICY: 'AutoscalingPolicy',
  DEPLOYMENT_POLICY: 'DeploymentPolicy',
} as const satisfies Record<string, PolicyRecord['kind']>;
registerEnumType(PolicyKind, {
  name: 'PolicyKind',
  description: 'Which kind of policy.',
  valuesConfig: {
    AUTOSCALING_POLICY: { description: 'How many instances a service cluster has (manifest kind AutoscalingPolicy).' },
    DEPLOYMENT_POLICY: { description: 'Where instances may run (manifest kind DeploymentPolicy).' },
  },
});

@ObjectType('Policy', {
  description: 'A stored policy; applications name it.',
  simpleResolvers: true,
})
export class Policy {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Name, unique among the tenant’s policies of its kind.' })
  readonly name!: string;

  @Field(() => PolicyKind, { description: 'What the policy is about.' })
  readonly kind!: PolicyRecord['kind'];

  @Field(() => Int, { description: 'Counts the changes of the manifest, from 1.' })
  readonly generation!: number;

  @Field(() => DateTime, { description: 'When the manifest changed last.' })
  readonly updatedAt!: number;

  @Field(() => Json, { description: 'The manifest as it was applied, with its apiVersion.' })
  readonly manifest!: unknown;
}

@InputType('DeletePolicyInput', { description: 'Which policy to delete.' })
export class DeletePolicyInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'The tenant; the caller’s own if absent.' })
  readonly tenant?: string | null;

  @Field(() => PolicyKind, { description: 'Kind of the policy.' })
  readonly kind!: PolicyRecord['kind'];

  @Length(1, 40)
  @Field(() => String, { description: 'Name of the policy.' })
  readonly name!: string;

  @IsInt()
  @Min(0)
  @Field(() => Int, {
    nullable: true,
    description: 'Refused with CONFLICT unless the policy has this generation, 0 or more.',
  })
  readonly expectedGeneration?: number | null;
}

@ObjectType('DeletePolicyPayload', { description: 'Answer to deletePolicy.', simpleResolvers: true })
export class DeletePolicyPayload extends Payload {
  @Field(() => Policy, { nullable: true, description: 'The policy as it was.' })
  readonly policy!: PolicyRecord | null;
}
