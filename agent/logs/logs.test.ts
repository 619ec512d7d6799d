import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MAX_LINE_CHARACTERS, parseLog } from '../../schema/mqtt/log.ts';
import { encode, MAX_PAYLOAD_BYTES } from '../../schema/mqtt/payload.ts';
import { soon } from '../testing/soon.ts';
import { createAgentLog } from './agent-log.ts';
import { LineSplitter } from './lines.ts';
import { LogBatch } from './log-batch.ts';
import { Masking } from './masking.ts';
import { Output } from './output.ts';
import { Positions } from './positions.ts';
import { RotatingFile } from './rotating-file.ts';

describe('splitting into lines', () => {
  const split = (...chunks: (Buffer | string)[]) => {
    const lines: string[] = [];
    const splitter = new LineSplitter({ onLine: (line) => void lines.push(line) });
    for (const chunk of chunks) splitter.write(Buffer.from(chunk));
    splitter.end();
    return lines;
  };

  test('ends, empty lines, carriage returns and characters across chunks', () => {
    const word = Buffer.from('grüße\n');
    expect(split('a\nb', 'c\r\n\n', word.subarray(0, 3), word.subarray(3), 'last')).toEqual([
      'a',
      'bc',
      '',
      'grüße',
      'last',
    ]);
  });

  test('a chunk is taken up to the line after which no more are wanted, and the splitter knows where it is', () => {
    const seen: [string, number, boolean][] = [];
    const splitter = new LineSplitter({
      onLine: (line, { offset, isOpen }) => (seen.push([line, offset, isOpen]), line !== 'bb'),
    });
    expect(splitter.write(Buffer.from('a\nbb\nccc\n'))).toBe(5);
    expect(splitter.offset).toBe(5);
    expect(splitter.write(Buffer.from('ccc\nd'))).toBe(5);
    splitter.end();
    expect(seen).toEqual([
      ['a', 2, false],
      ['bb', 5, false],
      ['ccc', 9, false],
      ['d', 10, false],
    ]);
  });

  test('what is masked beside the cut is masked whole', () => {
    const seen: string[] = [];
    const masking = new Masking();
    masking.set('test', ['swordfish']);
    const splitter = new LineSplitter({
      onLine: (line) => void seen.push(line),
      mask: (line, characters) => masking.apply(line, characters),
      lookahead: () => masking.longest,
    });
    for (let before = MAX_LINE_CHARACTERS - 12; before <= MAX_LINE_CHARACTERS; before += 1)
      splitter.write(Buffer.from(`${'x'.repeat(before)}swordfish and more\n`));
    splitter.write(Buffer.from(`${'y'.repeat(MAX_LINE_CHARACTERS - 3)}sword`));
    splitter.write(Buffer.from('fish'.padEnd(30_000, 'z')));
    expect(seen).toHaveLength(14);
    for (const line of seen) {
      expect(line.length).toBeLessThanOrEqual(MAX_LINE_CHARACTERS);
      expect(line).not.toMatch(/sw|or|sh/);
    }
  });

  test('an endless line is cut once and its rest thrown away', () => {
    const lines = split('x'.repeat(MAX_LINE_CHARACTERS), 'y', 'z'.repeat(100_000), '\nnext\n');
    expect(lines).toHaveLength(2);
    expect(lines[0]).toHaveLength(MAX_LINE_CHARACTERS);
    expect(lines[0]!.endsWith('…')).toBe(true);
    expect(lines[1]).toBe('next');
  });

  test('how the bytes are cut into chunks makes no difference', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(200)), (bytes, cuts) => {
        const positions = [0, ...cuts.sort((a, b) => a - b), bytes.length].map((cut) => Math.min(cut, bytes.length));
        const chunks = positions.slice(1).map((end, index) => Buffer.from(bytes.subarray(positions[index], end)));
        expect(split(...chunks)).toEqual(split(Buffer.from(bytes)));
      }),
    );
  });
});

describe('batches of log lines', () => {
  const add = (batch: LogBatch, text: string, now: number, stream = 'stdout') => batch.add({ stream, text }, now);
  const take = (batch: LogBatch, now: number) => batch.take('s', now)?.report;

  test('are capped by rate, and say what was dropped, where and why', () => {
    const batch = new LogBatch(10);
    for (let index = 0; index < 100; index += 1) add(batch, `line ${index}`, 1000);
    for (let index = 0; index < 10; index += 1) add(batch, `own ${index}`, 1000, 'hook-start');
    add(batch, 'again', 1100);
    const report = take(batch, 1105);
    expect(report).toMatchObject({ sequence: 1, offset: 0, dropped: 60, lines: { length: 51 } });
    expect(report!.gaps).toEqual([{ before: 40, lines: 60, cause: 'rate-limit' }]);
    add(batch, 'later', 2000);
    expect(take(batch, 2100)).toEqual({
      ...{ v: 1, session: 's', sequence: 2, offset: 51, dropped: 60, gaps: [] },
      lines: [{ stream: 'stdout', text: 'later', ageMilliseconds: 100 }],
    });
    expect(take(batch, 2100)).toBeUndefined();
  });

  test('a gap that waits for the next message is counted there, and not before', () => {
    const batch = new LogBatch(400);
    for (let index = 0; index < 2000; index += 1) add(batch, `line ${index}`, 0);
    const reports = [take(batch, 0)!, take(batch, 0)!, take(batch, 0)!, take(batch, 0)!];
    expect(reports.map(({ dropped, gaps = [] }) => [dropped, gaps.length])).toEqual([
      [0, 0],
      [0, 0],
      [0, 0],
      [400, 1],
    ]);
  });

  test('keep the newest while nobody takes them, and tell of the others in front', () => {
    const batch = new LogBatch(10_000);
    for (let index = 0; index < 2500; index += 1) add(batch, String(index), 0);
    const report = take(batch, 0)!;
    expect(report).toMatchObject({ dropped: 500, lines: [{ text: '500' }, ...new Array<object>(499).fill({})] });
    expect(report.gaps).toEqual([{ before: 0, lines: 500, cause: 'broker-away' }]);
  });

  test('keep no more than a few megabytes of long lines', () => {
    const batch = new LogBatch(10_000);
    for (let index = 0; index < 1500; index += 1) add(batch, 'x'.repeat(8000), 0);
    expect(take(batch, 0)!.gaps).toEqual([{ before: 0, lines: 1500 - 524, cause: 'broker-away' }]);
  });

  test('that come faster than messages carry them are not said to be missing for want of a broker', () => {
    const batch = new LogBatch(10_000);
    expect(take(batch, 0)).toBeUndefined();
    for (let index = 0; index < 600; index += 1) add(batch, 'x'.repeat(8000), 1000);
    expect(take(batch, 1000)!.gaps).toEqual([{ before: 0, lines: 600 - 524, cause: 'rate-limit' }]);
    // Nobody has asked for long: from here on it is the broker.
    for (let index = 0; index < 600; index += 1) add(batch, 'x'.repeat(8000), 20_000);
    expect(take(batch, 20_000)!.gaps).toMatchObject([{ cause: 'broker-away' }]);
  });

  test('a line is settled when its message has left, or when it was dropped', () => {
    const batch = new LogBatch(1);
    const settled: string[] = [];
    for (const text of ['a', 'b', 'c', 'd', 'e'])
      batch.add({ stream: 'stdout', text, onSettled: () => settled.push(text) }, 0);
    expect(batch.hasRoom(0)).toBe(false);
    expect(batch.hasRoom(1500)).toBe(true);
    expect(settled).toEqual(['e']);
    const taken = batch.take('s', 0)!;
    expect(settled).toEqual(['e']);
    taken.settle();
    expect(settled).toEqual(['e', 'a', 'b', 'c', 'd']);
  });

  test('every message fits the contract and nothing is unaccounted for, whatever the lines are', () => {
    const line = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 200 }),
      fc.constant('\u0001'.repeat(MAX_LINE_CHARACTERS)),
    );
    const step = fc.record({ text: line, now: fc.nat(20_000), take: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 50 }), (steps, rate) => {
        const batch = new LogBatch(rate);
        const seen: string[] = [];
        let missing = 0;
        const read = (now: number) => {
          const report = take(batch, now);
          if (report === undefined) return false;
          const bytes = encode(report);
          expect(bytes.length).toBeLessThanOrEqual(MAX_PAYLOAD_BYTES);
          expect(parseLog(bytes)).toEqual({ ok: true, value: report });
          expect(report.offset).toBe(seen.length);
          seen.push(...report.lines.map(({ text }) => text));
          missing += (report.gaps ?? []).reduce((sum, { lines }) => sum + lines, 0);
          // What is told twice would be counted twice.
          expect(report.dropped).toBe(missing);
          return true;
        };
        for (const { text, now, take: isTaken } of steps) {
          add(batch, text, now);
          if (isTaken) read(now);
        }
        while (read(0));
        expect(seen.length + missing).toBe(steps.length);
      }),
      { numRuns: 50 },
    );
  });
});

describe('log files', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'logs-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('are rotated at their size, one older file is kept, and they are the owner’s', async () => {
    const file = new RotatingFile(join(folder, 'stdout.log'), 1000, () => undefined);
    for (let index = 0; index < 50; index += 1) {
      file.write(Buffer.from(`${String(index).padStart(99, '.')}\n`));
      await file.flush();
    }
    await file.close();
    expect(readdirSync(folder).sort()).toEqual(['stdout.log', 'stdout.log.1']);
    expect(statSync(join(folder, 'stdout.log.1')).size).toBe(1000);
    expect(readFileSync(join(folder, 'stdout.log'), 'utf8').endsWith('.49\n')).toBe(true);
    expect(statSync(join(folder, 'stdout.log')).mode & 0o777).toBe(0o600);
  });

  test('go on where an earlier run ended', async () => {
    for (const text of ['one\n', 'two\n']) {
      const file = new RotatingFile(join(folder, 'x.log'), 1000, () => undefined);
      file.write(Buffer.from(text));
      await file.close();
    }
    expect(readFileSync(join(folder, 'x.log'), 'utf8')).toBe('one\ntwo\n');
  });

  test('a disk that fails or is slow costs lines, which are counted, and never the writer', async () => {
    const errors: Error[] = [];
    const file = new RotatingFile(join(folder, 'no/such/folder.log'), 1000, (error) => errors.push(error));
    for (let index = 0; index < 8; index += 1) file.write(Buffer.alloc(1024 * 1024));
    expect(file.droppedBytes).toBe(4 * 1024 * 1024);
    await file.close();
    expect(file.droppedBytes).toBe(8 * 1024 * 1024);
    expect(errors.length).toBeGreaterThan(0);
  });

  test('an output has both streams in files, batches and the tail', async () => {
    const batch = new LogBatch(100);
    const masking = new Masking();
    masking.set('test', ['marigold']);
    const positions = new Positions(join(folder, 'logs.json'), () => undefined);
    const onError = () => undefined;
    const output = new Output({ directory: folder, maximumFileBytes: 1e6, batch, masking, positions, onError });
    const streams = [new PassThrough(), new PassThrough()] as const;
    const read = [output.follow('stdout', streams[0]), output.follow('stderr', streams[1])];
    streams[0].end('out 1\nout marigold');
    streams[1].end('err 1\n');
    await Promise.all(read);
    expect(output.tail('std', 2)).toHaveLength(2);
    expect(output.tail('stdout', 5)).toEqual(['out 1', 'out ••••••']);
    output.forgetTail();
    expect(output.tail('std', 5)).toEqual([]);
    await output.close();
    expect(readFileSync(join(folder, 'stderr.log'), 'utf8')).toBe('err 1\n');
    await soon(() =>
      expect(
        batch
          .take('s', 0)!
          .report.lines.map(({ text }) => text)
          .sort(),
      ).toEqual(['err 1', 'out 1', 'out ••••••']),
    );
  });
});

test('the agent’s own log is JSON a line, and a flood of one message is counted', () => {
  const lines: string[] = [];
  let now = 60_000;
  const log = createAgentLog(
    (line) => lines.push(line),
    () => now,
  );
  for (let index = 0; index < 100; index += 1) log('warn', 'not connected', { index });
  expect(lines).toHaveLength(10);
  now = 120_000;
  log('warn', 'not connected', {});
  expect(JSON.parse(lines[10]!)).toEqual({
    time: '1970-01-01T00:02:00.000Z',
    level: 'warn',
    message: 'not connected',
    suppressed: 90,
  });
});
