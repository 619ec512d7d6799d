import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { appendFile, chmod, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually.ts';
import type { NewLogLine } from '../../app/ports/logs.ts';
import type { FeedItem, LogLine } from '../../app/use-cases.ts';
import { SegmentLog } from './segment-log.ts';
import type { SegmentLogOptions } from './segment-log.ts';

const shop = { tenant: 'acme', name: 'shop' };
const DAY = 24 * 3600 * 1000;

let directory: string;
let failures: unknown[];
const opened: SegmentLog[] = [];
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cartwright-logs-'));
  failures = [];
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((log) => log.close()));
  await rm(directory, { recursive: true, force: true });
});

function openLog(options: Partial<SegmentLogOptions> = {}): SegmentLog {
  const log = new SegmentLog({ directory, onFailure: (error) => failures.push(error), ...options });
  opened.push(log);
  return log;
}

function line(text: string, fields: Partial<NewLogLine> = {}): NewLogLine {
  return { at: 1, alias: 'web', instance: 'i-1', stream: 'stdout', text, ...fields };
}
const lines = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => line(`line ${from + index}`));
const texts = (list: readonly LogLine[]) => list.map(({ text }) => text);
const sequences = (list: readonly LogLine[]) => list.map(({ sequence }) => sequence);
const all = (log: SegmentLog) => log.read(shop, { after: 0, limit: 1_000_000 });
const files = async (application = 'shop') => (await readdir(join(directory, 'acme', application))).sort();

describe('reading', () => {
  test('gives what was appended, to the letter', async () => {
    const log = openLog({ segmentBytes: 2000 });
    const written: NewLogLine[] = [];
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record(
            {
              at: fc.integer(),
              alias: fc.constantFrom('web', 'db'),
              instance: fc.constantFrom('i-1', 'i-2'),
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
          const read = await all(log);
          expect(read.map(({ sequence: _sequence, ...rest }) => rest)).toStrictEqual(written);
          expect(sequences(read)).toEqual(written.map((_line, index) => index + 1));
          expect(await log.read(shop, { last: 7, limit: 100 })).toStrictEqual(read.slice(-7));
        },
      ),
      { numRuns: 30 },
    );
    expect((await files()).length).toBeGreaterThan(1);
  });

  test('a page, the newest, one instance, one alias', async () => {
    const log = openLog({ segmentBytes: 300 });
    log.append(shop, lines(1, 20));
    log.append(shop, [line('a', { instance: 'i-2' }), line('b', { alias: 'db' }), line('c')]);
    expect(sequences(await log.read(shop, { after: 4, limit: 3 }))).toEqual([5, 6, 7]);
    expect(sequences(await log.read(shop, { limit: 2 }))).toEqual([22, 23]);
    expect(sequences(await log.read(shop, { last: 3, limit: 2 }))).toEqual([22, 23]);
    expect(texts(await log.read(shop, { last: 2, limit: 9, instance: 'i-1', alias: 'web' }))).toEqual(['line 20', 'c']);
    expect(texts(await log.read(shop, { after: 0, limit: 9, instance: 'i-2' }))).toEqual(['a']);
    expect(texts(await log.read(shop, { after: 0, limit: 9, alias: 'db' }))).toEqual(['b']);
    expect(await log.read(shop, { after: 23, limit: 9 })).toEqual([]);
    expect(await log.read(shop, { after: 1_000, limit: 9 })).toEqual([]);
    expect(await log.read({ tenant: 'acme', name: 'other' }, { limit: 9 })).toEqual([]);
  });

  test('lines longer than a block', async () => {
    const log = openLog();
    const long = 'ä'.repeat(400_000);
    log.append(shop, [line('before'), line(long), line('between'), line(long), line('behind')]);
    const expected = ['before', long, 'between', long, 'behind'];
    expect(texts(await all(log))).toEqual(expected);
    expect(texts(await log.read(shop, { last: 5, limit: 9 }))).toEqual(expected);
  });

  test.each([['../../etc'], ['a/b'], [''], ['A'], ['..'], ['a\0']])('the name %j is no folder', async (name) => {
    const log = openLog();
    expect(() => log.append({ tenant: 'acme', name }, [line('x')])).toThrow('lower-case');
    await expect(log.read({ tenant: name, name: 'shop' }, { limit: 1 })).rejects.toMatchObject({ code: 'INVALID' });
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
    const file = join(directory, 'acme/shop', (await files()).at(-1) ?? '');
    const whole = await readFile(file);
    await appendFile(file, torn);
    const again = openLog();
    again.append(shop, [line('next')]);
    expect(sequences(await all(again))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1011]);
    expect((await readFile(file)).subarray(0, whole.length).equals(whole)).toBe(true);
    await again.close();
    expect(sequences(await openLog().read(shop, { last: 1, limit: 1 }))).toEqual([1011]);
  });

  test('damaged lines in the middle are passed over', async () => {
    const log = openLog();
    log.append(shop, lines(1, 3));
    await log.close();
    const file = join(directory, 'acme/shop', (await files())[0] ?? '');
    const [first, , third] = (await readFile(file, 'utf8')).split('\n');
    await writeFile(file, `${first}\n{"s":2,"t":1,"a":\n\n\0\0\nnonsense\n{"s":99}\n${third}\n`);
    const again = openLog();
    expect(sequences(await all(again))).toEqual([1, 3]);
    expect(sequences(await again.read(shop, { limit: 9 }))).toEqual([1, 3]);
    again.append(shop, [line('x')]);
    expect(sequences(await all(again))).toEqual([1, 3, 4]);
  });
});

test('files are for their owner only', async () => {
  const log = openLog();
  log.append(shop, [line('secret')]);
  await all(log);
  const [file] = await files();
  expect((await stat(join(directory, 'acme/shop', file ?? ''))).mode & 0o077).toBe(0);
  expect((await stat(join(directory, 'acme'))).mode & 0o077).toBe(0);
});

describe('dropping', () => {
  test('what the queue cannot take is counted and leaves a gap', async () => {
    const log = openLog({ queueCharacters: 40 });
    log.append(shop, lines(1, 100));
    await all(log);
    log.append(shop, [line('later')]);
    const read = await all(log);
    expect(sequences(read)).toEqual([1, 2, 3, 4, 5, 6, 101]);
    expect(log.droppedLines).toBe(94);
  });

  test('a disk that cannot be written: told, counted, and it goes on later', async () => {
    const log = openLog();
    log.append(shop, lines(1, 2));
    await all(log);
    const folder = join(directory, 'acme/shop');
    await rm(folder, { recursive: true });
    await writeFile(folder, 'in the way');
    log.append(shop, lines(3, 5));
    await eventually('the failure', () => failures.length > 0);
    expect(log.droppedLines).toBe(3);
    await rm(folder);
    log.append(shop, [line('later')]);
    expect(sequences(await all(log))).toEqual([6]);
  });
});

describe('following', () => {
  function collect(feed: AsyncIterable<FeedItem<LogLine>>): { items: FeedItem<LogLine>[]; ended: Promise<void> } {
    const items: FeedItem<LogLine>[] = [];
    const ended = (async () => {
      for await (const item of feed) items.push(item);
    })();
    return { items, ended };
  }
  const seen = (items: readonly FeedItem<LogLine>[]) =>
    items.map((item) => (item.kind === 'item' ? item.item.text : `gap ${item.after}-${item.next}`));

  test('what is there, then what comes, over segments, until it is aborted', async () => {
    const log = openLog({ segmentBytes: 300 });
    const abort = new AbortController();
    log.append(shop, lines(1, 5));
    const { items, ended } = collect(log.follow(shop, { after: 2 }, abort.signal));
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
    const feed = log.follow(shop, { after: null, instance: 'i-2' }, abort.signal);
    const first = feed[Symbol.asyncIterator]().next();
    await all(log);
    log.append(shop, [line('no'), line('yes', { instance: 'i-2' })]);
    expect(await first).toMatchObject({ value: { kind: 'item', item: { text: 'yes' } } });
    abort.abort();
  });

  test('what was dropped and what was removed are gaps, for a slow reader too', async () => {
    const log = openLog({ segmentBytes: 300, queueCharacters: 400 });
    const abort = new AbortController();
    log.append(shop, lines(1, 3));
    const feed = log.follow(shop, { after: 0 }, abort.signal)[Symbol.asyncIterator]();
    const next = async () => seen([(await feed.next()).value as FeedItem<LogLine>])[0];
    expect([await next(), await next(), await next()]).toEqual(['line 1', 'line 2', 'line 3']);
    log.append(shop, lines(4, 100));
    await all(log);
    log.append(shop, [line('end')]);
    await all(log);
    expect(log.droppedLines).toBeGreaterThan(0);
    await log.prune(Date.now() + 8 * DAY);
    log.append(shop, [line('new')]);
    expect([await next(), await next()]).toEqual(['gap 3-102', 'new']);
    abort.abort();
  });

  test('ends when the log is closed or removed', async () => {
    const log = openLog();
    const signal = new AbortController().signal;
    log.append(shop, [line('a')]);
    const one = collect(log.follow(shop, { after: 0 }, signal));
    await eventually('the line', () => one.items.length === 1);
    await log.remove(shop);
    await one.ended;
    expect(await all(log)).toEqual([]);
    log.append(shop, [line('b')]);
    const two = collect(log.follow(shop, { after: 0 }, signal));
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
    const before = await files();
    const old = (Date.now() - 8 * DAY) / 1000;
    for (const file of before.slice(0, 2)) await utimes(join(directory, 'acme/shop', file), old, old);
    await log.prune(Date.now());
    expect(await files()).toEqual(before.slice(2));

    await log.prune(Date.now() + 8 * DAY);
    expect(await all(log)).toEqual([]);
    await log.prune(Date.now() + 30 * DAY);
    await log.close();
    const again = openLog();
    again.append(shop, [line('later')]);
    expect(sequences(await all(again))).toEqual([21]);
  });

  test("a tenant's logs together keep to their size: the oldest go first, whichever application's", async () => {
    const log = openLog({ segmentBytes: 1000, tenantBytes: 10_000 });
    const blog = { tenant: 'acme', name: 'blog' };
    const other = { tenant: 'other', name: 'shop' };
    log.append(other, lines(1, 5));
    log.append(blog, lines(1, 100));
    await log.read(blog, { limit: 1 });
    for (let index = 0; index < 30; index += 1) {
      log.append(shop, lines(index * 20 + 1, index * 20 + 20));
      await log.read(shop, { limit: 1 });
    }
    await eventually('the size', async () => {
      let bytes = 0;
      for (const application of ['shop', 'blog']) {
        for (const file of await files(application))
          bytes += (await stat(join(directory, 'acme', application, file))).size;
      }
      return bytes <= 11_000;
    });
    expect(sequences(await log.read(shop, { limit: 1 }))).toEqual([600]);
    expect(await log.read(blog, { after: 0, limit: 100 })).toEqual([]);
    expect(await log.read(other, { after: 0, limit: 100 })).toHaveLength(5);
    log.append(blog, [line('goes on')]);
    expect(sequences(await log.read(blog, { limit: 1 }))).toEqual([101]);
  });
});

test('a folder that cannot be read is told to who reads', async () => {
  await writeFile(join(directory, 'acme'), 'in the way');
  const log = openLog();
  expect(await log.read(shop, { limit: 1 })).toEqual([]);
  log.append(shop, [line('x')]);
  await eventually('the failure', () => failures.length === 1);
  await chmod(directory, 0o700);
});
