/** Which entries of a list that is looked at again and again are news. */

export interface ChangedEntries<T> {
  readonly changed: readonly T[];
  /** As they were last. */
  readonly gone: readonly T[];
}

/**
 * Compares each list with the one before: what is new or another than before, in the order of the list, and what is missing. All of
 * the first list is new. `keyOf`: what it is the same entry by. `textOf`: what of an entry counts.
 */
export class EntryChanges<T> {
  readonly #keyOf: (entry: T) => string;
  readonly #textOf: (entry: T) => string;
  #known = new Map<string, { readonly entry: T; readonly text: string }>();

  constructor(keyOf: (entry: T) => string, textOf: (entry: T) => string) {
    this.#keyOf = keyOf;
    this.#textOf = textOf;
  }

  next(list: readonly T[]): ChangedEntries<T> {
    const before = this.#known;
    this.#known = new Map(list.map((entry) => [this.#keyOf(entry), { entry, text: this.#textOf(entry) }]));
    const changed = [...this.#known].filter(([key, { text }]) => before.get(key)?.text !== text);
    const gone = [...before].filter(([key]) => !this.#known.has(key));
    return { changed: changed.map(([, { entry }]) => entry), gone: gone.map(([, { entry }]) => entry) };
  }
}

/** What of a value makes it another one: all but the moment of live figures and the age of a sample, which always change. */
export function steadyText(value: unknown): string {
  return JSON.stringify(value, (name, part: unknown) => {
    if (name === 'sampleAgeSeconds') return undefined;
    return name === 'live' && typeof part === 'object' && part !== null ? { ...part, at: undefined } : part;
  });
}
