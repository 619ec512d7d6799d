import { IsOptional, Length } from 'class-validator';
import { Args, ArgsType, Ctx, Field, Query, Resolver } from 'type-graphql';
import type { RepositoryCheck as Check } from '../../app/repositories/use-cases.ts';
import type { GraphQLContext } from '../context.ts';
import { RepositoryCheck, type RepositoryCommit } from './types.ts';

@ArgsType()
class RepositoryArguments {
  @IsOptional()
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent ("default" for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 2000)
  @Field(() => String, { description: 'URL of the repository, as in source.git.url of a component.' })
  readonly url!: string;

  @IsOptional()
  @Length(1, 250)
  @Field(() => String, { nullable: true, description: 'A branch; of branch, tag and commit at most one.' })
  readonly branch?: string | null;

  @IsOptional()
  @Length(1, 250)
  @Field(() => String, { nullable: true, description: 'A tag, by its name.' })
  readonly tag?: string | null;

  @IsOptional()
  @Length(1, 250)
  @Field(() => String, { nullable: true, description: 'A commit: 40 hex digits.' })
  readonly commit?: string | null;

  @IsOptional()
  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'Name of the tenant’s credential that it is read with.' })
  readonly credentials?: string | null;

  @IsOptional()
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description:
      'With alias: the component whose source it is to be, where there is one. What it has already may stay.',
  })
  readonly application?: string | null;

  @IsOptional()
  @Length(1, 40)
  @Field(() => String, { nullable: true, description: 'Alias of that component.' })
  readonly alias?: string | null;
}

@Resolver()
export class RepositoryResolver {
  @Query(() => RepositoryCheck, {
    description:
      'Asks a Git server whether a repository could be deployed from, by the rules of a deploy, and what it has. For deployers. Nothing is stored. One at a time for a token: while one is answered, the same question gets the same answer, and another one ends it with the error CHECK_REPLACED. RATE_LIMITED above one a second for long, and when the tenant or the platform looks at too many at once.',
  })
  async checkRepository(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => RepositoryArguments) { tenant, url, ...given }: RepositoryArguments,
  ): Promise<RepositoryCheck> {
    const named = Object.entries(given).filter(([, value]) => value !== null && value !== undefined);
    return answerOf(
      await useCases.queries.checkRepository(principal, { tenant: tenant ?? null, url, ...Object.fromEntries(named) }),
    );
  }
}

function answerOf({ problem, look }: Check): RepositoryCheck {
  const { defaultBranch = null, branches = [], branchCount = 0, found = { kind: 'unknown' as const } } = look ?? {};
  return {
    ...{ isReadable: look !== null, problem, defaultBranch, branches, branchCount },
    referenceExists: found.kind === 'unknown' ? null : found.kind === 'commit',
    commit: found.kind === 'commit' ? commitOf(found) : null,
  };
}

function commitOf({
  commit,
  facts,
}: Extract<NonNullable<Check['look']>['found'], { kind: 'commit' }>): RepositoryCommit {
  const { message = null, author = null, authoredAt = null } = facts ?? {};
  return { commit, message, author, authoredAt };
}
