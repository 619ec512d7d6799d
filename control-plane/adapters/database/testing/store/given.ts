/** What each part of the store's contract is given. */
import type { DatabaseStore, StoreOptions } from '../../store.ts';

/** An empty database of its own for one test. */
export interface StoreFixture {
  /** A store on it; several may be open at once. Closed with the fixture, if not before. */
  open(options?: StoreOptions): Promise<DatabaseStore>;
  close(): Promise<void>;
}

/** Anew for each test. */
export interface Given {
  fixture: StoreFixture;
  /** Open, and with `time` for a clock. */
  store: DatabaseStore;
  /** Milliseconds since the epoch. */
  time: number;
}

/** Idempotent work, its answer alone. */
export async function once<T>(store: DatabaseStore, scope: string, key: string, work: () => Promise<T>): Promise<T> {
  return (await store.idempotent({ scope, key, asked: 'this' }, work)).result;
}

export const uids = (list: readonly { readonly uid: string }[]): string[] => list.map(({ uid }) => uid);
