import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Refused } from '../../../live/refused.ts';
import type { Line } from './entry.ts';
import { LogFeed, type FeedOptions, type LogSource, type Page } from './log-feed.ts';
import { LogStore } from './log-store.ts';

const line = (sequence: number): Line => ({
  ...{ kind: 'line', sequence, at: sequence, level: null, alias: 'web', instance: 'inst-1', release: 1 },
  ...{ stream: 'stdout', text: `line ${sequence}` },
});

type Watcher = Parameters<LogSource['follow']>[1];

/** A log of one process: of its entries those with an even sequence match, others are only there. */
class TestLog implements LogSource {
  #sequence = 0;
  readonly matching: Line[] = [];
  readonly searches: string[] = [];
  readonly #unanswered: (() => void)[] = [];
  #follower: { after: () => number; watcher: Watcher; heard: number } | null = null;
  isOpen = true;
  refusal: Refused | null = null;
  /** Entries that one search looks at. */
  budget = Infinity;

  get isFollowed(): boolean {
    return this.#follower !== null;
  }

  write(count: number): void {
    for (let written = 0; written < count; written += 1) {
      this.#sequence += 1;
      if (this.#sequence % 2 === 0) this.matching.push(line(this.#sequence));
    }
  }

  /** What the follower has not got yet. */
  deliver(most = Infinity): void {
    const follower = this.#follower;
    if (follower === null) return;
    for (const entry of this.matching.filter(({ sequence }) => sequence > follower.heard).slice(0, most)) {
      if (this.#follower !== follower) return;
      follower.heard = entry.sequence;
      follower.watcher.onEntry(entry);
    }
  }

  /** The connection is lost and made again: the subscription begins anew, with what it asks for now. */
  reconnect(): void {
    if (this.#follower !== null) this.#follower.heard = this.#follower.after();
  }

  refuseFollowing(error: Refused): void {
    this.#follower?.watcher.onRefused(error);
    this.#follower = null;
  }

  follow(after: () => number, watcher: Watcher): () => void {
    const follower = { after, watcher, heard: after() };
    this.#follower = follower;
    return () => {
      if (this.#follower === follower) this.#follower = null;
    };
  }

  async newest(): Promise<number> {
    await this.#turn();
    return this.#sequence;
  }

  async search(range: { after: number } | { before: number }, limit: number): Promise<Page> {
    this.searches.push(JSON.stringify(range));
    await this.#turn();
    const isForward = 'after' in range;
    const from = isForward ? range.after : range.before;
    const reach = isForward ? Math.min(this.#sequence, from + this.budget) : Math.max(1, from - this.budget);
    const within = this.matching.filter(({ sequence }) =>
      isForward ? sequence > from && sequence <= reach : sequence < from && sequence >= reach,
    );
    const entries = isForward ? within.slice(0, limit) : within.slice(-limit);
    const isWhole = entries.length === within.length;
    const place = isWhole ? reach : isForward ? entries.at(-1)!.sequence : entries[0]!.sequence;
    const isAtEnd = isWhole && (isForward ? reach >= this.#sequence : reach <= 1);
    return { entries, next: isAtEnd ? null : place, scannedBytes: 100, reachedAt: null };
  }

  /** Lets one question be answered. @returns whether there was one */
  answer(): boolean {
    const next = this.#unanswered.shift();
    next?.();
    return next !== undefined;
  }

  async #turn(): Promise<void> {
    await new Promise<void>((resolve) => this.#unanswered.push(resolve));
    if (this.refusal !== null) throw this.refusal;
  }
}

interface Bed {
  readonly log: TestLog;
  readonly feed: LogFeed;
  /** The next frame of the page. */
  frame(): void;
  /** Until nothing is asked any more. */
  settle(): Promise<void>;
}

function bedOf(options: Partial<FeedOptions> = {}, bounds = { entries: 60, characters: 1e6, chunkEntries: 10 }): Bed {
  const log = new TestLog();
  let scheduled: (() => void) | null = null;
  const feed = new LogFeed({
    source: log,
    makeStore: () => new LogStore(() => 20, bounds),
    schedule: (flush) => {
      expect(scheduled).toBeNull();
      scheduled = flush;
      return () => (scheduled = null);
    },
    ...{ pageLines: 10, mostWaiting: 25 },
    ...options,
  });
  const frame = (): void => {
    const flush = scheduled;
    scheduled = null;
    flush?.();
  };
  const settle = async (): Promise<void> => {
    // An answer leads to the next question some turns later.
    for (let idle = 0; idle < 20; idle += 1) {
      if (log.answer()) idle = 0;
      await Promise.resolve();
    }
  };
  return { log, feed, frame, settle };
}

const shown = ({ feed }: Bed): number[] =>
  Array.from({ length: feed.store.size }, (_, index) => feed.store.at(index).sequence);
const evens = (from: number, to: number): number[] =>
  Array.from({ length: (to - from) / 2 + 1 }, (_, index) => from + 2 * index);

test('a page begins with the newest lines, and goes on with what is written, once a frame', async () => {
  const bed = bedOf();
  bed.log.write(100);
  void bed.feed.begin();
  await bed.settle();
  expect(shown(bed)).toEqual(evens(82, 100));
  expect([bed.feed.older.kind, bed.feed.newer.kind]).toEqual(['more', 'live']);

  bed.log.write(10);
  const before = bed.feed.version;
  bed.log.deliver();
  expect(bed.feed.version).toBe(before);
  bed.frame();
  expect(bed.feed.version).toBe(before + 1);
  expect(shown(bed)).toEqual(evens(82, 110));
  expect(bed.feed.received).toBe(5);
});

test('what is written while the first page is searched is neither missing nor there twice', async () => {
  const bed = bedOf();
  bed.log.write(40);
  void bed.feed.begin();
  bed.log.answer();
  for (let turn = 0; turn < 5; turn += 1) await Promise.resolve();
  bed.log.write(6);
  bed.log.deliver();
  bed.frame();
  await bed.settle();
  bed.log.deliver();
  bed.frame();
  expect(shown(bed)).toEqual(evens(22, 46));
});

test('older pages come on demand, however far the next line is, until the beginning', async () => {
  const bed = bedOf();
  bed.log.budget = 3;
  bed.log.write(30);
  void bed.feed.begin();
  await bed.settle();
  while (bed.feed.older.kind !== 'end') {
    void bed.feed.loadOlder();
    await bed.settle();
  }
  expect(shown(bed)).toEqual(evens(2, 30));
});

describe('held', () => {
  test('it counts what waits, and shows it when it is told to', async () => {
    const bed = bedOf();
    bed.log.write(20);
    void bed.feed.begin();
    await bed.settle();
    bed.feed.holdBack('button');
    bed.log.write(10);
    bed.log.deliver();
    bed.frame();
    expect(bed.feed.waiting).toBe(5);
    expect(shown(bed)).toEqual(evens(2, 20));
    await bed.feed.follow();
    expect(shown(bed)).toEqual(evens(2, 30));
    expect([bed.feed.waiting, bed.feed.hold]).toEqual([0, null]);
  });

  test('it stops listening when too much waits, and can show all of it by searching', async () => {
    const bed = bedOf();
    bed.log.write(20);
    void bed.feed.begin();
    await bed.settle();
    bed.feed.holdBack('scroll');
    bed.log.write(80);
    bed.log.deliver();
    bed.frame();
    expect(bed.log.isFollowed).toBe(false);
    expect([bed.feed.waiting, bed.feed.newer.kind]).toEqual([40, 'more']);
    while (bed.feed.newer.kind === 'more') {
      void bed.feed.loadNewer();
      await bed.settle();
    }
    expect(shown(bed)).toEqual(evens(2, 100));
    expect([bed.log.isFollowed, bed.feed.waiting]).toEqual([true, 0]);
  });

  test('or goes to the newest at once', async () => {
    const bed = bedOf();
    bed.log.write(20);
    void bed.feed.begin();
    await bed.settle();
    bed.feed.holdBack('scroll');
    bed.log.write(200);
    bed.log.deliver();
    bed.frame();
    void bed.feed.follow();
    await bed.settle();
    expect(shown(bed)).toEqual(evens(202, 220));
    expect([bed.feed.hold, bed.feed.newer.kind]).toEqual([null, 'live']);
  });
});

test('a page around a line has both sides of it, and holds', async () => {
  const bed = bedOf();
  bed.log.write(100);
  void bed.feed.beginAt(50);
  await bed.settle();
  expect(shown(bed)).toEqual(evens(30, 68));
  expect([bed.feed.hold, bed.feed.older.kind, bed.feed.newer.kind]).toEqual(['scroll', 'more', 'more']);
});

test('beyond its bounds the oldest leave, are counted, and come back when they are asked for', async () => {
  const bed = bedOf();
  bed.log.write(20);
  void bed.feed.begin();
  await bed.settle();
  for (let round = 0; round < 20; round += 1) {
    bed.log.write(10);
    bed.log.deliver();
    bed.frame();
  }
  expect(bed.feed.store.size).toBeLessThanOrEqual(60);
  expect(bed.feed.left).toBe(110 - bed.feed.store.size);
  expect(bed.feed.older.kind).toBe('more');
  bed.feed.holdBack('scroll');
  const before = shown(bed)[0]!;
  void bed.feed.loadOlder();
  await bed.settle();
  expect(shown(bed)[0]).toBe(before - 20);
});

test('an older page that comes after its neighbours have left is not taken: it would leave a hole', async () => {
  const bed = bedOf();
  bed.log.write(200);
  void bed.feed.begin();
  await bed.settle();
  void bed.feed.loadOlder();
  bed.log.write(200);
  bed.log.deliver();
  bed.frame();
  await bed.settle();
  expect(shown(bed)).toEqual(evens(shown(bed)[0]!, 400));
  expect(bed.feed.older.kind).toBe('more');
});

test('a page that nobody looks at has no frames, and keeps what comes within its bounds all the same', async () => {
  const bed = bedOf();
  void bed.feed.begin();
  await bed.settle();
  bed.log.write(5000);
  bed.log.deliver();
  expect(bed.feed.store.size).toBeGreaterThan(0);
  expect(bed.feed.store.size).toBeLessThanOrEqual(60);
});

describe('what is refused', () => {
  const error = new Refused('NOT_FOUND', 'there is no application "shop"');

  test('is said where it was asked', async () => {
    const bed = bedOf();
    bed.log.refusal = error;
    void bed.feed.begin();
    await bed.settle();
    expect(bed.feed.older).toEqual({ kind: 'refused', error });
    bed.log.refusal = null;
    void bed.feed.begin();
    await bed.settle();
    expect([bed.feed.older.kind, bed.feed.newer.kind]).toEqual(['end', 'live']);
  });

  test('of what is followed, leaves what is there', async () => {
    const bed = bedOf();
    bed.log.write(20);
    void bed.feed.begin();
    await bed.settle();
    bed.log.refuseFollowing(error);
    expect(bed.feed.newer).toEqual({ kind: 'refused', error });
    expect(shown(bed)).toEqual(evens(2, 20));
    bed.log.write(10);
    void bed.feed.loadNewer();
    await bed.settle();
    expect(shown(bed)).toEqual(evens(2, 30));
  });
});

test('a time that is over is not followed', async () => {
  const bed = bedOf();
  bed.log.isOpen = false;
  bed.log.write(20);
  void bed.feed.begin();
  await bed.settle();
  expect([bed.feed.newer.kind, bed.log.isFollowed]).toEqual(['end', false]);
});

test('nothing is done any more after it was closed', async () => {
  const bed = bedOf();
  bed.log.write(20);
  void bed.feed.begin();
  bed.feed.close();
  await bed.settle();
  expect([bed.log.isFollowed, bed.feed.store.size]).toEqual([false, 0]);
});

const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('write' as const), count: fc.integer({ min: 1, max: 60 }) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('deliver' as const), count: fc.integer({ min: 1, max: 40 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('frame' as const, 'answer' as const, 'settle' as const) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('loadOlder' as const, 'loadNewer' as const, 'follow' as const, 'reconnect' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constantFrom('holdButton' as const, 'holdScroll' as const, 'stop' as const) }),
  },
);

test('whatever is done, the page holds a run of the log without a hole or a double, and gets to its end', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 60 }), fc.integer({ min: 1, max: 30 }), async (acts, budget) => {
      const bed = bedOf({}, { entries: 20, characters: 1e6, chunkEntries: 4 });
      const { log, feed } = bed;
      log.budget = budget;
      const check = (): void => {
        const held = shown(bed);
        if (held.length > 0) expect(held).toEqual(evens(held[0]!, held.at(-1)!));
      };
      const does: Record<(typeof acts)[number]['kind'], (count: number) => unknown> = {
        write: (count) => log.write(count),
        deliver: (count) => log.deliver(count),
        frame: bed.frame,
        answer: () => log.answer(),
        settle: bed.settle,
        loadOlder: () => void feed.loadOlder(),
        loadNewer: () => void feed.loadNewer(),
        follow: () => void feed.follow(),
        reconnect: () => log.reconnect(),
        holdButton: () => feed.holdBack('button'),
        holdScroll: () => feed.holdBack('scroll'),
        stop: () => feed.stopSearching(),
      };
      log.write(50);
      void feed.begin();
      for (const done of acts) {
        await does[done.kind]('count' in done ? done.count : 0);
        await Promise.resolve();
        check();
        expect(feed.store.size).toBeLessThanOrEqual(40);
      }
      await bed.settle();
      void feed.follow();
      await bed.settle();
      log.deliver();
      bed.frame();
      check();
      if (feed.store.size > 0) expect(feed.store.newest?.sequence).toBe(log.matching.at(-1)?.sequence);
    }),
    { numRuns: 300 },
  );
});
