import { describe, expect, test } from '@jest/globals';
import type { DecisionInput } from './decision.ts';
import { gainLimit } from './no-gain.ts';
import { inputOf, NOW } from './testing/inputs.ts';

const MINUTE = 60_000;
/** Twenty instances wanted and there, and more are asked for as requests wait. */
const input = (history: DecisionInput['history'], change: Partial<DecisionInput> = {}): DecisionInput =>
  inputOf({
    ...{ wanted: 20, instances: { active: 20, starting: 0, failedStarting: 0, unreachable: 0 } },
    ...{ throughput: 100, arrivals: 300, errorShare: 0.5, serviceSeconds: 0.1, horizonSeconds: 20, history },
    ...change,
  });
const growth = (ago: number, from: number, to: number, throughput: number, inTrouble = true) => ({
  ...{ at: NOW - ago, from, to, throughput },
  ...(inTrouble ? { inTrouble } : {}),
});
const VAIN = [growth(3 * MINUTE, 5, 10, 99), growth(2 * MINUTE, 10, 20, 101)];

test('growth that gained nothing ends, and it is said what was compared', () => {
  expect(gainLimit(input(VAIN), true)).toEqual({
    to: 20,
    detail: '20 instances answer 100 requests per second, 10 answered 101: the bottleneck is elsewhere',
  });
});

describe('nothing is said against growth', () => {
  const rows: readonly [string, DecisionInput][] = [
    ['that gained', input(VAIN, { throughput: 120 })],
    ['while requests neither wait nor fail', input(VAIN, { errorShare: 0.001 })],
    ['when no balancer reports', input(VAIN, { throughput: null, errorShare: null })],
    ['the first time: what was answered before may have been answered in less time', input(VAIN.slice(1))],
    ['when growth was meant for what was to come', input([growth(3 * MINUTE, 5, 10, 99, false), VAIN[1]!])],
    [
      'when instances went in between',
      input([VAIN[0]!, growth(2.5 * MINUTE, 10, 9, 99), growth(2 * MINUTE, 9, 20, 101)]),
    ],
    ['before it has taken effect', input([VAIN[0]!, growth(29_000, 10, 20, 101)])],
    [
      'before those instances are there',
      input(VAIN, { instances: { active: 12, starting: 8, failedStarting: 0, unreachable: 0 } }),
    ],
    ['before a slow request could have been answered', input(VAIN, { serviceSeconds: 120 })],
    [
      'when fewer instances more than a quarter came',
      input([growth(3 * MINUTE, 16, 17, 99), growth(2 * MINUTE, 17, 20, 101)]),
    ],
    [
      'when too few requests are answered to tell',
      input([growth(3 * MINUTE, 8, 10, 1), growth(2 * MINUTE, 10, 20, 1)], { throughput: 1, arrivals: 3 }),
    ],
    [
      'when the trouble was another one, a while ago',
      input(VAIN.map((change) => ({ ...change, at: change.at - 30 * MINUTE }))),
    ],
  ];
  test.each(rows)('%s', (_, given) => {
    expect(gainLimit(given, false)).toBeUndefined();
  });
});

test('requests that wait are trouble, too, where none fails', () => {
  expect(gainLimit(input(VAIN, { errorShare: 0 }), true)?.to).toBe(20);
  expect(gainLimit(input(VAIN, { errorShare: 0 }), false)).toBeUndefined();
});

test('next to nothing that is answered gains nothing by chance', () => {
  const hangs = [growth(3 * MINUTE, 1, 5, 50), growth(2.5 * MINUTE, 5, 10, 0), growth(2 * MINUTE, 10, 20, 0.1)];
  expect(gainLimit(input(hangs, { throughput: 0.4, arrivals: 600, errorShare: 0.999 }), true)?.to).toBe(20);
});

describe('attempts', () => {
  const after = (minutes: number, ...attempts: readonly (readonly [minute: number, from: number, to: number])[]) =>
    gainLimit(
      input([
        ...[growth(minutes * MINUTE, 5, 8, 99), growth((minutes - 0.5) * MINUTE, 8, 10, 99)],
        ...[[1, 10, 18] as const, ...attempts].map(([at, from, to]) => growth((minutes - at) * MINUTE, from, to, 101)),
      ]),
      true,
    );

  test('are of a tenth more, after ten minutes', () => {
    expect(after(10.9)?.to).toBe(20);
    expect(after(11)).toMatchObject({ to: 22, detail: expect.stringContaining('one more attempt') });
  });

  test('become rare: the next one comes when the trouble has lasted twice as long', () => {
    expect(after(21.9, [11, 18, 20])?.to).toBe(20);
    expect(after(22, [11, 18, 20])?.to).toBe(22);
    expect(after(43, [11, 18, 20], [22, 20, 22])?.to).toBe(20);
    expect(after(44, [11, 18, 20], [22, 20, 22])?.to).toBe(22);
  });
});
