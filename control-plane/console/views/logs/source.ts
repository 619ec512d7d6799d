/** The log of an application, as the control plane has it, filtered. */
import {
  LogsFollow,
  LogsNewest,
  LogsSearch,
  type LogLevel,
  type LogsEntryFragment,
} from '../../generated/operations.ts';
import type { Connection } from '../../live/connection.ts';
import { asked, type Filter } from './address.ts';
import type { Entry, Level } from './store/entry.ts';
import type { LogSource } from './store/log-feed.ts';

export interface SourceOf {
  readonly tenant: string;
  readonly application: string;
  readonly filter: Filter;
}

export function logSource(connection: Connection, { tenant, application, filter }: SourceOf, now: number): LogSource {
  const variables = asked(tenant, application, filter);
  return {
    isOpen: filter.to === undefined || Date.parse(filter.to) > now,
    async newest() {
      const { searchLogs } = await connection.ask(LogsNewest, { ref: { tenant, application } });
      return searchLogs.entries.at(-1)?.sequence ?? 0;
    },
    async search(range, limit) {
      const { searchLogs } = await connection.ask(LogsSearch, { ...variables, ...range, limit });
      const { entries, next, scannedBytes, reachedAt } = searchLogs;
      return { entries: entries.map(entryOf), next, scannedBytes, reachedAt };
    },
    follow: (after, watcher) =>
      connection.watch(LogsFollow, () => ({ ...variables, after: after() }), {
        onNext: ({ followLogs }) => watcher.onEntry(entryOf(followLogs)),
        onRefused: (error) => watcher.onRefused(error),
      }),
  };
}

function entryOf(entry: LogsEntryFragment): Entry {
  if (entry.__typename === 'LogGap') {
    const { sequence, after, noticedAt, ofAlias, ofInstance, lines, cause } = entry;
    const at = noticedAt === null ? null : Date.parse(noticedAt);
    return { kind: 'gap', sequence, after, at, alias: ofAlias, instance: ofInstance, lines, cause };
  }
  const { sequence, at, level, alias, instance, release, stream, text } = entry;
  return {
    kind: 'line',
    sequence,
    at: Date.parse(at),
    level: level === null ? null : levelOf(level),
    alias,
    instance,
    release,
    stream,
    text,
  };
}

function levelOf(level: LogLevel): Level {
  return level.toLowerCase() as Lowercase<LogLevel>;
}
