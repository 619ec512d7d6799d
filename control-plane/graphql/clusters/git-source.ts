import { Field, ObjectType, registerEnumType } from 'type-graphql';
import type { CheckedGitSource } from '../../app/use-cases.ts';
import { DateTime } from '../scalars.ts';

const SourceUpdate = { AUTOMATIC: 'automatic', MANUAL: 'manual' } as const satisfies Record<
  string,
  CheckedGitSource['update']
>;
registerEnumType(SourceUpdate, {
  name: 'SourceUpdate',
  description: 'When a commit of a Git source is deployed.',
  valuesConfig: {
    AUTOMATIC: { description: 'As soon as it is seen.' },
    MANUAL: { description: 'The first one; each later one when a deploy asks for it.' },
  },
});

@ObjectType('GitSourceProblem', { description: 'Why a Git source cannot be read.', simpleResolvers: true })
class GitSourceProblem {
  @Field(() => String, {
    description:
      'Such as GIT_UNREACHABLE, GIT_REF_NOT_FOUND, GIT_HOST_NOT_ALLOWED, GIT_CREDENTIALS_MISSING, GIT_CREDENTIALS_REFUSED or GIT_HOST_KEY_UNKNOWN.',
  })
  readonly code!: string;

  @Field(() => String, { description: 'What is wrong, and what to do. Holds no credentials.' })
  readonly message!: string;

  @Field(() => DateTime, { description: 'When it could not be read for the first time since it could.' })
  readonly since!: number;
}

@ObjectType('GitSource', {
  description: 'The Git repository of a component, and whether it can be read.',
  simpleResolvers: true,
})
export class GitSource {
  @Field(() => String, { description: 'URL of the repository, without user and password.' })
  readonly url!: string;

  @Field(() => SourceUpdate, { description: 'When its commits are deployed.' })
  readonly update!: CheckedGitSource['update'];

  @Field(() => DateTime, {
    nullable: true,
    description:
      'When the repository was asked for its commit last; null: not since this start of the control plane. A manual one is asked when a deploy wants it.',
  })
  readonly lastCheckedAt!: number | null;

  @Field(() => GitSourceProblem, {
    nullable: true,
    description: 'Why the last check failed; null: it did not. What runs goes on meanwhile.',
  })
  readonly problem!: CheckedGitSource['problem'];
}
