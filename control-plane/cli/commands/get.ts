/** `get`: lists a noun, once or until interrupted. */
import { afterChanges, answered } from '../client/changes.ts';
import type { Session } from '../client/session.ts';
import { notFound, usage } from '../exit.ts';
import { parseLimit } from '../numbers.ts';
import { loadNoun, pluralOf } from '../nouns/all.ts';
import { matches, parseSelector } from '../nouns/labels.ts';
import { WHOLE_SCOPE, type AnyNoun, type Noun, type Scope } from '../nouns/noun.ts';
import { parseNamed } from '../references.ts';
import { watch } from './watch.ts';
import type { GetCommandOptions } from './register-read.ts';

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
        ? watch(session, selected, statesOf(session, selected, names, scope))
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
  const chosen = (items: readonly T[]): T[] => items.filter((item) => matches(labels(item), selector));
  return {
    ...noun,
    list: async (session, scope) => chosen(await noun.list(session, scope)),
    live: (session, scope) => {
      const states = noun.live?.(session, scope);
      return states && answered(states, async (items) => chosen(items));
    },
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

async function findAll<T>(session: Session, noun: Noun<T>, names: readonly string[], scope: Scope): Promise<T[]> {
  const found: T[] = [];
  for (const name of names) found.push(await find(session, noun, name, scope));
  return found;
}

async function one<T>(session: Session, noun: Noun<T>, name: string, scope: Scope): Promise<void> {
  const found = await find(session, noun, name, scope);
  await session.printer.one(found, () => session.printer.table([found], noun.columns), noun.reference);
}

async function several<T>(session: Session, noun: Noun<T>, names: readonly string[], scope: Scope): Promise<void> {
  const found = await findAll(session, noun, names, scope);
  await session.printer.list(found, noun.columns, '', noun.reference);
}

/** The list, or those of it that are named, as it is and becomes. */
function statesOf<T>(
  session: Session,
  noun: Noun<T>,
  names: readonly string[],
  scope: Scope,
): AsyncIterable<readonly T[]> {
  if (names.length > 0) return afterChanges(session, () => findAll(session, noun, names, scope));
  return noun.live?.(session, scope) ?? afterChanges(session, () => noun.list(session, scope));
}

/** What there is, then what comes. */
async function stream<T>(session: Session, noun: Noun<T>, names: readonly string[], scope: Scope): Promise<void> {
  const { printer } = session;
  if (names.length > 0) throw usage(`--watch does not go with one of the ${noun.plural}`);
  const found = await noun.list(session, scope);
  for (const item of found) await printer.row(item, noun.columns, noun.reference);
  if (noun.follow === undefined) return;
  for await (const item of noun.follow(session, scope, found)) await printer.row(item, noun.columns, noun.reference);
}
