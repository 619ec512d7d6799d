import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { LogFilter, LogPage, LogQuery } from '../../app/ports/logs.ts';
import type { LogEntry, NewLogEntry } from '../../domain/logs/entry.ts';
import { matcherOf } from './matcher.ts';
import { entries, line, lines, LogBed, seen, shop } from './testing/log-bed.ts';
import type { SegmentLog } from './segment-log.ts';

let bed: LogBed;
beforeEach(async () => {
  bed = await LogBed.make();
});
afterEach(() => bed.close());

const find = (log: SegmentLog, filter: LogFilter, more: Partial<LogQuery> = {}) =>
  log.search(shop, { filter, limit: 1000, range: { after: 0 }, ...more });
const found = async (log: SegmentLog, filter: LogFilter, more: Partial<LogQuery> = {}) =>
  seen((await find(log, filter, more)).entries);
const gap = (dropped: number, cause = 'rate-limit', instance = 'inst-1'): NewLogEntry => ({
  ...{ kind: 'gap', at: 1, alias: 'web', instance, lines: dropped, cause },
});

/** All pages in one direction, as one list. */
async function paged(log: SegmentLog, filter: LogFilter, limit: number, isForward: boolean): Promise<LogEntry[]> {
  let list: LogEntry[] = [];
  let range: LogQuery['range'] | null = isForward ? { after: 0 } : { before: null };
  for (let pages = 0; range !== null; pages += 1) {
    expect(pages).toBeLessThan(1000);
    const page: LogPage = await log.search(shop, { filter, limit, range });
    list = isForward ? [...list, ...page.entries] : [...page.entries, ...list];
    range = page.next;
  }
  return list;
}

describe('a search finds', () => {
  test('a text, upper and lower case being equal, also where JSON writes it otherwise', async () => {
    const log = bed.open();
    const texts = [
      'say "Hello\\World"',
      'Größe ÄNDERN',
      'tab\there',
      'a\u001b[31mred',
      '日本語のログ',
      'nothing',
      '{"a":"b"}',
    ];
    log.append(
      shop,
      texts.map((text) => line(text)),
    );
    const cases: [string, string[]][] = [
      ['"hello\\w', [texts[0]!]],
      ['GRÖSSE', []],
      ['größe ä', [texts[1]!]],
      ['b\th', [texts[2]!]],
      ['\u001b[31M', [texts[3]!]],
      ['本語', [texts[4]!]],
      ['NOTHING', [texts[5]!]],
      ['{"A":', [texts[6]!]],
      ['.*', []],
      // What stands in the file around the text is no text.
      ['"x":', []],
      ['inst-1', []],
      ['\ud800', []],
    ];
    for (const [text, expected] of cases) expect([text, await found(log, { text })]).toEqual([text, expected]);
  });

  test('what a regular expression matches, a level and above, a stream, an instance, an alias, a release, a time', async () => {
    const log = bed.open();
    log.append(shop, [
      line('GET /a 200', { at: 1000, level: 'info' }),
      line('GET /b 500 "r":3,', { at: 2000, level: 'error', stream: 'stderr', release: 33 }),
      line('POST /b 503', { at: 3000, level: 'fatal', instance: 'inst-22', release: 3 }),
      line('other', { at: 4000, alias: 'db', instance: 'inst-3' }),
    ]);
    const failed = 'GET /b 500 "r":3,';
    expect(await found(log, { pattern: String.raw`^GET .* [45]\d\d ` })).toEqual([failed]);
    expect(await found(log, { pattern: '(?i)^get' })).toHaveLength(2);
    expect(await found(log, { level: 'error' })).toEqual([failed, 'POST /b 503']);
    expect(await found(log, { level: 'trace' })).toHaveLength(3);
    expect(await found(log, { stream: 'stderr' })).toEqual([failed]);
    expect(await found(log, { instance: 'inst-22' })).toEqual(['POST /b 503']);
    expect(await found(log, { instance: 't-22' })).toEqual(['POST /b 503']);
    expect(await found(log, { alias: 'db' })).toEqual(['other']);
    expect(await found(log, { release: 3 })).toEqual(['POST /b 503']);
    expect(await found(log, { from: 2000, to: 3000 })).toEqual([failed]);
    expect(await found(log, { from: 2000, level: 'error', text: 'post' })).toEqual(['POST /b 503']);
  });

  test('exactly what matching every line finds, over pages, in both directions', async () => {
    const log = bed.open({ segmentBytes: 1500 });
    const text = fc.oneof(fc.stringMatching(/^[abAB"\\ é]{0,6}$/), fc.string({ unit: 'binary', maxLength: 4 }));
    const entry = fc.record(
      {
        kind: fc.constant('line' as const),
        at: fc.integer({ min: 0, max: 50 }),
        level: fc.constantFrom(null, 'info' as const, 'warn' as const, 'error' as const),
        alias: fc.constantFrom('web', 'db'),
        instance: fc.constantFrom('inst-1', 'inst-2'),
        release: fc.constantFrom(null, 1, 11),
        stream: fc.constantFrom('stdout', 'stderr'),
        text,
      },
      { noNullPrototype: true },
    );
    const filter = fc.record(
      {
        alias: fc.constantFrom('web', 'db'),
        instance: fc.constantFrom('inst-1', 'inst-2'),
        release: fc.constantFrom(1, 11, 2),
        stream: fc.constantFrom('stdout', 'stderr'),
        level: fc.constantFrom('info' as const, 'error' as const),
        text: fc.stringMatching(/^[abé"\\ ]{1,3}$/),
        pattern: fc.constantFrom('a+b', '^$', '[é"]', '.'),
        from: fc.integer({ min: 0, max: 50 }),
      },
      { requiredKeys: [], noNullPrototype: true },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(entry, { maxLength: 30 }),
        filter,
        fc.integer({ min: 1, max: 9 }),
        async (batch, asked, limit) => {
          log.append(shop, batch);
          const matches = matcherOf(asked);
          const expected = (await entries(log)).filter((each) => matches(each));
          expect(await paged(log, asked, limit, true)).toEqual(expected);
          expect(await paged(log, asked, limit, false)).toEqual(expected);
        },
      ),
      { numRuns: 25 },
    );
  });
});

describe('gaps', () => {
  test('stand where they are, whatever is searched for, added up between two lines that are found', async () => {
    const log = bed.open();
    log.append(shop, [line('a'), gap(3), gap(4), line('b'), gap(5), gap(1, 'rate-limit', 'inst-2'), gap(6), line('a')]);
    expect(await found(log, {})).toEqual(['a', '7 rate-limit 1-3', 'b', '11 rate-limit 4-7', '1 rate-limit 5-6', 'a']);
    const sum = ['a', '18 rate-limit 1-7', '1 rate-limit 5-6', 'a'];
    expect(await found(log, { text: 'a' })).toEqual(sum);
    expect((await found(log, { text: 'a' }, { range: { before: null } })).sort()).toEqual(sum.sort());
    expect(await found(log, { instance: 'inst-2' })).toEqual(['1 rate-limit 5-6']);
    expect(await found(log, { level: 'error' })).toEqual(['18 rate-limit 1-7', '1 rate-limit 5-6']);
  });

  test('what is no longer kept is one, from either end', async () => {
    const log = bed.open({ segmentBytes: 300 });
    log.append(shop, lines(1, 20));
    await entries(log);
    await log.prune(Date.now() + 8 * 24 * 3600 * 1000);
    log.append(shop, lines(21, 22));
    expect(await found(log, {})).toEqual(['20 removed 0-20', 'line 21', 'line 22']);
    expect(await found(log, {}, { range: { after: 5 } })).toEqual(['15 removed 5-20', 'line 21', 'line 22']);
    expect(await found(log, {}, { range: { before: null } })).toEqual(['20 removed 0-20', 'line 21', 'line 22']);
    expect(await found(log, {}, { range: { before: null }, limit: 1 })).toEqual(['line 22']);
  });
});

describe('what a request may cost', () => {
  const many = (count: number, length: number) =>
    Array.from({ length: count }, (_, index) => line(`${index} ${'x'.repeat(length)}`));

  test('is bounded in bytes; it says where it stopped and goes on from there', async () => {
    const log = bed.open({ segmentBytes: 200_000, searchBudget: { bytes: 100_000, milliseconds: 60_000 } });
    log.append(shop, many(2000, 200));
    const first = await find(log, { text: '1999 x' });
    expect(first).toMatchObject({ entries: [], stopped: 'bytes', next: { after: first.reached?.sequence } });
    expect(first.scannedBytes).toBeGreaterThanOrEqual(100_000);
    expect(first.scannedBytes).toBeLessThan(400_000);
    expect(seen(await paged(log, { text: '1999 x' }, 5, true))).toHaveLength(1);
    expect(seen(await paged(log, { text: '7 x' }, 500, false))).toHaveLength(200);
  });

  test('is bounded in time, also within one block, and each page gets further', async () => {
    const log = bed.open({ searchBudget: { bytes: 1e9, milliseconds: 0 } });
    log.append(shop, many(500, 20));
    const first = await find(log, { pattern: 'nowhere' });
    expect(first).toMatchObject({ stopped: 'time', entries: [] });
    expect(first.reached!.sequence).toBeLessThan(500);
    expect(seen(await paged(log, { pattern: '^499 ' }, 5, true))).toHaveLength(1);
    expect(seen(await paged(log, { pattern: '^0 ' }, 5, false))).toHaveLength(1);
  });

  test('damaged parts of a file are passed over, and nobody is sent round in circles', async () => {
    const log = bed.open({ searchBudget: { bytes: 1, milliseconds: 1e6 } });
    log.append(shop, lines(1, 3));
    await entries(log);
    await log.close();
    const [file] = await bed.files();
    const path = join(bed.directory, 'acme/shop', file!);
    await appendFile(
      path,
      `${'nonsense\n'.repeat(50_000)}{"s":4,"t":1,"a":"web","i":"inst-1","o":"stdout","x":"line 4"}\n`,
    );
    const again = bed.open({ searchBudget: { bytes: 1, milliseconds: 1e6 } });
    expect(seen(await paged(again, {}, 2, true))).toEqual(['line 1', 'line 2', 'line 3', 'line 4']);
    expect(seen(await paged(again, {}, 2, false))).toEqual(['line 1', 'line 2', 'line 3', 'line 4']);
    await writeFile(path, 'nonsense\n'.repeat(50_000));
    expect(seen(await paged(again, {}, 2, false))).toEqual([]);
  });

  test('old segments are not read for what is new, nor new ones for what is found', async () => {
    const log = bed.open({ segmentBytes: 100_000 });
    const now = Date.now();
    log.append(
      shop,
      many(2000, 200).map((each) => ({ ...each, at: now - 7_200_000 })),
    );
    log.append(shop, [line('new', { at: now })]);
    const page = await find(log, { from: now - 1000 }, { range: { before: null } });
    expect(seen(page.entries)).toEqual(['new']);
    const tail = await find(log, {}, { range: { before: null }, limit: 1 });
    expect(tail.scannedBytes).toBeLessThan(200_000);
  });

  test.each([
    ['(a+)+$', 'a'.repeat(8000) + '!'],
    ['(a|aa)+$', 'a'.repeat(8000) + '!'],
    ['(.*a){20}$', 'ab'.repeat(4000)],
    ['([a-z]+)*\\d', 'z'.repeat(8192)],
    ['[a-q][^u-z]{200}x', 'abc'.repeat(2700)],
    ['((a{0,30}){0,30}b)+', 'a'.repeat(8192)],
  ])('the pattern %s holds the event loop no longer than another', async (pattern, text) => {
    const log = bed.open({ searchBudget: { bytes: 1e9, milliseconds: 300 } });
    for (let index = 0; index < 300; index += 1) log.append(shop, [line(text)]);
    await entries(log);
    const delay = monitorEventLoopDelay({ resolution: 5 });
    delay.enable();
    const started = performance.now();
    const page = await find(log, { pattern });
    delay.disable();
    expect(['end', 'time']).toContain(page.stopped);
    expect(performance.now() - started).toBeLessThan(5000);
    // The bound is for a machine under load; a backtracking engine would hold it for longer than the sun shines.
    expect(delay.max / 1e6).toBeLessThan(1000);
  });

  test('a pattern that is none says why, and an application without a log has nothing', async () => {
    const log = bed.open();
    await expect(find(log, { pattern: '(a' })).rejects.toMatchObject({ code: 'INVALID', field: 'pattern' });
    await expect(find(log, { pattern: '(?=a)' })).rejects.toThrow('the regular expression is not one of RE2');
    await expect(find(log, { pattern: `${'('.repeat(249)}a${')'.repeat(249)}` })).resolves.toMatchObject({
      stopped: 'end',
    });
    expect(await find(log, { text: 'x' })).toEqual({
      ...{ entries: [], next: null, stopped: 'end', scannedBytes: 0, reached: null },
    });
  });
});

test('following with a pattern goes on from where it was, gaps included', async () => {
  const log = bed.open();
  log.append(shop, [line('no'), line('yes 1')]);
  const abort = new AbortController();
  const feed = log.follow(shop, { filter: { pattern: '^yes' }, after: 0 }, abort.signal)[Symbol.asyncIterator]();
  const next = async () => seen([(await feed.next()).value as LogEntry])[0];
  expect(await next()).toBe('yes 1');
  const waiting = next();
  log.append(shop, [line('no'), gap(3), line('yes 2')]);
  expect(await waiting).toBe('3 rate-limit 3-4');
  expect(await next()).toBe('yes 2');
  abort.abort();
  expect(await feed.next()).toEqual({ done: true, value: undefined });
});
