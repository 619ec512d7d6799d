import { Length } from 'class-validator';
import { Args, ArgsType, Ctx, Field, Query, Resolver } from 'type-graphql';
import type { AuditRecord } from '../../app/records/audit.ts';
import { PageArguments, paginate, type Connection } from '../connection.ts';
import type { GraphQLContext } from '../context.ts';
import { DateTime } from '../scalars.ts';
import { AuditOutcome, AuditRecordConnection, shaped, type AuditRecordType } from './types.ts';

@ArgsType()
class AuditArguments extends PageArguments {
  @Length(1, 40)
  @Field(() => String, {
    nullable: true,
    description: 'The tenant; the caller’s own if absent (all of them, and the platform’s own, for operators).',
  })
  readonly tenant?: string | null;

  @Length(1, 200)
  @Field(() => String, { nullable: true, description: 'Only what the token of this name or uid asked for.' })
  readonly actor?: string | null;

  @Length(1, 200)
  @Field(() => String, {
    nullable: true,
    description: 'Only what was about the object of this uid or name: shop, or shop/web for a service cluster.',
  })
  readonly object?: string | null;

  @Length(1, 100)
  @Field(() => String, { nullable: true, description: 'Only this mutation.' })
  readonly mutation?: string | null;

  @Field(() => AuditOutcome, { nullable: true, description: 'Only what ended so.' })
  readonly outcome?: AuditRecord['outcome'] | null;

  @Field(() => DateTime, { nullable: true, description: 'From then on; from the first kept one if absent.' })
  readonly from?: Date | null;

  @Field(() => DateTime, { nullable: true, description: 'Before then; to the last one if absent.' })
  readonly to?: Date | null;
}

@Resolver()
export class AuditResolver {
  @Query(() => AuditRecordConnection, {
    description:
      'Who asked for which mutation, what it changed, and what became of it. For admins of a whole tenant, and for operators.',
  })
  async auditRecords(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => AuditArguments)
    { tenant, actor, object, mutation, outcome, from, to, first, after, last, before }: AuditArguments,
  ): Promise<Connection<AuditRecordType>> {
    const given = { actor, object, mutation, outcome, from: from?.getTime(), to: to?.getTime() };
    const named = Object.fromEntries(
      Object.entries(given).filter(([, value]) => value !== null && value !== undefined),
    );
    return paginate({ first, after, last, before }, async (page) =>
      (await useCases.queries.auditRecords(principal, { tenant, ...named, page })).map(shaped),
    );
  }
}
