import { IsInt, Length, Matches, MaxLength, Min, ValidateNested } from 'class-validator';
import { createUnionType, Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { BuildRecord, SourceRecord } from '../../app/records/sources.ts';
import { connectionOf } from '../connection.ts';
import { ServiceClusterRef, WriteInput } from '../input.ts';
import { Reason } from '../reason.ts';
import { DateTime, SafeInt } from '../scalars.ts';
import { Payload } from '../user-error.ts';

@ObjectType('GitOrigin', { description: 'A commit of a Git repository.', simpleResolvers: true })
class GitOrigin {
  @Field(() => String, { description: 'URL of the repository, without credentials.' })
  readonly url!: string;

  @Field(() => String, { description: 'Branch, tag or commit that was followed.' })
  readonly ref!: string;

  @Field(() => String, { description: 'The commit: 40 hex digits.' })
  readonly commit!: string;

  @Field(() => String, { description: 'The commit’s message.' })
  readonly message!: string;

  @Field(() => String, { description: 'The commit’s author.' })
  readonly author!: string;
}

@ObjectType('UploadOrigin', { description: 'An uploaded tree.', simpleResolvers: true })
class UploadOrigin {
  @Field(() => String, { description: 'Digest of the uploaded archive: sha256- and 64 hex digits.' })
  readonly digest!: string;

  @Field(() => SafeInt, { description: 'Size of the archive in bytes, above 0.' })
  readonly bytes!: number;

  @Field(() => String, { description: 'Name of the token that uploaded it.' })
  readonly by!: string;
}

const SourceOrigin = createUnionType({
  name: 'SourceOrigin',
  description: 'Where a source comes from.',
  types: () => [GitOrigin, UploadOrigin] as const,
  resolveType: (value: object) => ('commit' in value ? 'GitOrigin' : 'UploadOrigin'),
});

@ObjectType('Source', {
  description: 'What a tenant gave to be run: a Git commit or an uploaded tree.',
  simpleResolvers: true,
})
export class Source {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => DateTime, { description: 'When it was taken.' })
  readonly createdAt!: number;

  @Field(() => SourceOrigin, { description: 'Where it comes from.' })
  readonly origin!: SourceRecord['origin'];
}

const BuildState = {
  QUEUED: 'queued',
  RUNNING: 'running',
  SUCCEEDED: 'succeeded',
  FAILED: 'failed',
} as const satisfies Record<string, BuildRecord['state']>;
registerEnumType(BuildState, {
  name: 'BuildState',
  description: 'Where a build stands.',
  valuesConfig: {
    QUEUED: { description: 'Waits for its turn.' },
    RUNNING: { description: 'The cartridge’s build hook runs.' },
    SUCCEEDED: { description: 'There is an artifact.' },
    FAILED: { description: 'There is none; error says why. The running release was left alone.' },
  },
});

@ObjectType('Build', {
  description: 'One run of a cartridge’s build hook over a source.',
  simpleResolvers: true,
})
export class Build {
  @Field(() => ID, { description: 'Immutable identity.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => BuildState, { description: 'Where it stands.' })
  readonly state!: BuildRecord['state'];

  @Field(() => DateTime, { description: 'When it was asked for.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { nullable: true, description: 'When it began to run; null before.' })
  readonly startedAt!: number | null;

  @Field(() => DateTime, { nullable: true, description: 'When it ended; null before.' })
  readonly finishedAt!: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Digest of the artifact (sha256- and 64 hex digits); null unless it succeeded.',
  })
  readonly artifact!: string | null;

  @Field(() => Reason, { nullable: true, description: 'Why it failed; null unless it did.' })
  readonly error!: Reason | null;
}

export const BuildConnection = connectionOf(Build, 'Build', 'builds');

@ObjectType('BuildProgress', {
  description: 'The state of a build together with the lines of its log that are new to the subscriber.',
  simpleResolvers: true,
})
export class BuildProgress {
  @Field(() => Build, { description: 'The build as it is now.' })
  readonly build!: BuildRecord;

  @Field(() => [String], { description: 'Lines of the log since the item before, oldest first, without line ends.' })
  readonly lines!: readonly string[];
}

@InputType('DeployInput', { description: 'What to build and to roll out.' })
export class DeployInput extends WriteInput {
  @ValidateNested()
  @Field(() => ServiceClusterRef, { description: 'The service cluster that is to run it.' })
  readonly ref!: ServiceClusterRef;

  @Matches(/^sha256-[0-9a-f]{64}$/, { message: 'uploadDigest: expected the digest that POST /upload/source answered' })
  @Length(1, 100)
  @Field(() => String, {
    nullable: true,
    description:
      'Digest (sha256- and 64 hex digits) of a tree uploaded before by POST /upload/source; absent: the present commit of the component’s Git source.',
  })
  readonly uploadDigest?: string | null;

  @MaxLength(1024 * 1024)
  @Field(() => String, {
    nullable: true,
    description:
      'Documents to be applied with it, in YAML or JSON, at most 1 MiB of text, one of them the application’s: all of it or, when anything refuses the deployment, nothing. Absent: as they were applied before.',
  })
  readonly manifests?: string | null;

  @Length(1, 1000)
  @Field(() => String, { nullable: true, description: 'Name of the manifests’ file, for error messages.' })
  readonly fileName?: string | null;

  @IsInt()
  @Min(0)
  @Field(() => Int, {
    nullable: true,
    description:
      'Refused with CONFLICT unless the stored application has this generation, 0 or more (0: it must not exist). For manifests of a single document.',
  })
  readonly expectedGeneration?: number | null;
}

@ObjectType('DeployPayload', { description: 'Answer to deploy.', simpleResolvers: true })
export class DeployPayload extends Payload {
  @Field(() => Source, { nullable: true, description: 'What is built.' })
  readonly source!: SourceRecord | null;

  @Field(() => Build, {
    nullable: true,
    description: 'The build, queued or running: follow it by the subscription build, then the roll-out by rollout.',
  })
  readonly build!: BuildRecord | null;
}
