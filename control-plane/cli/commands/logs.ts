/** `logs`. */
import { followSubscription, type Session } from '../client/session.ts';
import { FollowLogs, ListAliases, NewestLogEntry, SearchLogs, type SearchLogsQuery } from '../generated/operations.ts';
import { say, taken } from '../io.ts';
import { size } from '../output/text.ts';
import { LogPrinter } from '../output/logs.ts';
import { readLogRequest, type LogRequest } from './log-request.ts';
import type { LogsCommandOptions } from './register-read.ts';

type Page = SearchLogsQuery['searchLogs'];
type Entry = Page['entries'][number];

const PAGE_LINES = 1000;

export async function logs(session: Session, target: string, options: LogsCommandOptions): Promise<void> {
  const request = readLogRequest(session, target, options);
  const printer = new LogPrinter(session, {
    isNamed: options.instance === undefined,
    isTimed: options.timestamps === true,
  });
  // Known before the search, so that what comes meanwhile is neither shown twice nor left out.
  const known = options.follow === true ? await newestSequence(session, request) : undefined;
  await printPast(session, request, printer, known);
  if (!printer.hasPrinted && request.last !== 0) await sayNothingFound(session, request);
  if (known === undefined) return;

  const { ref, filter } = request;
  let after = known;
  for await (const { followLogs: entry } of followSubscription(session, FollowLogs, () => ({ ref, filter, after }))) {
    after = entry.sequence;
    await printer.entry(entry);
    await taken(session.io);
  }
}

/** Silence might be a mistyped name: what is removed has a log, too, so a name that nobody has now is told and not refused. */
async function sayNothingFound(session: Session, { ref }: LogRequest): Promise<void> {
  const { tenant, application: name, alias, instance } = ref;
  if (alias !== undefined && alias !== null) {
    const { application } = await session.client.query(ListAliases, { tenant, name });
    const aliases = application?.clusters.map((cluster) => cluster.alias) ?? [];
    if (!aliases.includes(alias)) {
      say(session.io, `nothing found: ${name} has no component "${alias}"; it has ${aliases.join(', ') || 'none'}`);
      return;
    }
  }
  say(session.io, instance ? `nothing found of the instance ${instance}` : 'nothing found');
}

/** The last lines of an application's log, as text. */
export async function lastLines(session: Session, application: string, alias: string, last: number): Promise<string[]> {
  const { tenant } = session;
  const ref = { application, alias, ...(tenant === undefined ? {} : { tenant }) };
  const { searchLogs } = await session.client.query(SearchLogs, { ref, limit: last });
  const printer = new LogPrinter(session, { isNamed: true, isTimed: false });
  return searchLogs.entries.map((entry) => printer.text(entry));
}

async function newestSequence(session: Session, { ref }: LogRequest): Promise<number> {
  const { tenant, application } = ref;
  const whole = { application, ...(tenant === undefined ? {} : { tenant }) };
  const { searchLogs } = await session.client.query(NewestLogEntry, { ref: whole });
  return searchLogs.entries.at(-1)?.sequence ?? 0;
}

/** What is there already: the last lines, or all since a time. @param known the last sequence that may be shown */
async function printPast(
  session: Session,
  request: LogRequest,
  printer: LogPrinter,
  known: number | undefined,
): Promise<void> {
  if (request.last === 0) return;
  if (request.last !== undefined) {
    const found = await lastEntries(session, request, request.last, known);
    for (const entry of found) await printer.entry(entry);
    return;
  }
  for await (const { entries } of pages(session, request, { after: 0 }, () => PAGE_LINES)) {
    for (const entry of entries) {
      if (known !== undefined && entry.sequence > known) return;
      await printer.entry(entry);
    }
    await taken(session.io);
  }
}

/** The newest lines with what is missing between them, oldest first. */
async function lastEntries(
  session: Session,
  request: LogRequest,
  last: number,
  known: number | undefined,
): Promise<Entry[]> {
  const found: (readonly Entry[])[] = [];
  let left = last;
  const from = known === undefined ? {} : { before: known + 1 };
  for await (const { entries } of pages(session, request, from, () => Math.min(left, PAGE_LINES))) {
    found.unshift(entries);
    left -= entries.filter(({ __typename }) => __typename === 'LogLine').length;
    if (left <= 0) break;
  }
  return found.flat();
}

/** Page after page until nothing is left. What takes longer than one request is told. */
async function* pages(
  session: Session,
  { ref, filter }: LogRequest,
  from: { readonly after: number } | { readonly before?: number },
  limit: () => number,
): AsyncGenerator<Page> {
  let range = from;
  let scannedBytes = 0;
  for (;;) {
    const { searchLogs: page } = await session.client.query(SearchLogs, { ref, filter, limit: limit(), ...range });
    yield page;
    if (page.next === null) return;
    range = 'after' in range ? { after: page.next } : { before: page.next };
    scannedBytes += page.scannedBytes;
    if (page.stopped === 'BYTES' || page.stopped === 'TIME') {
      const where = 'after' in range ? 'up to' : 'back to';
      say(session.io, `searched ${size(scannedBytes)}, ${where} ${page.reachedAt ?? 'an unknown time'} …`);
    }
  }
}
