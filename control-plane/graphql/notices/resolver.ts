import { Arg, Ctx, Mutation, Query, Resolver } from 'type-graphql';
import type { Notice as NoticeInfo } from '../../app/notices/use-cases.ts';
import type { GraphQLContext } from '../context.ts';
import { once } from '../idempotency.ts';
import type { Answer } from '../user-error.ts';
import {
  CreateNoticeInput,
  CreateNoticePayload,
  DeleteNoticeInput,
  EnableNoticeInput,
  Notice,
  NoticePayload,
  RotateNoticeInput,
  TestNoticeInput,
  TestNoticePayload,
} from './types.ts';

@Resolver()
export class NoticeResolver {
  @Query(() => [Notice], { description: 'The notices of a tenant. For admins.' })
  notices(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('tenant', () => String, {
      nullable: true,
      description: 'The tenant; the caller’s own if absent (all of them, and the platform’s, for operators).',
    })
    tenant: string | null | undefined,
  ): Promise<NoticeInfo[]> {
    return useCases.queries.notices(principal, tenant);
  }

  @Mutation(() => CreateNoticePayload, {
    description:
      'Makes a notice: from now on its receiver is told of the events that it is about, in order, at least once each. For admins.',
  })
  async createNotice(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => CreateNoticeInput, { description: 'Who is told of what.' }) input: CreateNoticeInput,
  ): Promise<Answer<CreateNoticePayload>> {
    const { tenant, platform, name, application, url, types } = input;
    // Not a part of what is kept to answer the same again: nobody reads the secret twice.
    let secret: string | null = null;
    const notice = await once(context, 'createNotice', input, async () => {
      const asked = { tenant, platform, name, application, url, types };
      const made = await context.useCases.mutations.createNotice(context.principal, asked);
      secret = made.secret;
      return made.notice;
    });
    return { notice, secret };
  }

  @Mutation(() => CreateNoticePayload, {
    description:
      'Gives a notice another secret. Messages are signed with it at once, and with the one before as well for as long as is asked for. For admins.',
  })
  async rotateNotice(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RotateNoticeInput, { description: 'Which notice, and for how long both sign.' })
    input: RotateNoticeInput,
  ): Promise<Answer<CreateNoticePayload>> {
    const { uid, overlapSeconds } = input;
    // Not a part of what is kept to answer the same again: nobody reads the secret twice.
    let secret: string | null = null;
    const notice = await once(context, 'rotateNotice', input, async () => {
      const made = await context.useCases.mutations.rotateNotice(context.principal, { uid, overlapSeconds });
      secret = made.secret;
      return made.notice;
    });
    return { notice, secret };
  }

  @Mutation(() => TestNoticePayload, {
    description: 'Sends one message of the type notice.test now, also where the notice is disabled. For admins.',
  })
  testNotice(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => TestNoticeInput, { description: 'Which notice.' }) input: TestNoticeInput,
  ): Promise<Answer<TestNoticePayload>> {
    return once(context, 'testNotice', input, () =>
      context.useCases.mutations.testNotice(context.principal, input.uid),
    );
  }

  @Mutation(() => NoticePayload, {
    description: 'Goes on with a notice that was disabled, with the first event that was not taken. For admins.',
  })
  async enableNotice(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => EnableNoticeInput, { description: 'Which notice.' }) input: EnableNoticeInput,
  ): Promise<Answer<NoticePayload>> {
    const notice = await once(context, 'enableNotice', input, () =>
      context.useCases.mutations.enableNotice(context.principal, input.uid),
    );
    return { notice };
  }

  @Mutation(() => NoticePayload, { description: 'Deletes a notice; nothing more is sent. For admins.' })
  async deleteNotice(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => DeleteNoticeInput, { description: 'Which notice.' }) input: DeleteNoticeInput,
  ): Promise<Answer<NoticePayload>> {
    const notice = await once(context, 'deleteNotice', input, () =>
      context.useCases.mutations.deleteNotice(context.principal, input.uid),
    );
    return { notice };
  }
}
