import { Arg, Args, Ctx, FieldResolver, ID, Mutation, Query, Resolver, Root, Subscription } from 'type-graphql';
import type { ClusterRecord } from '../../app/records/clusters.ts';
import type { ReleaseRecord } from '../../app/records/releases.ts';
import type { Task as TaskInfo, TaskProgress as TaskProgressInfo } from '../../app/tasks/use-cases.ts';
import { ServiceCluster } from '../clusters/types.ts';
import { PageArguments, paginate, type Connection } from '../connection.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { once } from '../idempotency.ts';
import { releaseOf } from '../lookup.ts';
import { Release } from '../releases/types.ts';
import type { Answer } from '../user-error.ts';
import { RunTaskInput, StopTaskInput, Task, TaskConnection, TaskPayload, TaskProgress } from './types.ts';

@Resolver(() => ServiceCluster)
export class ServiceClusterTasksResolver {
  @FieldResolver(() => TaskConnection, { description: 'Its one-off tasks of the last 30 days.' })
  tasks(
    @Root() cluster: ClusterRecord,
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => PageArguments) args: PageArguments,
  ): Promise<Connection<TaskInfo>> {
    return paginate(args, (page) => useCases.queries.tasks(principal, cluster, page));
  }
}

@Resolver(() => Task)
export class TaskResolver {
  @Query(() => Task, { nullable: true, description: 'One one-off task; null when there is none.' })
  async task(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Arg('uid', () => ID, { description: 'Uid of the task.' }) uid: string,
  ): Promise<TaskInfo | null> {
    return (await useCases.queries.task(principal, uid)) ?? null;
  }

  @FieldResolver(() => String, { description: 'Name of the application.' })
  applicationName(@Root() task: TaskInfo): string {
    return task.application;
  }

  @FieldResolver(() => Release, {
    name: 'release',
    nullable: true,
    description: 'The release that it runs in; null once it is no longer kept.',
  })
  taskRelease(@Root() task: TaskInfo, @Ctx() context: GraphQLContext): Promise<ReleaseRecord | null> {
    return releaseOf(context, task.release);
  }

  @Subscription(() => TaskProgress, {
    name: 'task',
    description:
      'A task and what it prints, live; ends when the task has ended and all was told. For deployers, since a program may print what it was given. The output is kept for ten minutes after the end.',
    subscribe: following(
      ({ useCases, principal }, { uid, after }: { uid: string; after?: string | null }, signal) =>
        useCases.feeds.task(principal, uid, after === null || after === undefined ? {} : { after }, signal),
      (progress) => progress,
    ),
  })
  followTask(
    @Root() progress: TaskProgressInfo,
    @Arg('uid', () => ID, { description: 'Uid of the task.' }) _uid: string,
    @Arg('after', () => String, {
      nullable: true,
      description: 'A cursor of an item before: only what was printed after it.',
    })
    _after?: string | null,
  ): TaskProgressInfo {
    return progress;
  }

  @Mutation(() => TaskPayload, {
    description:
      'Runs a command once in a copy of a release, with its configuration and secrets and without traffic. Answers when it was begun. It counts as an instance of the tenant’s quota while it runs.',
  })
  async runTask(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => RunTaskInput, { description: 'What, and in what.' }) input: RunTaskInput,
  ): Promise<Answer<TaskPayload>> {
    const { ref, command, timeoutSeconds, releaseNumber } = input;
    const task = await once(context, 'runTask', input, () =>
      context.useCases.mutations.runTask(context.principal, {
        ...ref,
        command,
        ...(timeoutSeconds === null || timeoutSeconds === undefined ? {} : { timeoutSeconds }),
        ...(releaseNumber === null || releaseNumber === undefined ? {} : { releaseNumber }),
      }),
    );
    return { task };
  }

  @Mutation(() => TaskPayload, {
    description:
      'Asks a task to end; what still runs of it 12 s later is killed. A task that has ended stays as it is.',
  })
  async stopTask(
    @Ctx() context: GraphQLContext,
    @Arg('input', () => StopTaskInput, { description: 'Which task.' }) input: StopTaskInput,
  ): Promise<Answer<TaskPayload>> {
    const task = await once(context, 'stopTask', input, () =>
      context.useCases.mutations.stopTask(context.principal, input.uid),
    );
    return { task };
  }
}
