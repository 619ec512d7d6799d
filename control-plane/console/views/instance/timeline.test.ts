import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { partsOf, spansOf, type Change } from './timeline.ts';

const START = Date.UTC(2026, 10, 30, 9);
const change = (seconds: number, to: string, code?: string): Change => ({
  ...{ at: new Date(START + seconds * 1000).toISOString(), to, cause: null },
  reason: code === undefined ? null : { code, message: `${code}!` },
});
const LIFE = [
  ...[change(0, 'created'), change(2, 'initialized'), change(3, 'starting'), change(5, 'active')],
  ...[change(65, 'unreachable'), change(75, 'reachable'), change(95, 'faulty', 'out-of-memory')],
];

test('each state lasts until the next, the last until now', () => {
  const spans = spansOf(LIFE, START + 100_000);
  expect(spans.map(({ to, seconds, isNow }) => [to, seconds, isNow])).toEqual([
    ['created', 2, false],
    ['initialized', 1, false],
    ['starting', 2, false],
    ['active', 60, false],
    ['unreachable', 10, false],
    ['reachable', 20, false],
    ['faulty', 5, true],
  ]);
  expect(spans.at(-1)?.reason?.code).toBe('out-of-memory');
});

test('what has ended lasts no longer', () => {
  const ended = spansOf([...LIFE, change(96, 'terminated')], START + 1e9);
  expect(ended.at(-1)).toMatchObject({ to: 'terminated', seconds: null });
  expect(partsOf(ended).reduce((sum, { seconds }) => sum + seconds, 0)).toBe(96);
});

test('the bar has a part for each stretch that looks the same', () => {
  const parts = partsOf(spansOf(LIFE, START + 100_000));
  expect(parts.map(({ tone, states, seconds }) => [tone, states.join(), seconds])).toEqual([
    ['warning', 'created,initialized,starting', 5],
    ['good', 'active', 60],
    ['bad', 'unreachable', 10],
    ['good', 'active', 20],
    ['bad', 'faulty', 5],
  ]);
  expect(parts.map(({ share }) => share)).toEqual([0.05, 0.6, 0.1, 0.2, 0.05]);
});

test('a life that has only begun, or of which nothing is kept, has no bar', () => {
  expect(partsOf(spansOf([change(0, 'created')], START))).toEqual([]);
  expect(partsOf(spansOf([], START))).toEqual([]);
});

test('whatever happened, and however clocks went, spans are not negative and parts make a whole', () => {
  const any = fc.tuple(
    fc.integer({ min: -100, max: 1000 }),
    fc.constantFrom('created', 'active', 'faulty', 'unreachable', 'reachable', 'maintenance', 'of-a-later-version'),
  );
  fc.assert(
    fc.property(fc.array(any), (changes) => {
      const spans = spansOf(
        changes.map(([at, to]) => change(at, to)),
        START,
      );
      for (const { seconds } of spans) expect(seconds).toBeGreaterThanOrEqual(0);
      const parts = partsOf(spans);
      if (parts.length > 0) expect(parts.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
    }),
  );
});
