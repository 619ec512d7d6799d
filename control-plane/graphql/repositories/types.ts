import { Field, Int, ObjectType } from 'type-graphql';
import type { RepositoryCheck as Check } from '../../app/repositories/use-cases.ts';
import { DateTime } from '../scalars.ts';
import { Refusal } from '../steering/types.ts';

@ObjectType('RepositoryCommit', {
  description: 'A commit that a reference points at. Its texts are those of strangers, cut to one line of some length.',
  simpleResolvers: true,
})
export class RepositoryCommit {
  @Field(() => String, { description: 'The commit: 40 hex digits.' })
  readonly commit!: string;

  @Field(() => String, {
    nullable: true,
    description: 'First line of its message, at most 500 characters; null where it could not be had at little cost.',
  })
  readonly message!: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'Its author, as "Name <address>", at most 200 characters; null as the message.',
  })
  readonly author!: string | null;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When it was made, as its author’s clock had it; null as the message, and where it is no time.',
  })
  readonly authoredAt!: number | null;
}

@ObjectType('RepositoryCheck', {
  description: 'Whether a repository could be deployed from now, and what it has. Nothing of it is kept.',
  simpleResolvers: true,
})
export class RepositoryCheck {
  @Field(() => Boolean, { description: 'Whether the repository could be read.' })
  readonly isReadable!: boolean;

  @Field(() => Refusal, {
    nullable: true,
    description:
      'What a deploy would be refused with, such as GIT_UNREACHABLE (also: no complete answer within ten seconds, of which a deploy has two minutes), GIT_HOST_NOT_ALLOWED, GIT_CREDENTIALS_MISSING or GIT_REF_NOT_FOUND; field is the argument that it is about. Holds no credentials.',
  })
  readonly problem!: Check['problem'];

  @Field(() => String, {
    nullable: true,
    description: 'The branch that is followed when none is named; null: it is empty, or its server does not say.',
  })
  readonly defaultBranch!: string | null;

  @Field(() => [String], { description: 'Its branches by name, the first 500.' })
  readonly branches!: readonly string[];

  @Field(() => Int, { description: 'How many branches it has, with those beyond the first 500.' })
  readonly branchCount!: number;

  @Field(() => Boolean, {
    nullable: true,
    description:
      'Whether the branch, tag or commit is there, or without one the default branch. Null: the repository could not be read, or its server gives no commits by their ids and is too large to be searched for one.',
  })
  readonly referenceExists!: boolean | null;

  @Field(() => RepositoryCommit, { nullable: true, description: 'What it points at; null unless it is there.' })
  readonly commit!: RepositoryCommit | null;
}
