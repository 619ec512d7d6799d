import { expect, test } from '@jest/globals';
import { Refused } from '../../live/refused.ts';
import { fileName, save, type Progress, type SaveOptions } from './save.ts';
import type { Entry } from './store/entry.ts';
import type { Page } from './store/log-feed.ts';

const entry = (sequence: number): Entry =>
  sequence % 10 === 0
    ? {
        ...{ kind: 'gap', sequence, after: sequence - 1, at: null, alias: null, instance: null, lines: 1 },
        cause: 'transit',
      }
    : {
        ...{ kind: 'line', sequence, at: sequence, level: null, alias: 'web', instance: '01kinst000001', release: 1 },
        ...{ stream: 'stdout', text: `line ${sequence}` },
      };

/** Grows by a page with each search. */
class Growing {
  size = 25;
  searches = 0;

  async newest(): Promise<number> {
    return this.size;
  }

  async search(range: { after: number } | { before: number }): Promise<Page> {
    this.searches += 1;
    this.size += 10;
    const after = 'after' in range ? range.after : 0;
    const entries = Array.from({ length: Math.min(10, this.size - after) }, (_, index) => entry(after + index + 1));
    return { entries, next: after + entries.length, scannedBytes: 1, reachedAt: null };
  }
}

const saved = (source: Growing, more: Partial<SaveOptions> = {}) => {
  const progress: Progress[] = [];
  const onProgress = (each: Progress): void => void progress.push(each);
  const signal = new AbortController().signal;
  return save({ source, format: 'text', onProgress, signal, wait: async () => undefined, ...more }).then((result) => ({
    ...result,
    progress,
  }));
};

test('all that was there when it was asked is in it, and what is missing where it is missing', async () => {
  const { blob, lines, bytes, isCut, progress } = await saved(new Growing());
  const text = await blob.text();
  expect(text.split('\n')).toHaveLength(26);
  expect(text).toContain('1970-01-01T00:00:00.009Z web/000001 line 9\n… 1 line is missing here');
  expect([lines, bytes, isCut]).toEqual([23, blob.size, false]);
  expect(progress.map((each) => each.lines)).toEqual([9, 18, 23]);
});

test('for programs it is an object a line', async () => {
  const text = await (await saved(new Growing(), { format: 'json' })).blob.text();
  const objects = text
    .trimEnd()
    .split('\n')
    .map((each) => JSON.parse(each) as Record<string, unknown>);
  expect(objects).toHaveLength(25);
  expect(objects[0]).toEqual({
    ...{ sequence: 1, at: '1970-01-01T00:00:00.001Z', level: null, alias: 'web', instance: '01kinst000001' },
    ...{ release: 1, stream: 'stdout', text: 'line 1' },
  });
  expect(objects[9]).toMatchObject({ gap: { sequence: 10, lines: 1 } });
});

test('it ends before it is too large, and says so', async () => {
  const { blob, isCut } = await saved(new Growing(), { mostBytes: 700 });
  expect(isCut).toBe(true);
  expect(blob.size).toBeLessThanOrEqual(700);
  expect(blob.size).toBeGreaterThan(0);
});

test('it ends when it is told to, and when it is refused', async () => {
  const aborted = new Growing();
  await expect(saved(aborted, { signal: AbortSignal.abort() })).rejects.toThrow();
  expect(aborted.searches).toBe(0);
  const refusing = new Growing();
  refusing.search = async () => {
    throw new Refused('NOT_FOUND', 'there is no application "shop"');
  };
  await expect(saved(refusing)).rejects.toThrow('there is no application');
});

test('a refusal that passes is waited for, and one that does not pass is told at last', async () => {
  const waits: number[] = [];
  const wait = async (milliseconds: number): Promise<void> => void waits.push(milliseconds);
  const busy = new Growing();
  const search = busy.search.bind(busy);
  let refusals = 3;
  busy.search = async (range) => {
    if (refusals-- > 0) throw new Refused('RATE_LIMITED', 'wait a second');
    return search(range);
  };
  expect((await saved(busy, { wait })).lines).toBe(23);
  expect(waits).toEqual([1000, 1000, 1000]);
  busy.search = async () => {
    throw new Refused('LOG_SEARCH_BUSY', 'later');
  };
  await expect(saved(busy, { wait })).rejects.toThrow('later');
  expect(waits).toHaveLength(32);
});

test('a file is called after what is in it', () => {
  const now = new Date(Date.UTC(2026, 10, 30, 9, 0, 0));
  expect(fileName(['shop', 'web', undefined], now, 'text')).toBe('shop-web-2026-11-30T09-00-00.log');
  expect(fileName(['../x'], now, 'json')).toBe('---x-2026-11-30T09-00-00.ndjson');
});
