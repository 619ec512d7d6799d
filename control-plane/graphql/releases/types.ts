import { IsBoolean, IsInt, IsOptional, Length, Min, ValidateNested } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { ReleaseConfiguration } from '../../../schema/agent/instance.ts';
import type { ReleaseRecord, RolloutRecord } from '../../app/records/releases.ts';
import { connectionOf } from '../connection.ts';
import { ServiceClusterRef, WriteInput } from '../input.ts';
import { Reason } from '../reason.ts';
import { DateTime, Json } from '../scalars.ts';
import { Payload } from '../user-error.ts';

const ReleaseState = {
  CANDIDATE: 'candidate',
  STABLE: 'stable',
  SUPERSEDED: 'superseded',
  RETURNED: 'returned',
  SKIPPED: 'skipped',
} as const satisfies Record<string, ReleaseRecord['state']>;
registerEnumType(ReleaseState, {
  name: 'ReleaseState',
  description: 'What a release is to its service cluster.',
  valuesConfig: {
    CANDIDATE: { description: 'Being rolled out.' },
    STABLE: { description: 'What new instances take.' },
    SUPERSEDED: { description: 'Was stable once.' },
    RETURNED: { description: 'Its roll-out was stopped and taken back.' },
    SKIPPED: { description: 'Another one took its place while it waited; it never ran.' },
  },
});

@ObjectType('ReleaseCartridge', { description: 'The cartridge that a release runs on.', simpleResolvers: true })
export class ReleaseCartridge {
  @Field(() => String, { description: 'Name of the cartridge.' })
  readonly name!: string;

  @Field(() => String, { description: 'Version of the cartridge.' })
  readonly version!: string;

  @Field(() => String, {
    nullable: true,
    description:
      'The image, by its digest, that its instances are run from, also after a rollback; null: from none, or the release is of before images were kept.',
  })
  readonly image?: string;
}

@ObjectType('Release', {
  description: 'What instances run: artifact, configuration and cartridge together. Immutable but for its state.',
  simpleResolvers: true,
})
export class Release {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => Int, { description: 'Number within the service cluster, from 1; what people say.' })
  readonly number!: number;

  @Field(() => DateTime, { description: 'When it was made.' })
  readonly createdAt!: number;

  @Field(() => String, { description: 'Name of the token, or of the part of the platform, that made it.' })
  readonly createdBy!: string;

  @Field(() => String, {
    nullable: true,
    description: 'Digest of the artifact (sha256- and 64 hex digits); null when the cartridge needs none.',
  })
  readonly artifact!: string | null;

  @Field(() => ReleaseCartridge, { description: 'The cartridge that it runs on.' })
  readonly cartridge!: ReleaseCartridge;

  @Field(() => Json, {
    description:
      'Its configuration: environment, start command and readiness check over those of the cartridge. No secrets.',
  })
  readonly configuration!: ReleaseConfiguration;

  @Field(() => String, { description: 'SHA-256 of the configuration: 64 hex digits.' })
  readonly configurationDigest!: string;

  @Field(() => ReleaseState, { description: 'What it is to its service cluster.' })
  readonly state!: ReleaseRecord['state'];
}

export const ReleaseConnection = connectionOf(Release, 'Release', 'releases');

export const RolloutState = {
  RUNNING: 'running',
  RETURNING: 'returning',
  SUCCEEDED: 'succeeded',
  RETURNED: 'returned',
} as const satisfies Record<string, RolloutRecord['state']>;
registerEnumType(RolloutState, {
  name: 'RolloutState',
  description: 'Where a roll-out stands.',
  valuesConfig: {
    RUNNING: { description: 'Instances are being moved to the new release.' },
    RETURNING: { description: 'Health fell, or it was asked for: instances are being moved back.' },
    SUCCEEDED: { description: 'Every instance runs the new release.' },
    RETURNED: { description: 'Every instance runs the release of before; reason says why.' },
  },
});

@ObjectType('Rollout', {
  description: 'The replacement of one release by another, a few instances at a time.',
  simpleResolvers: true,
})
export class Rollout {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => RolloutState, { description: 'Where it stands.' })
  readonly state!: RolloutRecord['state'];

  @Field(() => DateTime, { description: 'When it began.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it ended; null before.' })
  readonly finishedAt!: number | null;

  @Field(() => Reason, { nullable: true, description: 'Why it was returned, or waits; null otherwise.' })
  readonly reason!: Reason | null;

  @Field(() => [ID], {
    name: 'instanceUids',
    simple: false,
    description: 'Instances that take the new release, in the order in which they got it.',
  })
  readonly instances!: readonly string[];
}

export const RolloutConnection = connectionOf(Rollout, 'Rollout', 'roll-outs');

@InputType('RestartInput', { description: 'Whose instances to start anew, and why.' })
export class RestartInput extends WriteInput {
  @ValidateNested()
  @Field(() => ServiceClusterRef, { description: 'The service cluster.' })
  readonly ref!: ServiceClusterRef;

  @Length(1, 500)
  @Field(() => String, { description: 'Why; shown to everybody who looks, 1–500 characters.' })
  readonly reason!: string;
}

@ObjectType('RestartPayload', { description: 'Answer to restart.', simpleResolvers: true })
export class RestartPayload extends Payload {
  @Field(() => Rollout, { nullable: true, description: 'The roll-out that starts all instances anew.' })
  readonly rollout!: RolloutRecord | null;
}

@InputType('RollbackInput', { description: 'Which release to go back to.' })
export class RollbackInput extends WriteInput {
  @ValidateNested()
  @Field(() => ServiceClusterRef, { description: 'The service cluster.' })
  readonly ref!: ServiceClusterRef;

  @IsOptional()
  @IsInt()
  @Min(1)
  @Field(() => Int, {
    nullable: true,
    description:
      'Number of the release to go back to, from 1. Absent: the one that was live before the present one, or what a roll-out under way began from.',
  })
  readonly releaseNumber?: number | null;

  @IsOptional()
  @IsBoolean()
  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the autoscaling and deployment policies that were noted with the release are applied, too, as they were; a policy of a name changes for all that use it. False if absent.',
  })
  readonly withPolicies?: boolean | null;
}

@ObjectType('RollbackPayload', { description: 'Answer to rollback.', simpleResolvers: true })
export class RollbackPayload extends Payload {
  @Field(() => Rollout, {
    nullable: true,
    description:
      'The roll-out that brings the release back: its own; or one under way, which returns to it, or returns before its own begins.',
  })
  readonly rollout!: RolloutRecord | null;
}
