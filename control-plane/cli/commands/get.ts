/** `get`: lists a noun, once or until interrupted. */
import { afterChanges } from '../client/changes.ts';
import type { Session } from '../client/session.ts';
import { notFound, usage } from '../exit.ts';
import { print } from '../io.ts';
import { parseLimit } from '../numbers.ts';
import { loadNoun } from '../nouns/all.ts';
import type { Noun, Scope } from '../nouns/noun.ts';
import { EntryChanges, steadyText } from '../output/changed-entries.ts';
import { changesInPlace, showInPlace } from '../output/live-view.ts';
import { printable } from '../output/text.ts';
import type { GetCommandOptions } from './register-read.ts';

type Entry = { readonly uid: string };

export async function get(
  session: Session,
  word: string,
  name: string | undefined,
  options: GetCommandOptions,
): Promise<void> {
  const scope: Scope = {
    application: applicationOf(options),
    limit: parseLimit(options.limit),
    includeTerminated: options.all ?? false,
    actionsOnly: options.actions ?? false,
    types: options.type ?? [],
  };
  const chosen = await loadNoun(word);
  await chosen.use((noun) => {
    if (options.watch !== true)
      return name === undefined ? list(session, noun, scope) : one(session, noun, name, scope);
    return noun.follow === undefined ? watch(session, noun, name, scope) : stream(session, noun, name, scope);
  });
}

function applicationOf({ application, alias }: GetCommandOptions): string | undefined {
  if (alias === undefined) return application;
  if (application === undefined || application.includes('/'))
    throw usage('--alias goes with --application APPLICATION');
  return `${application}/${alias}`;
}

async function list<T extends Entry>(session: Session, noun: Noun<T>, scope: Scope): Promise<void> {
  await session.printer.list(await noun.list(session, scope), noun.columns, `there are no ${noun.plural}`);
}

async function find<T extends Entry>(session: Session, noun: Noun<T>, name: string, scope: Scope): Promise<T> {
  const found = await noun.find(session, name, scope);
  if (found === undefined) throw notFound(`there is no "${name}" among the ${noun.plural}`);
  return found;
}

async function one<T extends Entry>(session: Session, noun: Noun<T>, name: string, scope: Scope): Promise<void> {
  const found = await find(session, noun, name, scope);
  await session.printer.one(found, () => session.printer.table([found], noun.columns));
}

/** On a terminal the list in place; elsewhere each entry that is new or changed, one after another. Of one that is named, that. */
async function watch<T extends Entry>(
  session: Session,
  noun: Noun<T>,
  name: string | undefined,
  scope: Scope,
): Promise<void> {
  const states = statesOf(session, noun, name, scope);
  if (!changesInPlace(session)) return append(session, noun, states);
  await showInPlace(session, states, (items) =>
    items.length === 0 ? `there are no ${noun.plural}` : session.printer.table(items, noun.columns),
  );
}

function statesOf<T extends Entry>(
  session: Session,
  noun: Noun<T>,
  name: string | undefined,
  scope: Scope,
): AsyncIterable<readonly T[]> {
  if (name !== undefined) return afterChanges(session, async () => [await find(session, noun, name, scope)]);
  return noun.live?.(session, scope) ?? afterChanges(session, () => noun.list(session, scope));
}

async function append<T extends Entry>(
  session: Session,
  noun: Noun<T>,
  states: AsyncIterable<readonly T[]>,
): Promise<void> {
  const { printer, io } = session;
  const isTable = printer.format === 'table';
  // In a table what does not show is no change, and neither is a time that has only grown older.
  const cells = (entry: T, now: number): string[] => noun.columns.map(({ value }) => value(entry, now));
  const changes = new EntryChanges<T>(isTable ? (entry) => cells(entry, 0).join('\n') : steadyText);
  for await (const items of states) {
    const { changed, gone } = changes.next(items);
    for (const entry of changed) await printer.row(entry, noun.columns);
    if (noun.grows === true) continue;
    for (const entry of gone) {
      if (isTable) print(io, printable(`gone: ${cells(entry, io.now()).join('  ')}`));
      else await printer.item({ gone: entry }, () => '');
    }
  }
}

/** What there is, then what comes. */
async function stream<T extends Entry>(
  session: Session,
  noun: Noun<T>,
  name: string | undefined,
  scope: Scope,
): Promise<void> {
  if (name !== undefined) throw usage(`--watch does not go with one of the ${noun.plural}`);
  const found = await noun.list(session, scope);
  for (const item of found) await session.printer.row(item, noun.columns);
  if (noun.follow === undefined) return;
  for await (const item of noun.follow(session, scope, found)) await session.printer.row(item, noun.columns);
}
