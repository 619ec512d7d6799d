import { Arg, Args, Ctx, Query, Resolver, Root, Subscription } from 'type-graphql';
import { RequestError } from '../../app/errors.ts';
import type { LogFilter, LogPage, LogQuery } from '../../app/ports/logs.ts';
import type { LogEntry as Entry, LogLine } from '../../domain/logs/entry.ts';
import type { GraphQLContext } from '../context.ts';
import { following } from '../follow.ts';
import { Gap } from '../gap.ts';
import { SafeInt } from '../scalars.ts';
import {
  DEFAULT_LINES,
  LogArguments,
  LogEntry,
  LogFeedItem,
  LogFilterInput,
  type LogGap,
  LogLineType,
  LogPageType,
  LogRef,
  SearchArguments,
  shown,
} from './types.ts';

const RATHER = 'It knows neither why lines are missing nor how many. Use';

@Resolver()
export class LogResolver {
  @Query(() => [LogLineType], {
    description: 'Lines of an application’s log, oldest first.',
    deprecationReason: `${RATHER} searchLogs.`,
  })
  logs(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => LogArguments) { ref, after, last, limit }: LogArguments,
  ): Promise<LogLine[]> {
    const given = typeof last === 'number';
    const filter = filterOf(ref, null);
    if (typeof after === 'number') {
      if (given)
        throw new RequestError('INVALID', 'after and last exclude each other: give one of them', { field: 'last' });
      return useCases.queries.logs(principal, ref, { filter, after, limit });
    }
    return useCases.queries.logs(principal, ref, { filter, last: given ? last : DEFAULT_LINES, limit });
  }

  @Query(() => LogPageType, {
    description:
      'Searches an application’s log, backward from its end unless told otherwise. One request reads for a second at most; where it ended before it had found enough, next says where to go on.',
  })
  async searchLogs(
    @Ctx() { useCases, principal }: GraphQLContext,
    @Args(() => SearchArguments) { ref, filter, after, before, limit }: SearchArguments,
  ): Promise<LogPageType> {
    const isForward = typeof after === 'number';
    if (isForward && typeof before === 'number')
      throw new RequestError('INVALID', 'after and before exclude each other: give one of them', { field: 'before' });
    const range = isForward ? { after } : { before: before ?? null };
    return pageOf(await useCases.queries.searchLogs(principal, ref, { filter: filterOf(ref, filter), limit, range }));
  }

  @Subscription(() => LogFeedItem, {
    name: 'logs',
    description: 'Lines as they are written, in order; says where some are missing.',
    deprecationReason: `${RATHER} followLogs.`,
    subscribe: following(
      ({ useCases, principal }, { ref, after }: { ref: LogRef; after?: number | null }, signal) =>
        useCases.feeds.logs(principal, ref, { filter: filterOf(ref, null), after: after ?? undefined }, signal),
      (entry) => (entry.kind === 'line' ? entry : gapOf(entry)),
    ),
  })
  logsFeed(
    @Root() item: LogLine | Gap,
    @Arg('ref', () => LogRef, { description: 'Whose log.' }) _ref: LogRef,
    @Arg('after', () => SafeInt, {
      nullable: true,
      description: 'Sequence of the last line that is known, 0 or more: begin after it; absent: only new ones.',
    })
    _after?: number | null,
  ): LogLine | Gap {
    return item;
  }

  @Subscription(() => LogEntry, {
    description:
      'An application’s log as it is written, in order. Read from where it is kept at the subscriber’s pace: a slow one loses nothing but what is removed before it comes to it, and that is a gap.',
    subscribe: following(
      (
        { useCases, principal },
        { ref, filter, after }: { ref: LogRef; filter?: LogFilterInput | null; after?: number | null },
        signal,
      ) => useCases.feeds.logs(principal, ref, { filter: filterOf(ref, filter), after: after ?? undefined }, signal),
      shown,
    ),
  })
  followLogs(
    @Root() entry: LogLineType | LogGap,
    @Arg('ref', () => LogRef, { description: 'Whose log.' }) _ref: LogRef,
    @Arg('filter', () => LogFilterInput, { nullable: true, description: 'Which lines; all if absent.' })
    _filter?: LogFilterInput | null,
    @Arg('after', () => SafeInt, {
      nullable: true,
      description: 'Sequence of the last entry that is known, 0 or more: begin after it; absent: only new ones.',
    })
    _after?: number | null,
  ): LogLineType | LogGap {
    return entry;
  }
}

function gapOf({ after, sequence }: Exclude<Entry, LogLine>): Gap {
  return Object.assign(new Gap(), { after, next: sequence + 1 });
}

function pageOf({ entries, next, stopped, scannedBytes, reached }: LogPage): LogPageType {
  return {
    entries: entries.map(shown),
    next: next && placeOf(next),
    stopped,
    scannedBytes,
    reachedAt: reached?.at ?? null,
  };
}

function placeOf(range: LogQuery['range']): number | null {
  return 'after' in range ? range.after : range.before;
}

function filterOf({ alias, instance }: LogRef, filter: LogFilterInput | null | undefined): LogFilter {
  const { from, to, ...rest } = filter ?? {};
  const given = { alias, instance, ...rest, from: from?.getTime(), to: to?.getTime() };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null && value !== undefined));
}
