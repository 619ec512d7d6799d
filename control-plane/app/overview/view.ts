/**
 * What those are told who see the same service clusters. Nothing is kept for any of them: each comes with the version that it has seen, and is
 * told what has changed since, each thing in its newest state. So a slow reader costs nothing, and those who are up to date share one item.
 */
import { Signal } from '../fleet/signal.ts';
import type { OverviewEntry } from './entry.ts';
import type { RecentDemand } from './recent.ts';
import type { OverviewApplication, OverviewItem } from './use-cases.ts';

/** Entries that all readers together are told in a second; where it would be more, they are told less often. */
const ENTRIES_PER_SECOND = 100_000;
/** Removals that are remembered; who has seen none of the older ones is told everything anew. */
const REMOVALS = 1000;

interface Stamped<T> {
  readonly value: T;
  /** Version with which it came to be as it is. */
  readonly version: number;
}

export interface Seen {
  readonly at: number;
  /** In the order in which they are told. */
  readonly entries: readonly OverviewEntry[];
  readonly applications: readonly OverviewApplication[];
}

export class OverviewView {
  /** Its version is the view's. */
  readonly changed = new Signal();
  readers = 0;
  readonly #recentOf: (entry: OverviewEntry) => RecentDemand | null;
  #at = 0;
  #entries = new Map<string, Stamped<OverviewEntry>>();
  #applications = new Map<string, Stamped<OverviewApplication>>();
  /** By uid, oldest first. */
  readonly #removed = new Map<string, number>();
  #forgottenUntil = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  /** By the version that their readers have seen; of the present version. */
  readonly #items = new Map<number | null, OverviewItem>();

  constructor(recentOf: (entry: OverviewEntry) => RecentDemand | null) {
    this.#recentOf = recentOf;
  }

  entry(uid: string): OverviewEntry | undefined {
    return this.#entries.get(uid)?.value;
  }

  /** Whether its readers may be told something: not so soon where many of them were told much. A clock that was set back does not count. */
  isDue(now: number): boolean {
    return now >= this.#notBefore || now < this.#at;
  }

  /** Takes what is so now; what is the same object as before has not changed. Wakes its readers if anything has. */
  update({ at, entries, applications }: Seen): void {
    const version = this.changed.version + 1;
    const nextEntries = stamped(this.#entries, entries, version);
    const nextApplications = stamped(this.#applications, applications, version);
    const gone = [...missing(this.#entries, nextEntries), ...missing(this.#applications, nextApplications)];
    const isNew = (one: Stamped<unknown>): boolean => one.version === version;
    const changed = [...nextEntries.values(), ...nextApplications.values()].filter(isNew).length;
    this.#at = at;
    if (changed + gone.length === 0) return;
    this.#notBefore = at + 1000 * Math.floor((this.readers * changed) / ENTRIES_PER_SECOND);
    this.#entries = nextEntries;
    this.#applications = nextApplications;
    for (const uid of [...nextEntries.keys(), ...nextApplications.keys()]) this.#removed.delete(uid);
    for (const uid of gone) this.#removed.set(uid, version);
    this.#forget();
    this.#items.clear();
    this.changed.notify();
  }

  /** What has changed since a version of it; null: everything. */
  since(version: number | null): OverviewItem {
    const seen = version !== null && version >= this.#forgottenUntil ? version : null;
    let item = this.#items.get(seen);
    if (item === undefined) this.#items.set(seen, (item = this.#item(seen)));
    return item;
  }

  #item(seen: number | null): OverviewItem {
    const since = seen ?? -1;
    const newer = <T>(all: Iterable<Stamped<T>>): T[] =>
      [...all].filter((one) => one.version > since).map(({ value }) => value);
    const changed = newer(this.#entries.values());
    const isWhole = seen === null;
    const recentOf = this.#recentOf;
    let recent: readonly RecentDemand[] | undefined;
    return {
      ...{ at: this.#at, isWhole, changed, applications: newer(this.#applications.values()) },
      removed: isWhole ? [] : [...this.#removed].filter(([, at]) => at > since).map(([uid]) => uid),
      get recent() {
        return (recent ??= isWhole ? changed.flatMap((entry) => recentOf(entry) ?? []) : []);
      },
    };
  }

  #forget(): void {
    for (const [uid, version] of this.#removed) {
      if (this.#removed.size <= REMOVALS) return;
      this.#removed.delete(uid);
      this.#forgottenUntil = version;
    }
  }
}

function stamped<T extends { readonly uid: string }>(
  before: ReadonlyMap<string, Stamped<T>>,
  values: readonly T[],
  version: number,
): Map<string, Stamped<T>> {
  return new Map(
    values.map((value) => {
      const known = before.get(value.uid);
      return [value.uid, known?.value === value ? known : { value, version }];
    }),
  );
}

function missing(before: ReadonlyMap<string, unknown>, now: ReadonlyMap<string, unknown>): string[] {
  return [...before.keys()].filter((uid) => !now.has(uid));
}
