import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { FileDrainPositions } from '../../adapters/drains/positions.ts';
import type { SegmentLog } from '../../adapters/logs/segment-log.ts';
import { line, lines, LogBed, shop } from '../../adapters/logs/testing/log-bed.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { Drain } from '../../../schema/manifests/drain.ts';
import type { LogEntry } from '../../domain/logs/entry.ts';
import { DrainError, type DrainTransports } from '../ports/drains.ts';
import { DrainRunner, type DrainRunnerOptions } from './drain-runner.ts';

const drain: Drain = { type: 'syslog', name: 'central', url: 'tcp://logs.example:601' };

let bed: LogBed;
let log: SegmentLog;
let positionsDirectory: string;
let positions: FileDrainPositions;
let received: string[];
/** What the receiver says to the next batches. */
let answers: (Error | { refused: number })[];
let isAway: boolean;
const running: DrainRunner[] = [];

const transports: DrainTransports = {
  open: () => ({
    send: async (entries: readonly LogEntry[]) => {
      if (isAway) throw new DrainError('DRAIN_UNREACHABLE', 'away');
      const answer = answers.shift() ?? { refused: 0 };
      if (answer instanceof Error) throw answer;
      received.push(...entries.map((entry) => (entry.kind === 'line' ? entry.text : `gap ${entry.lines}`)));
      return answer;
    },
    close: async () => undefined,
  }),
};

function run(options: Partial<DrainRunnerOptions> = {}): DrainRunner {
  const runner = new DrainRunner({
    ...{ application: shop, drain, logs: log, transports, positions, clock: systemClock, random: () => 0 },
    ...{ logger: pino({ level: 'silent' }), ...options },
  });
  running.push(runner);
  return runner;
}

beforeEach(async () => {
  bed = await LogBed.make();
  log = bed.open();
  positionsDirectory = await mkdtemp(join(tmpdir(), 'cartwright-drains-'));
  positions = new FileDrainPositions(positionsDirectory);
  [received, answers, isAway] = [[], [], false];
});
afterEach(async () => {
  for (const runner of running.splice(0)) await runner.close();
  await bed.close();
  await rm(positionsDirectory, { recursive: true, force: true });
});
const texts = (from: number, to: number) => lines(from, to).map(({ text }) => text);

describe('a drain', () => {
  test('sends what is new, lines and gaps, and shows its state', async () => {
    log.append(shop, lines(1, 3));
    await log.newest(shop);
    const runner = run();
    await eventually('the position', async () => (await positions.load(shop, 'central')) !== null);
    expect(await runner.status()).toMatchObject({ state: 'idle', sent: 0, behind: 0, lastError: null });
    log.append(shop, [line('new'), { kind: 'gap', at: 1, alias: 'web', instance: 'inst-1', lines: 5, cause: 'agent' }]);
    await eventually('both', () => received.length === 2);
    expect(received).toEqual(['new', 'gap 5']);
    await eventually('the state', async () => (await runner.status()).behind === 0);
    expect(await runner.status()).toMatchObject({
      state: 'sending',
      sent: 2,
      dropped: 0,
      url: drain.url,
      type: 'syslog',
    });
  });

  test('goes on where it was after a restart: nothing is lost, nothing is sent again', async () => {
    const first = run();
    await eventually('it runs', async () => (await positions.load(shop, 'central')) !== null);
    log.append(shop, lines(1, 1200));
    await eventually('all', () => received.length === 1200);
    await eventually('the position', async () => (await positions.load(shop, 'central')) === 1200);
    await first.close();
    log.append(shop, lines(1201, 1300));
    run();
    await eventually('the rest', () => received.length === 1300);
    expect(received).toEqual(texts(1, 1300));
  });

  test('tries again what was not taken, tells why, and gives up what would be refused for ever', async () => {
    const runner = run();
    await eventually('it runs', async () => (await positions.load(shop, 'central')) !== null);
    answers = [
      new DrainError('DRAIN_UNREACHABLE', 'not now', { retryAfterMilliseconds: 20 }),
      new Error('unforeseen'),
      { refused: 1 },
      new DrainError('DRAIN_REFUSED', 'never', { isFinal: true }),
    ];
    log.append(shop, lines(1, 2));
    await eventually('the first batch', () => received.length === 2);
    log.append(shop, lines(3, 5));
    await eventually('the refusal', async () => (await runner.status()).dropped === 4);
    log.append(shop, lines(6, 6));
    await eventually('what comes later', () => received.length === 3);
    expect(received).toEqual(['line 1', 'line 2', 'line 6']);
    expect(await runner.status()).toMatchObject({ sent: 2, lastError: { code: 'DRAIN_REFUSED', message: 'never' } });
  });

  test('keeps no more than it may be behind for a receiver that stays away', async () => {
    isAway = true;
    const runner = run({ mostBehind: 100 });
    await eventually('it runs', async () => (await positions.load(shop, 'central')) !== null);
    log.append(shop, lines(1, 50));
    await eventually('trying', async () => (await runner.status()).state === 'retrying');
    expect(await runner.status()).toMatchObject({
      behind: 50,
      lastError: { code: 'DRAIN_UNREACHABLE', message: 'away' },
    });
    log.append(shop, lines(51, 1000));
    await eventually('letting go', async () => (await runner.status()).dropped > 0);
    isAway = false;
    await eventually('the newest', () => received.at(-1) === 'line 1000');
    const { dropped, sent } = await runner.status();
    expect(dropped + sent).toBe(1000);
    expect(received).toEqual(texts(dropped + 1, 1000));
  });

  test('ends while it waits', async () => {
    isAway = true;
    const runner = run({ random: () => 1 });
    await eventually('it runs', async () => (await positions.load(shop, 'central')) !== null);
    log.append(shop, lines(1, 1));
    await eventually('trying', async () => (await runner.status()).state === 'retrying');
    await runner.close();
    expect(received).toEqual([]);
  });
});
