/**
 * The filter of the overview: words, all of which must hold, as `shop state:starting,returning -tenant:acme`. A bare word is looked for
 * in the names; `key:` names what else it is about; a comma separates alternatives; a minus before a word turns it round.
 */
import { SEVERITIES } from '../../clusters/attention.ts';
import { wordsOf } from '../../clusters/state-words.ts';
import type { ClusterEntryFragment } from '../../generated/operations.ts';

type Entry = ClusterEntryFragment;
type Test = (entry: Entry) => boolean;

export interface Filter {
  readonly matches: Test;
  /** Words with a key that there is not; they match nothing. */
  readonly unknown: readonly string[];
}

/** What each key looks at; `wanted` is lower-case and not empty. */
const KEYS: Readonly<Record<string, (entry: Entry, wanted: string) => boolean>> = {
  tenant: ({ tenant }, wanted) => tenant.includes(wanted),
  application: ({ applicationName }, wanted) => applicationName.includes(wanted),
  alias: ({ alias }, wanted) => alias.includes(wanted),
  cartridge: ({ cartridge }, wanted) => cartridge.includes(wanted),
  state: (entry, wanted) => wordsOf(entry).some(({ word }) => hyphenated(word).startsWith(hyphenated(wanted))),
  attention: ({ attention }, wanted) =>
    wanted === 'any'
      ? attention.length > 0
      : attention.some(({ code, severity }) => severity.toLowerCase() === wanted || code.startsWith(wanted)),
};

/** As the page explains it. */
export const FILTER_KEYS: readonly { readonly key: string; readonly example: string; readonly says: string }[] = [
  { key: 'tenant', example: 'tenant:acme', says: 'part of the tenant’s name' },
  { key: 'application', example: 'application:shop', says: 'part of the application’s name' },
  { key: 'alias', example: 'alias:web', says: 'part of the alias' },
  { key: 'cartridge', example: 'cartridge:nodejs', says: 'part of the cartridge’s name' },
  { key: 'state', example: 'state:scaling-up,paused', says: 'a word of its state, as the list shows it' },
  {
    key: 'attention',
    example: 'attention:any',
    says: `what needs attention: any, ${SEVERITIES.join(', ').toLowerCase()}, or a code such as at-maximum`,
  },
];

/** Any text is a filter; an empty one matches everything. */
export function parseFilter(text: string): Filter {
  const words = text
    .toLowerCase()
    .split(/\s+/u)
    .filter((word) => word !== '' && word !== '-');
  const unknown: string[] = [];
  const tests = words.map((word) => {
    const test = testOf(word.replace(/^-/u, ''));
    if (test === null) {
      unknown.push(word);
      return () => false;
    }
    return word.startsWith('-') ? (entry: Entry) => !test(entry) : test;
  });
  return { matches: (entry) => tests.every((test) => test(entry)), unknown };
}

/** Null: there is no such key. A key without a value (it is being typed) matches everything. */
function testOf(word: string): Test | null {
  const colon = word.indexOf(':');
  if (colon === -1) return (entry) => nameOf(entry).includes(word);
  const key = word.slice(0, colon);
  const looksAt = Object.hasOwn(KEYS, key) ? KEYS[key]! : null;
  if (looksAt === null) return null;
  const wanted = word
    .slice(colon + 1)
    .split(',')
    .filter((value) => value !== '');
  return (entry) => wanted.length === 0 || wanted.some((value) => looksAt(entry, value));
}

/** As it is written elsewhere, so that `acme/shop` finds it as well. */
function nameOf({ tenant, applicationName, alias }: Entry): string {
  return `${tenant}/${applicationName}/${alias}`;
}

/** "late, 30 s" as it can be typed: "late-30-s". */
function hyphenated(word: string): string {
  return word.replaceAll(/[ ,]+/gu, '-');
}
