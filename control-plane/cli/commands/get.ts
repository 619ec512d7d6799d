/** `get`: lists a noun, once or until interrupted. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Session } from '../client/session.ts';
import { notFound, usage } from '../exit.ts';
import { parseLimit } from '../numbers.ts';
import { loadNoun, pluralOf } from '../nouns/all.ts';
import { matches, parseSelector } from '../nouns/labels.ts';
import { WHOLE_SCOPE, type AnyNoun, type Noun, type Scope } from '../nouns/noun.ts';
import { liveText } from '../output/live.ts';
import { parseNamed } from '../references.ts';
import type { GetCommandOptions } from './register-read.ts';

/** Nouns without a feed of their own are asked for again so often while they are watched. */
const WATCH_MILLISECONDS = 1000;

/** @param words a noun and any names of such things, or `noun/name` of one noun */
export async function get(session: Session, words: readonly string[], options: GetCommandOptions): Promise<void> {
  const scope: Scope = {
    application: applicationOf(options),
    limit: parseLimit(options.limit),
    includeTerminated: options.all ?? false,
    actionsOnly: options.actions ?? false,
    types: options.type ?? [],
  };
  const { word, names } = split(words);
  const chosen = await loadNoun(word);
  await chosen.use(async (noun) => {
    const selected = options.selector === undefined ? noun : selecting(noun, options.selector, names);
    if (options.watch === true && session.printer.format === 'name' && selected.follow === undefined)
      throw usage(`-o name: a list of ${selected.plural} that is watched is more than names; leave out --watch`);
    if (options.watch === true)
      return selected.follow === undefined
        ? watch(session, selected, names, scope)
        : stream(session, selected, names, scope);
    if (names.length === 0) return list(session, selected, scope);
    return names.length === 1 ? one(session, selected, names[0]!, scope) : several(session, selected, names, scope);
  });
}

/** What `noun list`, `noun get` and the like do: `get`, for a noun that is known. */
export function getNoun(
  session: Session,
  noun: AnyNoun,
  { name, scope = WHOLE_SCOPE, nothing }: { name?: string | undefined; scope?: Scope; nothing?: string } = {},
): Promise<void> {
  return noun.use((known) =>
    name === undefined ? list(session, known, scope, nothing) : one(session, known, name, scope),
  );
}

function split(words: readonly string[]): { readonly word: string; readonly names: readonly string[] } {
  const [word = ''] = words;
  if (words.length === 1 && !word.includes('/')) return { word, names: [] };
  const named = parseNamed(words);
  const kind = named[0]!.kind;
  const other = named.find((each) => pluralOf(each.kind) !== pluralOf(kind));
  if (other !== undefined)
    throw usage(`get shows things of one kind at a time: ask for ${kind} and ${other.kind} apart, or use describe`);
  return { word: kind, names: named.map(({ name }) => name) };
}

function applicationOf({ application, alias }: GetCommandOptions): string | undefined {
  if (alias === undefined) return application;
  if (application === undefined || application.includes('/'))
    throw usage('--alias goes with --application APPLICATION');
  return `${application}/${alias}`;
}

/** The noun, of which only what the selector takes is listed. */
function selecting<T>(noun: Noun<T>, text: string, names: readonly string[]): Noun<T> {
  const { labels } = noun;
  if (names.length > 0) throw usage('--selector chooses among all: give it or names, not both');
  if (labels === undefined)
    throw usage(`--selector: ${noun.plural} have no labels; applications, policies and cartridges have`);
  const selector = parseSelector(text, '--selector');
  return {
    ...noun,
    list: async (session, scope) => (await noun.list(session, scope)).filter((item) => matches(labels(item), selector)),
  };
}

async function list<T>(session: Session, noun: Noun<T>, scope: Scope, nothing?: string): Promise<void> {
  const found = await noun.list(session, scope);
  await session.printer.list(found, noun.columns, nothing ?? `there are no ${noun.plural}`, noun.reference);
}

/** Throws `CliError` (not found) where there is none of that name. */
export async function find<T>(session: Session, noun: Noun<T>, name: string, scope: Scope): Promise<T> {
  const found = await noun.find(session, name, scope);
  if (found === undefined) throw notFound(`there is no "${name}" among the ${noun.plural}`);
  return found;
}

async function one<T>(session: Session, noun: Noun<T>, name: string, scope: Scope): Promise<void> {
  const found = await find(session, noun, name, scope);
  await session.printer.one(found, () => session.printer.table([found], noun.columns), noun.reference);
}

async function several<T>(session: Session, noun: Noun<T>, names: readonly string[], scope: Scope): Promise<void> {
  const found: T[] = [];
  for (const name of names) found.push(await find(session, noun, name, scope));
  await session.printer.list(found, noun.columns, '', noun.reference);
}

/** The list in place on a terminal; elsewhere the whole of it each time that it changed, one JSON text a line. */
async function watch<T>(session: Session, noun: Noun<T>, names: readonly string[], scope: Scope): Promise<void> {
  const { io, printer } = session;
  const text = await liveText(io.stdout);
  let shown: string | undefined;
  try {
    for (;;) {
      const items: T[] = [];
      if (names.length === 0) items.push(...(await noun.list(session, scope)));
      for (const name of names) items.push(await find(session, noun, name, scope));
      const next = JSON.stringify(items);
      // Where nobody looks, times that only grow older are no change.
      const isNews = next !== shown;
      if (printer.format !== 'table') {
        if (isNews) await printer.item(names.length === 1 ? items[0] : items, () => '');
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
async function stream<T>(session: Session, noun: Noun<T>, names: readonly string[], scope: Scope): Promise<void> {
  const { printer } = session;
  if (names.length > 0) throw usage(`--watch does not go with one of the ${noun.plural}`);
  const found = await noun.list(session, scope);
  for (const item of found) await printer.row(item, noun.columns, noun.reference);
  if (noun.follow === undefined) return;
  for await (const item of noun.follow(session, scope, found.at(-1)))
    await printer.row(item, noun.columns, noun.reference);
}
