/** Gathers what a reader finds. Gaps between two lines are added up, so that a flood of gaps is not a flood of entries. */
import { addLines, type LogEntry, type LogGap } from '../../domain/logs/entry.ts';
import type { StoredEntry } from './record.ts';

export class Page {
  readonly #entries: LogEntry[] = [];
  readonly #gaps = new Map<string, LogGap>();
  #lines = 0;

  /** Lines so far; gaps cost nothing. */
  get lines(): number {
    return this.#lines;
  }

  add(entry: StoredEntry): void {
    if (entry.kind === 'gap') return this.gap({ ...entry, after: entry.sequence - 1 });
    this.#flush();
    this.#entries.push(entry);
    this.#lines += 1;
  }

  /** In either direction: the gap covers all that it was made of. */
  gap(gap: LogGap): void {
    const key = `${gap.instance} ${gap.cause}`;
    const known = this.#gaps.get(key);
    if (known === undefined) {
      this.#gaps.set(key, gap);
      return;
    }
    const times = [known.at, gap.at].filter((at) => at !== null);
    this.#gaps.set(key, {
      ...known,
      after: Math.min(known.after, gap.after),
      sequence: Math.max(known.sequence, gap.sequence),
      at: times.length === 0 ? null : Math.min(...times),
      lines: addLines(known.lines, gap.lines),
    });
  }

  /** In the order in which they were found. */
  take(): LogEntry[] {
    this.#flush();
    this.#lines = 0;
    return this.#entries.splice(0);
  }

  #flush(): void {
    this.#entries.push(...this.#gaps.values());
    this.#gaps.clear();
  }
}

/** Lines that are missing because their segment is not there any more. */
export function removedGap(expected: number, found: number): LogGap {
  const lines = found - expected;
  return {
    ...{ kind: 'gap', after: expected - 1, sequence: found - 1, at: null, alias: null, instance: null },
    ...{ lines, cause: 'removed' },
  };
}
