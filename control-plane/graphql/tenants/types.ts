import { IsInt, Length, Matches, Max, Min, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType } from 'type-graphql';
import { NAME_PATTERN } from '../../../schema/ids.ts';
import type { TenantRecord } from '../../app/records/tenants.ts';
import { WriteInput } from '../input.ts';
import { DateTime, SafeInt } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const MOST = Number.MAX_SAFE_INTEGER;

@ObjectType('Tenant', {
  description: 'An organisation: owns applications, tokens, policies and a quota.',
  simpleResolvers: true,
})
export class Tenant {
  @Field(() => ID, { description: 'Immutable identity; a tenant deleted and made again is another one.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name, unique on the platform: 1–40 lower-case letters, digits and hyphens.' })
  readonly name!: string;

  @Field(() => DateTime, { description: 'When the tenant was made.' })
  readonly createdAt!: number;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When deletion was asked for; null while it was not. Its tokens ended then; the tenant goes when nothing of it runs any more.',
  })
  readonly deletingSince!: number | null;
}

@ObjectType('Allowance', {
  description: 'How much of something is used, and how much is allowed.',
  simpleResolvers: true,
})
export class Allowance {
  @Field(() => SafeInt, { description: 'Used now, 0 or more, in the unit of the quota.' })
  readonly used!: number;

  @Field(() => SafeInt, { description: 'Allowed, 0 or more, in the unit of the quota. What exceeds it is refused.' })
  readonly allowed!: number;
}

@ObjectType('TenantQuota', {
  description: 'What a tenant may have at once, all its applications together, and what of it is used.',
  simpleResolvers: true,
})
export class TenantQuotaType {
  @Field(() => Allowance, { description: 'Instances that are wanted, those of load balancers included.' })
  readonly instances!: Allowance;

  @Field(() => Allowance, { description: 'Applications.' })
  readonly applications!: Allowance;

  @Field(() => Allowance, { description: 'Memory that the wanted instances declare, in bytes.' })
  readonly memoryBytes!: Allowance;

  @Field(() => Allowance, { description: 'Builds that run; others wait.' })
  readonly buildsAtOnce!: Allowance;

  @Field(() => Allowance, { description: 'Log lines that are kept, in bytes; the oldest go first.' })
  readonly logBytes!: Allowance;
}

@InputType('TenantQuotaInput', { description: 'What a tenant may have at once. What is absent keeps its value.' })
export class TenantQuotaInput {
  @IsInt()
  @Min(0)
  @Max(100_000)
  @Field(() => Int, { nullable: true, description: 'Instances of all its service clusters together, 0–100000.' })
  readonly instances?: number | null;

  @IsInt()
  @Min(0)
  @Max(100_000)
  @Field(() => Int, { nullable: true, description: 'Applications, 0–100000.' })
  readonly applications?: number | null;

  @IsInt()
  @Min(0)
  @Max(MOST)
  @Field(() => SafeInt, { nullable: true, description: 'Memory that its instances declare together, in bytes.' })
  readonly memoryBytes?: number | null;

  @IsInt()
  @Min(1)
  @Max(100)
  @Field(() => Int, { nullable: true, description: 'Builds that run at once, 1–100; others wait.' })
  readonly buildsAtOnce?: number | null;

  @IsInt()
  @Min(1024 * 1024)
  @Max(MOST)
  @Field(() => SafeInt, {
    nullable: true,
    description: 'Log lines that are kept, in bytes, at least 1048576; the oldest go first.',
  })
  readonly logBytes?: number | null;
}

@InputType('CreateTenantInput', { description: 'A new tenant.' })
export class CreateTenantInput extends WriteInput {
  @Matches(NAME_PATTERN, {
    message: 'name: expected 1 to 40 lower-case letters, digits and hyphens, a letter first and no hyphen last',
  })
  @Field(() => String, {
    description: 'Name, unique on the platform: 1–40 lower-case letters, digits and hyphens, beginning with a letter.',
  })
  readonly name!: string;

  @ValidateNested()
  @Field(() => TenantQuotaInput, {
    nullable: true,
    description: 'Its quota; what is absent has the platform’s default.',
  })
  readonly quota?: TenantQuotaInput | null;
}

@InputType('SetTenantQuotaInput', { description: 'Which tenant gets which quota.' })
export class SetTenantQuotaInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, { description: 'Name of the tenant.' })
  readonly name!: string;

  @ValidateNested()
  @Field(() => TenantQuotaInput, { description: 'What changes; what is absent stays as it is.' })
  readonly quota!: TenantQuotaInput;
}

@InputType('DeleteTenantInput', { description: 'Which tenant to delete.' })
export class DeleteTenantInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, { description: 'Name of the tenant.' })
  readonly name!: string;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'True: with all its applications and policies. False: refused with CONFLICT unless it has none.',
  })
  readonly cascade!: boolean;

  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'With cascade: the name once more, so that no slip deletes it.' })
  readonly repeatedName?: string | null;
}

@ObjectType('TenantPayload', { description: 'Answer to the mutations that change a tenant.', simpleResolvers: true })
export class TenantPayload extends Payload {
  @Field(() => Tenant, { nullable: true, description: 'The tenant after the change.' })
  readonly tenant!: TenantRecord | null;
}
