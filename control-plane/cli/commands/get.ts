/** `get`: lists a noun, once or until interrupted. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../client/session.ts';
import { notFound, usage } from '../exit.ts';
import { parseLimit } from '../numbers.ts';
import { loadNoun } from '../nouns/all.ts';
import type { Noun, Scope } from '../nouns/noun.ts';
import { liveText } from '../output/live.ts';
import type { GetCommandOptions } from './register-read.ts';

/** Nouns without a feed of their own are asked for again so often while they are watched. */
const WATCH_MILLISECONDS = 1000;

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

async function list<T>(session: Session, noun: Noun<T>, scope: Scope): Promise<void> {
  await session.printer.list(await noun.list(session, scope), noun.columns, `there are no ${noun.plural}`);
}

async function find<T>(session: Session, noun: Noun<T>, name: string, scope: Scope): Promise<T> {
  const found = await noun.find(session, name, scope);
  if (found === undefined) throw notFound(`there is no "${name}" among the ${noun.plural}`);
  return found;
}

async function one<T>(session: Session, noun: Noun<T>, name: string, scope: Scope): Promise<void> {
  const found = await find(session, noun, name, scope);
  await session.printer.one(found, () => session.printer.table([found], noun.columns));
}

/** The list in place on a terminal; elsewhere the whole of it each time that it changed, one JSON text a line. */
async function watch<T>(session: Session, noun: Noun<T>, name: string | undefined, scope: Scope): Promise<void> {
  const { io, printer } = session;
  const text = await liveText(io.stdout);
  let shown: string | undefined;
  try {
    for (;;) {
      const items = name === undefined ? await noun.list(session, scope) : [await find(session, noun, name, scope)];
      const next = JSON.stringify(items);
      // Where nobody looks, times that only grow older are no change.
      const isNews = next !== shown;
      if (printer.format !== 'table') {
        if (isNews) await printer.item(name === undefined ? items : items[0], () => '');
      } else if (isNews || io.stdout.isTerminal) {
        text.show(items.length === 0 ? `there are no ${noun.plural}` : await printer.table(items, noun.columns));
      }
      shown = next;
      await delay(WATCH_MILLISECONDS, undefined, { signal: io.interrupted });
    }
  } finally {
    text.end();
  }
}

/** What there is, then what comes. */
async function stream<T>(session: Session, noun: Noun<T>, name: string | undefined, scope: Scope): Promise<void> {
  if (name !== undefined) throw usage(`--watch does not go with one of the ${noun.plural}`);
  const found = await noun.list(session, scope);
  for (const item of found) await session.printer.row(item, noun.columns);
  if (noun.follow === undefined) return;
  for await (const item of noun.follow(session, scope, found.at(-1))) await session.printer.row(item, noun.columns);
}
