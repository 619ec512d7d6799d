/** Counts lines that cannot be kept, by instance and cause, until the place where they are missing can be marked. */
import { addLines, type GapCause, type NewLogEntry, type NewLogGap } from './entry.ts';

/** Beyond so many, whose lines they were is forgotten; how many they were is not. */
const MOST_SOURCES = 200;

interface Whose {
  readonly alias: string | null;
  readonly instance: string | null;
}

export class GapTally {
  readonly #gaps = new Map<string, NewLogGap>();

  get isEmpty(): boolean {
    return this.#gaps.size === 0;
  }

  /** An entry that is lost for a cause. A gap that is lost stays what it was. */
  note(entry: NewLogEntry, cause: GapCause): void {
    if (entry.kind === 'gap') this.add(entry, entry.lines, entry.cause, entry.at);
    else this.add(entry, 1, cause, entry.at);
  }

  /** @param at when the first of them was written; milliseconds since the epoch */
  add(whose: Whose, lines: number | null, cause: GapCause, at: number | null): void {
    const key = `${whose.instance} ${cause}`;
    const known = this.#gaps.get(key);
    const isTooMany = known === undefined && this.#gaps.size >= MOST_SOURCES;
    const { alias, instance } = isTooMany ? { alias: null, instance: null } : whose;
    const kept = isTooMany ? `${null} ${cause}` : key;
    const before = this.#gaps.get(kept);
    const sum = before === undefined ? lines : addLines(before.lines, lines);
    this.#gaps.set(kept, { kind: 'gap', at: before?.at ?? at, alias, instance, cause, lines: sum });
  }

  /** All that was counted, in the order of the first of each; the tally is empty afterwards. */
  take(): NewLogGap[] {
    const gaps = [...this.#gaps.values()];
    this.#gaps.clear();
    return gaps;
  }
}
