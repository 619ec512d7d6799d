import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { appendFile, chmod, mkdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually.ts';
import type { LogEntry, LogLine, NewLogLine } from '../../domain/logs/entry.ts';
import { entries, line, lines, LogBed, read, seen, shop } from './testing/log-bed.ts';
import type { SegmentLog } from './segment-log.ts';

const DAY = 24 * 3600 * 1000;

let bed: LogBed;
beforeEach(async () => {
  bed = await LogBed.make();
});
afterEach(() => bed.close());

const openLog = (options: Parameters<LogBed['open']>[0] = {}) => bed.open(options);
const texts = (list: readonly LogLine[]) => list.map(({ text }) => text);
const sequences = (list: readonly { readonly sequence: number }[]) => list.map(({ sequence }) => sequence);
const all = (log: SegmentLog) => read(log, shop, { after: 0, limit: 1_000_000 });

describe('reading', () => {
  test('gives what was appended, to the letter', async () => {
    const log = openLog({ segmentBytes: 2000 });
    const written: NewLogLine[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record(
            {
              kind: fc.constant('line' as const),
              at: fc.integer(),
              level: fc.constantFrom(null, 'warn' as const, 'error' as const),
              alias: fc.constantFrom('web', 'db'),
              instance: fc.constantFrom('inst-1', 'inst-2'),
              release: fc.constantFrom(null, 1, 2),
              stream: fc.constantFrom('stdout', 'stderr'),
              text: fc.string({ unit: 'binary' }),
            },
            { noNullPrototype: true },
          ),
          { maxLength: 20 },
        ),
        async (batch) => {
          log.append(shop, batch);
          written.push(...batch);
          const found = await all(log);
          expect(found.map(({ sequence: _sequence, ...rest }) => rest)).toStrictEqual(written);
          expect(sequences(found)).toEqual(written.map((_line, index) => index + 1));
          expect(await read(log, shop, { last: 7, limit: 100 })).toStrictEqual(found.slice(-7));
        },
      ),
      { numRuns: 30 },
    );
    expect((await bed.files()).length).toBeGreaterThan(1);
  });

  test('a page, the newest, one instance, one alias', async () => {
    const log = openLog({ segmentBytes: 300 });
    log.append(shop, lines(1, 20));
    log.append(shop, [line('a', { instance: 'inst-2' }), line('b', { alias: 'db' }), line('c')]);
    expect(sequences(await read(log, shop, { after: 4, limit: 3 }))).toEqual([5, 6, 7]);
    expect(sequences(await read(log, shop, { limit: 2 }))).toEqual([22, 23]);
    expect(sequences(await read(log, shop, { last: 3, limit: 2 }))).toEqual([22, 23]);
    expect(texts(await read(log, shop, { last: 2, limit: 9, instance: 'inst-1', alias: 'web' }))).toEqual([
      'line 20',
      'c',
    ]);
    expect(texts(await read(log, shop, { after: 0, limit: 9, instance: 'inst-2' }))).toEqual(['a']);
    expect(texts(await read(log, shop, { after: 0, limit: 9, alias: 'db' }))).toEqual(['b']);
    expect(await read(log, shop, { after: 23, limit: 9 })).toEqual([]);
    expect(await read(log, shop, { after: 1_000, limit: 9 })).toEqual([]);
    expect(await read(log, { tenant: 'acme', name: 'other' }, { limit: 9 })).toEqual([]);
  });

  test('lines longer than a block', async () => {
    const log = openLog();
    const long = 'ä'.repeat(400_000);
    log.append(shop, [line('before'), line(long), line('between'), line(long), line('behind')]);
    const expected = ['before', long, 'between', long, 'behind'];
    expect(texts(await all(log))).toEqual(expected);
    expect(texts(await read(log, shop, { last: 5, limit: 9 }))).toEqual(expected);
  });

  test.each([['../../etc'], ['a/b'], [''], ['A'], ['..'], ['a\0']])('the name %j is no folder', async (name) => {
    const log = openLog();
    expect(() => log.append({ tenant: 'acme', name }, [line('x')])).toThrow('lower-case');
    await expect(read(log, { tenant: name, name: 'shop' }, { limit: 1 })).rejects.toMatchObject({ code: 'INVALID' });
  });
});

describe('after a restart', () => {
  test('the sequence goes on', async () => {
    const log = openLog({ segmentBytes: 300 });
    log.append(shop, lines(1, 10));
    await log.close();
    const again = openLog();
    again.append(shop, lines(11, 12));
    expect(sequences(await all(again))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test.each([
    ['half a line', '{"s":11,"t":1,"a":"web"'],
    ['a whole line without its end', '{"s":11,"t":1,"a":"web","i":"i","o":"stdout","x":"t"}'],
    ['zeros', '\0'.repeat(200_000)],
  ])('%s at the end is cut off, and the sequence jumps', async (_name, torn) => {
    const log = openLog();
    log.append(shop, lines(1, 10));
    await log.close();
    const file = join(bed.directory, 'acme/shop', (await bed.files()).at(-1) ?? '');
    const whole = await readFile(file);
    await appendFile(file, torn);
    const again = openLog();
    again.append(shop, [line('next')]);
    expect(sequences(await all(again))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1012]);
    expect(seen(await entries(again)).at(-2)).toBe('null power-lost 1010-1011');
    expect((await readFile(file)).subarray(0, whole.length).equals(whole)).toBe(true);
    await again.close();
    expect(sequences(await read(openLog(), shop, { last: 1, limit: 1 }))).toEqual([1012]);
  });

  test('damaged lines in the middle are passed over', async () => {
    const log = openLog();
    log.append(shop, lines(1, 3));
    await log.close();
    const file = join(bed.directory, 'acme/shop', (await bed.files())[0] ?? '');
    const [first, , third] = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, `${first}\n{"s":2,"t":1,"a":\n\n\0\0\nnonsense\n{"s":99}\n${third}\n`);
    const again = openLog();
    expect(sequences(await all(again))).toEqual([1, 3]);
    expect(sequences(await read(again, shop, { limit: 9 }))).toEqual([1, 3]);
    again.append(shop, [line('x')]);
    expect(sequences(await all(again))).toEqual([1, 3, 4]);
  });
});

test('files are for their owner only', async () => {
  const log = openLog();
  log.append(shop, [line('secret')]);
  await all(log);
  const [file] = await bed.files();
  expect((await stat(join(bed.directory, 'acme/shop', file ?? ''))).mode & 0o077).toBe(0);
  expect((await stat(join(bed.directory, 'acme'))).mode & 0o077).toBe(0);
});

describe('dropping', () => {
  test('what the queue cannot take is counted and leaves a gap', async () => {
    const log = openLog({ queueCharacters: 40 });
    log.append(shop, lines(1, 100));
    await all(log);
    log.append(shop, [line('later')]);
    const first = lines(1, 6).map(({ text }) => text);
    expect(seen(await entries(log))).toEqual([...first, '94 queue-full 6-7', 'later']);
    expect(log.droppedLines).toBe(94);
  });

  test('a disk that cannot be written: told, counted, and it goes on later', async () => {
    const log = openLog();
    log.append(shop, lines(1, 2));
    await all(log);
    const folder = join(bed.directory, 'acme/shop');
    await rm(folder, { recursive: true });
    await writeFile(folder, 'in the way');
    log.append(shop, lines(3, 5));
    await eventually('the failure', () => bed.failures.length > 0);
    expect(log.droppedLines).toBe(3);
    await rm(folder);
    log.append(shop, [line('later')]);
    expect(seen(await entries(log))).toEqual(['3 write-failed 5-6', 'later']);
  });

  test('a full disk costs the lines that came meanwhile, and leaves no half of one', async () => {
    const folder = join(bed.directory, 'acme/shop');
    await mkdir(folder, { recursive: true });
    // Writing to it fails with ENOSPC.
    await symlink('/dev/full', join(folder, '0000000000000001.log'));
    const log = openLog();
    log.append(shop, [...lines(1, 3), line('other', { instance: 'inst-2' })]);
    await eventually('the failure', () => bed.failures.length > 0);
    expect(bed.failures[0]).toMatchObject({ code: 'ENOSPC' });
    expect(log.droppedLines).toBe(4);
    log.append(shop, [line('later')]);
    expect(seen(await entries(log))).toEqual(['3 write-failed 4-5', '1 write-failed 5-6', 'later']);
  });

  test('with too little room on the disk, lines give way before it is full', async () => {
    let free = 0.05;
    let now = Date.now();
    const log = openLog({ minimumFreeShare: 0.1, freeShare: async () => free, now: () => now });
    log.append(shop, lines(1, 3));
    expect(seen(await entries(log))).toEqual([]);
    expect(log.droppedLines).toBe(3);
    free = 0.5;
    log.append(shop, lines(4, 4));
    expect(seen(await entries(log))).toEqual([]);
    now += 10_000;
    log.append(shop, lines(5, 5));
    expect(seen(await entries(log))).toEqual(['4 disk-low 0-1', 'line 5']);
  });
});

describe('following', () => {
  function collect(feed: AsyncIterable<LogEntry>): { items: LogEntry[]; ended: Promise<void> } {
    const items: LogEntry[] = [];
    const ended = (async () => {
      for await (const item of feed) items.push(item);
    })();
    return { items, ended };
  }
  test('what is there, then what comes, over segments, until it is aborted', async () => {
    const log = openLog({ segmentBytes: 300 });
    const abort = new AbortController();
    log.append(shop, lines(1, 5));
    const { items, ended } = collect(log.follow(shop, { filter: {}, after: 2 }, abort.signal));
    await eventually('what is there', () => items.length === 3);
    for (let index = 6; index <= 60; index += 1) {
      log.append(shop, [line(`line ${index}`)]);
      if (index % 7 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await eventually('what comes', () => items.length === 58);
    abort.abort();
    await ended;
    expect(seen(items)).toEqual(lines(3, 60).map(({ text }) => text));
  });

  test('from now on, one instance only', async () => {
    const log = openLog();
    const abort = new AbortController();
    log.append(shop, lines(1, 5));
    await all(log);
    const feed = log.follow(shop, { filter: { instance: 'inst-2' }, after: null }, abort.signal);
    const first = feed[Symbol.asyncIterator]().next();
    await all(log);
    log.append(shop, [line('no'), line('yes', { instance: 'inst-2' })]);
    expect(await first).toMatchObject({ value: { text: 'yes' } });
    abort.abort();
  });

  test('what was dropped and what was removed are gaps, for a slow reader too', async () => {
    const log = openLog({ segmentBytes: 300, queueCharacters: 400 });
    const abort = new AbortController();
    log.append(shop, lines(1, 3));
    const feed = log.follow(shop, { filter: {}, after: 0 }, abort.signal)[Symbol.asyncIterator]();
    const next = async () => seen([(await feed.next()).value as LogEntry])[0];
    expect([await next(), await next(), await next()]).toEqual(['line 1', 'line 2', 'line 3']);
    log.append(shop, lines(4, 100));
    await all(log);
    log.append(shop, [line('end')]);
    await all(log);
    expect(log.droppedLines).toBeGreaterThan(0);
    await log.prune(Date.now() + 8 * DAY);
    log.append(shop, [line('new')]);
    expect([await next(), await next()]).toEqual([expect.stringMatching(/^\d+ removed 3-\d+$/), 'new']);
    abort.abort();
  });

  test('ends when the log is closed or removed', async () => {
    const log = openLog();
    const signal = new AbortController().signal;
    log.append(shop, [line('a')]);
    const one = collect(log.follow(shop, { filter: {}, after: 0 }, signal));
    await eventually('the line', () => one.items.length === 1);
    await log.remove(shop);
    await one.ended;
    expect(await all(log)).toEqual([]);
    log.append(shop, [line('b')]);
    const two = collect(log.follow(shop, { filter: {}, after: 0 }, signal));
    await eventually('the line', () => two.items.length === 1);
    log.append(shop, [line('c')]);
    await log.close();
    await two.ended;
    expect(seen(two.items)).toEqual(['b', 'c']);
  });
});

describe('retention', () => {
  test('what is older than its age goes, and the sequence stays', async () => {
    const log = openLog({ segmentBytes: 300 });
    log.append(shop, lines(1, 20));
    await all(log);
    const before = await bed.files();
    const old = (Date.now() - 8 * DAY) / 1000;
    for (const file of before.slice(0, 2)) await utimes(join(bed.directory, 'acme/shop', file), old, old);
    await log.prune(Date.now());
    expect(await bed.files()).toEqual(before.slice(2));

    await log.prune(Date.now() + 8 * DAY);
    expect(await all(log)).toEqual([]);
    await log.prune(Date.now() + 30 * DAY);
    await log.close();
    const again = openLog();
    again.append(shop, [line('later')]);
    expect(sequences(await all(again))).toEqual([21]);
  });

  test("a tenant's logs together keep to their size: the oldest go first, whichever application's", async () => {
    const log = openLog({ segmentBytes: 1000, tenantBytes: async () => 10_000 });
    const blog = { tenant: 'acme', name: 'blog' };
    const other = { tenant: 'other', name: 'shop' };
    log.append(other, lines(1, 5));
    log.append(blog, lines(1, 100));
    await read(log, blog, { limit: 1 });
    for (let index = 0; index < 30; index += 1) {
      log.append(shop, lines(index * 20 + 1, index * 20 + 20));
      await read(log, shop, { limit: 1 });
    }
    await eventually('the size', async () => {
      let bytes = 0;
      for (const application of ['shop', 'blog']) {
        for (const file of await bed.files(application))
          bytes += (await stat(join(bed.directory, 'acme', application, file))).size;
      }
      return bytes <= 11_000;
    });
    expect(sequences(await read(log, shop, { limit: 1 }))).toEqual([600]);
    expect(await read(log, blog, { after: 0, limit: 100 })).toEqual([]);
    expect(await read(log, other, { after: 0, limit: 100 })).toHaveLength(5);
    log.append(blog, [line('goes on')]);
    expect(sequences(await read(log, blog, { limit: 1 }))).toEqual([101]);
  });
});

test('a folder that cannot be read is told to who reads', async () => {
  await writeFile(join(bed.directory, 'acme'), 'in the way');
  const log = openLog();
  expect(await read(log, shop, { limit: 1 })).toEqual([]);
  log.append(shop, [line('x')]);
  await eventually('the failure', () => bed.failures.length === 1);
  await chmod(bed.directory, 0o700);
});
