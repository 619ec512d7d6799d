/**
 * What a page of logs shows, and how it comes there: older pages on demand, new lines as they come, gathered once a frame. Held, it
 * keeps new lines waiting, so many at most; whatever leaves the page or is not kept can be asked for again.
 */
import type { Refused } from '../../../live/refused.ts';
import type { Entry } from './entry.ts';
import type { LogStore } from './log-store.ts';

/** A page of a search. */
export interface Page {
  readonly entries: readonly Entry[];
  /** Where to go on; null: nothing is left in this direction. */
  readonly next: number | null;
  readonly scannedBytes: number;
  /** Time of the last line that was looked at, ISO 8601; null: there was none. */
  readonly reachedAt: string | null;
}

/** The control plane, as far as it has this log; all of it filtered, but for `newest`. Promises reject with {@link Refused}. */
export interface LogSource {
  /** Sequence of the newest entry of the application, whatever the filter; 0: there is none. */
  newest(): Promise<number>;
  search(range: { readonly after: number } | { readonly before: number }, limit: number): Promise<Page>;
  /** @param after asked for each time that it begins, again after a lost connection. @returns ends it */
  follow(after: () => number, watcher: { onEntry(entry: Entry): void; onRefused(error: Refused): void }): () => void;
  /** Whether lines can still come: the filter does not end in the past. */
  readonly isOpen: boolean;
}

/** `more`: can be asked for. `stopped`: as well, but somebody has ended a search there. `loading`: is being searched; how far, where nothing was found yet. `end`: there is nothing beyond. */
export type End =
  | { readonly kind: 'more' | 'stopped' | 'end' | 'live' }
  | { readonly kind: 'loading'; readonly scannedBytes: number; readonly reachedAt: string | null }
  | { readonly kind: 'refused'; readonly error: Refused };

/** Why new lines wait. */
export type Hold = 'button' | 'scroll';

export interface FeedOptions {
  readonly source: LogSource;
  readonly makeStore: () => LogStore;
  /** Calls it once, soon; at most one is asked for at a time. @returns takes that back */
  readonly schedule: (flush: () => void) => () => void;
  readonly pageLines?: number;
  /** Lines that wait at most; more are asked for again when they are wanted. */
  readonly mostWaiting?: number;
}

const PAGE_LINES = 500;
const MOST_WAITING = 10_000;
/** So many that came are not left until the next frame: a page that nobody looks at has none. */
const MOST_INCOMING = 1000;

const CAN_LOAD: ReadonlySet<End['kind']> = new Set(['more', 'stopped', 'refused']);

export class LogFeed {
  readonly #options: FeedOptions;
  readonly #listeners = new Set<() => void>();
  #store: LogStore;
  #version = 0;
  #older: End = { kind: 'more' };
  #newer: End = { kind: 'more' };
  #hold: Hold | null = null;
  #incoming: Entry[] = [];
  #waiting: Entry[] = [];
  /** Those that waited until they were too many. */
  #letGo = 0;
  #left = 0;
  #received = 0;
  /** Before which nothing was searched, and after which nothing was heard. */
  #olderFrom = 0;
  #newerFrom = 0;
  #endFollowing: (() => void) | null = null;
  #unschedule: (() => void) | null = null;
  /** Counts what makes answers to earlier questions worthless. */
  #round = 0;

  constructor(options: FeedOptions) {
    this.#options = options;
    this.#store = options.makeStore();
  }

  get store(): LogStore {
    return this.#store;
  }

  /** Changes with everything that can be seen. */
  get version(): number {
    return this.#version;
  }

  get older(): End {
    return this.#older;
  }

  get newer(): End {
    return this.#newer;
  }

  get hold(): Hold | null {
    return this.#hold;
  }

  /** Entries that wait to be shown; at least so many where `newer` is not live: nobody counts them any more. */
  get waiting(): number {
    return this.#letGo + this.#waiting.length;
  }

  /** Entries that have left at the older end, to keep the page within its bounds. */
  get left(): number {
    return this.#left;
  }

  /** Entries that came as they were written, since it began. */
  get received(): number {
    return this.#received;
  }

  /** @returns ends the listening */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Begins with the newest lines and follows them. */
  async begin(): Promise<void> {
    const round = this.#reset(null);
    try {
      // Known before the search, so that what comes meanwhile is neither left out nor shown twice.
      const newest = await this.#options.source.newest();
      if (round !== this.#round) return;
      this.#olderFrom = newest + 1;
      this.#newerFrom = newest;
      this.#followOn();
    } catch (error) {
      if (round === this.#round) this.#set({ older: { kind: 'refused', error: error as Refused } });
      return;
    }
    this.#set({ older: { kind: 'more' } });
    await this.loadOlder();
  }

  /** Begins around a line, and holds. */
  async beginAt(sequence: number): Promise<void> {
    const round = this.#reset('scroll');
    this.#olderFrom = sequence;
    this.#newerFrom = sequence - 1;
    this.#set({ older: { kind: 'more' }, newer: { kind: 'more' } });
    await this.loadNewer();
    if (round === this.#round) await this.loadOlder();
  }

  /** Asks for what was written before, until a page is full or the beginning is reached. */
  async loadOlder(): Promise<void> {
    if (!CAN_LOAD.has(this.#older.kind)) return;
    const found = await this.#load('older', (entries, next) => {
      this.#store.prepend(entries);
      if (next !== null) this.#olderFrom = next;
      if (this.#hold === null || !this.#store.isOver) return;
      // The reader is at the older end; what leaves at the other one is asked for again when it is wanted.
      this.#store.dropNewest();
      this.#letWaitingGo();
    });
    if (found !== null) this.#set({ older: { kind: found ? 'end' : 'more' } });
  }

  /** Asks for what was written after what the page holds; at the present it follows again. */
  async loadNewer(): Promise<void> {
    if (!CAN_LOAD.has(this.#newer.kind)) return;
    const found = await this.#load('newer', (entries, next) => {
      this.#store.append(entries);
      this.#newerFrom = next ?? this.#store.newest?.sequence ?? this.#newerFrom;
      this.#leaveOldest();
    });
    if (found === null) return;
    if (found) {
      this.#letGo = 0;
      this.#followOn();
    } else this.#set({ newer: { kind: 'more' } });
  }

  /** Ends a search for older or newer lines; what was found stays. */
  stopSearching(): void {
    this.#round += 1;
    if (this.#older.kind === 'loading') this.#older = { kind: 'stopped' };
    if (this.#newer.kind === 'loading') this.#newer = { kind: 'stopped' };
    this.#set({});
  }

  /** New lines wait from now on. */
  holdBack(hold: Hold): void {
    if (this.#hold === 'button') return;
    this.#flush();
    this.#hold = hold;
    this.#set({});
  }

  /** Shows what waits, and what comes from now on; from the newest on where something lies between. */
  async follow(): Promise<void> {
    if (this.#newer.kind !== 'live' && this.#newer.kind !== 'end') return this.begin();
    this.#hold = null;
    this.#takeWaiting();
    this.#set({});
  }

  close(): void {
    this.#round += 1;
    this.#stopFollowing();
    this.#listeners.clear();
  }

  #reset(hold: Hold | null): number {
    this.#stopFollowing();
    this.#store = this.#options.makeStore();
    this.#waiting = [];
    this.#letGo = 0;
    this.#left = 0;
    this.#hold = hold;
    this.#round += 1;
    this.#set({ older: { kind: 'loading', scannedBytes: 0, reachedAt: null }, newer: { kind: 'more' } });
    return this.#round;
  }

  /**
   * Page after page until one is full of lines, or there is no more.
   * @returns whether the end was reached; null: it was refused, or nobody waits for it any more
   */
  async #load(
    side: 'older' | 'newer',
    take: (entries: readonly Entry[], next: number | null) => void,
  ): Promise<boolean | null> {
    const round = this.#round;
    const limit = this.#options.pageLines ?? PAGE_LINES;
    this.#set({ [side]: { kind: 'loading', scannedBytes: 0, reachedAt: null } });
    const place = (): number => (side === 'older' ? this.#olderFrom : this.#newerFrom);
    let [found, scannedBytes] = [0, 0];
    for (;;) {
      const from = place();
      let page: Page;
      try {
        page = await this.#options.source.search(side === 'older' ? { before: from } : { after: from }, limit);
      } catch (error) {
        if (round === this.#round) this.#set({ [side]: { kind: 'refused', error: error as Refused } });
        return null;
      }
      if (round !== this.#round) return null;
      // Something has left at this end meanwhile: the page would leave a hole.
      if (place() !== from) return false;
      take(page.entries, page.next);
      found += page.entries.length;
      scannedBytes += page.scannedBytes;
      if (page.next === null) return true;
      if (found >= limit / 2) return false;
      this.#set({ [side]: { kind: 'loading', scannedBytes, reachedAt: page.reachedAt } });
    }
  }

  #followOn(): void {
    const { source } = this.#options;
    if (!source.isOpen) {
      this.#set({ newer: { kind: 'end' } });
      return;
    }
    this.#stopFollowing();
    this.#set({ newer: { kind: 'live' } });
    this.#endFollowing = source.follow(() => this.#newerFrom, {
      onEntry: (entry) => {
        if (entry.sequence <= this.#newerFrom) return;
        this.#newerFrom = entry.sequence;
        this.#received += 1;
        this.#incoming.push(entry);
        if (this.#incoming.length >= MOST_INCOMING) this.#flush();
        else this.#unschedule ??= this.#options.schedule(() => this.#flush());
      },
      onRefused: (error) => {
        this.#endFollowing = null;
        this.#set({ newer: { kind: 'refused', error } });
      },
    });
  }

  #stopFollowing(): void {
    this.#endFollowing?.();
    this.#endFollowing = null;
    this.#unschedule?.();
    this.#unschedule = null;
    this.#incoming = [];
  }

  #flush(): void {
    this.#unschedule?.();
    this.#unschedule = null;
    if (this.#incoming.length === 0) return;
    for (const entry of this.#incoming) this.#waiting.push(entry);
    this.#incoming = [];
    if (this.#hold === null) this.#takeWaiting();
    else if (this.#waiting.length >= (this.#options.mostWaiting ?? MOST_WAITING)) this.#letWaitingGo();
    this.#set({});
  }

  /** Nothing is lost: the log is asked again for what comes behind the page, when somebody wants it. */
  #letWaitingGo(): void {
    const first = this.#waiting[0];
    this.#stopFollowing();
    this.#letGo += this.#waiting.length;
    this.#waiting = [];
    this.#newer = { kind: 'more' };
    this.#newerFrom = this.#store.newest?.sequence ?? (first === undefined ? this.#newerFrom : first.sequence - 1);
  }

  #takeWaiting(): void {
    this.#store.append(this.#waiting);
    this.#waiting = [];
    this.#letGo = 0;
    this.#leaveOldest();
  }

  #leaveOldest(): void {
    const left = this.#store.dropOldest();
    if (left === 0) return;
    this.#left += left;
    const oldest = this.#store.oldest!;
    // A gap is found again as a whole only from before all that it covers.
    this.#olderFrom = oldest.kind === 'gap' ? oldest.after + 1 : oldest.sequence;
    if (this.#older.kind === 'end') this.#older = { kind: 'more' };
  }

  #set(change: { readonly older?: End; readonly newer?: End }): void {
    this.#older = change.older ?? this.#older;
    this.#newer = change.newer ?? this.#newer;
    this.#version += 1;
    for (const listener of this.#listeners) listener();
  }
}
