import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pino from 'pino';
import { eventually } from '../../../test/support/eventually.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { RequestError } from '../errors.ts';
import type { Timer } from '../ports/clock.ts';
import { Backtests, type BacktestWork } from './backtests.ts';
import type { BacktestResult } from './use-cases.ts';

const RESULT = { sentence: 'it is so' } as BacktestResult;
const HOUR = 3_600_000;

let now: number;
let backtests: Backtests;
let count: number;
/** What was to be done later, by the milliseconds until then. */
let timers: Map<number, () => void>;
/** Ends of the works that run. */
let ends: Map<string, { readonly resolve: (result: BacktestResult) => void; readonly reject: (error: Error) => void }>;
const logged: unknown[] = [];

beforeEach(() => {
  now = 1_800_000_000_000;
  count = 0;
  timers = new Map();
  ends = new Map();
  logged.length = 0;
  const setTimeout = (task: () => void, milliseconds: number): Timer => {
    timers.set(milliseconds, task);
    return { cancel: () => undefined };
  };
  const logger = pino({ level: 'silent' });
  logger.error = (fields: unknown) => void logged.push(fields);
  backtests = new Backtests({ clock: { ...systemClock, now: () => now, setTimeout }, logger });
});
afterEach(() => backtests.close());

function add(tenant = 'acme', work?: BacktestWork): string {
  count += 1;
  const uid = `b${String(count).padStart(4, '0')}`;
  const running: BacktestWork = ({ signal }) =>
    new Promise((resolve, reject) => {
      ends.set(uid, { resolve, reject });
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });
  const asked = { tenant, application: 'shop', alias: 'web', policy: 'calm', createdBy: 'ann' };
  return backtests.add({ uid, ...asked, from: 0, to: now, createdAt: now }, work ?? running).uid;
}
const state = (uid: string) => backtests.get(uid)?.outcome.state;
const until = (uid: string, wanted: string) => eventually(`${uid} to be ${wanted}`, () => state(uid) === wanted);

describe('backtests', () => {
  test('run one of a tenant and two of all at once, the oldest first', async () => {
    const [a1, a2, b1, c1] = [add('a'), add('a'), add('b'), add('c')];
    expect([a1, a2, b1, c1].map(state)).toEqual(['running', 'waiting', 'running', 'waiting']);
    ends.get(b1)!.resolve(RESULT);
    await until(c1, 'running');
    expect(state(a2)).toBe('waiting');
    ends.get(a1)!.resolve(RESULT);
    await until(a2, 'running');
    expect(backtests.get(a1)).toMatchObject({ progress: 1, finishedAt: now, outcome: { result: RESULT } });
  });

  test('are refused when too many wait, of one tenant and of all', () => {
    for (let index = 0; index < 9; index += 1) add('a');
    expect(() => add('a')).toThrow(expect.objectContaining({ code: 'BACKTESTS_FULL' }));
    for (let tenant = 0; tenant < 57; tenant += 1) add(`t${tenant}`);
    expect(() => add('z')).toThrow(/of others wait already/);
  });

  test('tell how far they have come', async () => {
    let tell: (share: number) => void = () => undefined;
    const uid = add('a', ({ signal, onProgress }) => {
      tell = onProgress;
      return new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason as Error));
      });
    });
    tell(0.25);
    expect(backtests.get(uid)?.progress).toBe(0.25);
    backtests.cancel(uid);
    tell(0.5);
    expect(backtests.get(uid)?.progress).toBe(0.25);
  });

  test('fail with what whoever asked can put right, and keep the rest for the log', async () => {
    const mine = add('a', () => Promise.reject(new RequestError('NOTHING_RECORDED', 'ask later')));
    const ours = add('b', () => Promise.reject(new Error('/data is broken')));
    await until(mine, 'failed');
    await until(ours, 'failed');
    expect(backtests.get(mine)?.outcome).toMatchObject({ reason: { code: 'NOTHING_RECORDED', message: 'ask later' } });
    expect(backtests.get(ours)?.outcome).toMatchObject({ reason: { code: 'BACKTEST_FAILED' } });
    expect(JSON.stringify(backtests.get(ours))).not.toContain('/data');
    expect(logged).toEqual([expect.objectContaining({ backtest: ours })]);
  });

  test('that are cancelled end at once and make room; what has ended stays as it is', async () => {
    const [first, second] = [add(), add()];
    expect(backtests.cancel(first)?.outcome).toEqual({ state: 'cancelled' });
    await until(second, 'running');
    ends.get(second)!.resolve(RESULT);
    await until(second, 'succeeded');
    expect(backtests.cancel(second)?.outcome.state).toBe('succeeded');
    expect(backtests.cancel('nobody')).toBeUndefined();
    expect(logged).toEqual([]);
  });

  test('that take too long are ended and say so', async () => {
    const uid = add();
    timers.get(600_000)!();
    expect(backtests.get(uid)?.outcome).toMatchObject({ state: 'failed', reason: { code: 'BACKTEST_TIMED_OUT' } });
  });

  test('are kept for an hour after their end, and the newest hundred of a tenant', async () => {
    const done: BacktestWork = async () => RESULT;
    const uids: string[] = [];
    for (let index = 0; index < 101; index += 1) {
      uids.push(add('a', done));
      await until(uids.at(-1)!, 'succeeded');
    }
    expect([state(uids[0]!), state(uids[1]!)]).toEqual([undefined, 'succeeded']);
    const running = add('b');
    now += HOUR + 1;
    expect([state(uids.at(-1)!), state(running)]).toEqual([undefined, 'running']);
  });

  test('end with the control plane, and nothing new begins', async () => {
    const [first, second] = [add(), add()];
    await backtests.close();
    expect([state(first), state(second)]).toEqual(['cancelled', 'cancelled']);
    expect(() => add()).toThrow(expect.objectContaining({ code: 'BACKTESTS_FULL' }));
  });
});
