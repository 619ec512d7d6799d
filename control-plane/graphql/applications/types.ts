import { IsInt, Length, MaxLength, Min } from 'class-validator';
import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { ApplicationManifest } from '../../../schema/manifests/application.ts';
import type { ApplicationRecord } from '../../app/records/applications.ts';
import type { AppliedObject as Applied } from '../../app/use-cases.ts';
import { connectionOf } from '../connection.ts';
import { WriteInput } from '../input.ts';
import { DateTime, Json } from '../scalars.ts';
import { Payload } from '../user-error.ts';

@ObjectType('Blocked', {
  description:
    'Why an application cannot be brought to its manifest. What it runs goes on; nothing of it is decided, started or stopped until that is mended, and then it goes on by itself.',
  simpleResolvers: true,
})
export class Blocked {
  @Field(() => String, {
    description:
      'CARTRIDGE_MISSING: a cartridge that it runs on is not installed any more. CARTRIDGE_UNUSABLE: the machine has not (any more) what one needs. MANIFEST_UNREADABLE: what is stored of it, or of a policy that it names, cannot be read by this version.',
  })
  readonly code!: string;

  @Field(() => String, { description: 'What is wrong with what, and what to do.' })
  readonly message!: string;

  @Field(() => DateTime, { description: 'Since when, as far as this start of the control plane has seen.' })
  readonly since!: number;
}

@ObjectType('Application', {
  description: 'What a tenant runs: components, each of which is a service cluster at run time.',
  simpleResolvers: true,
})
export class Application {
  @Field(() => ID, { description: 'Immutable identity; an application deleted and made again is another one.' })
  readonly uid!: string;

  @Field(() => String, { description: 'Name of the tenant that owns it.' })
  readonly tenant!: string;

  @Field(() => String, { description: 'Name, unique within the tenant.' })
  readonly name!: string;

  @Field(() => Int, { description: 'Counts the changes of the manifest, from 1.' })
  readonly generation!: number;

  @Field(() => DateTime, { description: 'When the application was made.' })
  readonly createdAt!: number;

  @Field(() => DateTime, { description: 'When the manifest changed last.' })
  readonly updatedAt!: number;

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When deletion was asked for; null while it was not. The application goes when nothing of it runs any more.',
  })
  readonly deletingSince!: number | null;

  @Field(() => Json, { description: 'The manifest (kind Application) with its defaults filled in.' })
  readonly manifest!: ApplicationManifest;
}

export const ApplicationConnection = connectionOf(Application, 'Application', 'applications');

@InputType('ApplyInput', { description: 'Manifests to be applied.' })
export class ApplyInput extends WriteInput {
  @MaxLength(1024 * 1024)
  @Field(() => String, {
    description:
      'One or several documents in YAML or JSON, at most 1 MiB of text. All are checked before any is stored.',
  })
  readonly manifests!: string;

  @Length(1, 1000)
  @Field(() => String, { nullable: true, description: 'Name of the file, for error messages.' })
  readonly fileName?: string | null;

  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'Tenant of the documents that name none; the caller’s own if absent ("default" for operators).',
  })
  readonly tenant?: string | null;

  @Field(() => Boolean, { defaultValue: false, description: 'Only check and compare; store nothing.' })
  readonly dryRun!: boolean;

  @IsInt()
  @Min(0)
  @Field(() => Int, {
    nullable: true,
    description:
      'Refused with CONFLICT unless the stored object has this generation, 0 or more (0: it must not exist). For a single document.',
  })
  readonly expectedGeneration?: number | null;
}

const ApplyResult = { CREATED: 'created', CHANGED: 'changed', UNCHANGED: 'unchanged' } as const satisfies Record<
  string,
  Applied['result']
>;
registerEnumType(ApplyResult, {
  name: 'ApplyResult',
  description: 'What applying a manifest did (or, in a dry run, would do).',
  valuesConfig: {
    CREATED: { description: 'The object did not exist.' },
    CHANGED: { description: 'The stored object was different.' },
    UNCHANGED: { description: 'The stored object was the same.' },
  },
});

@ObjectType('AppliedObject', { description: 'What became of one applied document.', simpleResolvers: true })
export class AppliedObject {
  @Field(() => String, { description: 'The manifest’s kind, such as Application.' })
  readonly kind!: string;

  @Field(() => String, { description: 'The object’s name.' })
  readonly name!: string;

  @Field(() => ID, { description: 'The object’s immutable identity.' })
  readonly uid!: string;

  @Field(() => ApplyResult, { description: 'What applying it did.' })
  readonly result!: Applied['result'];

  @Field(() => [String], {
    description:
      'What is no error and yet does not work now, each with file, line and column: a Git host, branch or credential of a source that is new.',
  })
  readonly warnings!: readonly string[];

  @Field(() => Json, {
    nullable: true,
    description:
      'In a dry run: the manifest that is stored, by the rules of today. Null where none is, and where this was no dry run.',
  })
  readonly before!: unknown;

  @Field(() => Json, {
    nullable: true,
    description:
      'In a dry run: the manifest as it would be stored, with its defaults filled in. Null where this was no dry run.',
  })
  readonly after!: unknown;
}

@ObjectType('ApplyPayload', { description: 'Answer to apply.', simpleResolvers: true })
export class ApplyPayload extends Payload {
  @Field(() => [AppliedObject], {
    nullable: true,
    description: 'What became of each document, in the order of the documents.',
  })
  readonly objects!: readonly AppliedObject[] | null;
}

@InputType('DeleteApplicationInput', { description: 'Which application to delete.' })
export class DeleteApplicationInput extends WriteInput {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent ("default" for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 40)
  @Field(() => String, { description: 'Name of the application.' })
  readonly name!: string;

  @IsInt()
  @Min(0)
  @Field(() => Int, {
    nullable: true,
    description: 'Refused with CONFLICT unless the application has this generation, 0 or more.',
  })
  readonly expectedGeneration?: number | null;
}

@ObjectType('DeleteApplicationPayload', { description: 'Answer to deleteApplication.', simpleResolvers: true })
export class DeleteApplicationPayload extends Payload {
  @Field(() => Application, {
    nullable: true,
    description: 'The application, now with deletingSince; its instances are drained and stopped.',
  })
  readonly application!: ApplicationRecord | null;
}
