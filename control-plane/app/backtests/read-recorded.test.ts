import { expect, test } from '@jest/globals';
import { piecesOf, spansOf } from './read-recorded.ts';

const DAY = 86_400;
const NOW = 1_800_000_000;

test('a time is read in steps of 10 s as far as these are kept, and of a minute before', () => {
  const spans = spansOf(NOW - 20 * DAY, NOW, NOW);
  expect(spans.map(({ tier }) => tier.name)).toEqual(['1m', '10s']);
  const [minutes, tens] = spans;
  expect(minutes!.from).toBe(NOW - 20 * DAY);
  expect(minutes!.from + minutes!.points * 60).toBe(tens!.from);
  expect(tens!.from).toBe(NOW - 14 * DAY);
  expect(tens!.from + tens!.points * 10).toBe(NOW);
});

test('whole steps that are over are read, and nothing where there is none', () => {
  expect(spansOf(NOW - 95, NOW - 2, NOW)).toMatchObject([{ tier: { name: '10s' }, from: NOW - 100, points: 9 }]);
  expect(spansOf(NOW - 9, NOW - 2, NOW)).toEqual([]);
  expect(spansOf(NOW, NOW - 2, NOW)).toEqual([]);
  expect(spansOf(NOW - 20 * DAY, NOW - 15 * DAY, NOW)).toHaveLength(1);
});

test('a span is read a few blocks at a time, each block once', () => {
  const [span] = spansOf(NOW - 3 * DAY - 1230, NOW, NOW);
  const pieces = piecesOf(span!);
  expect(pieces.length).toBeGreaterThan(5);
  expect(pieces[0]!.from).toBe(span!.from);
  for (const [index, { from, points }] of pieces.entries()) {
    const next = pieces[index + 1]?.from ?? span!.from + span!.points * 10;
    expect(from + points * 10).toBe(next);
    expect(points).toBeLessThanOrEqual(6 * 720);
    if (index > 0) expect(from % 7200).toBe(0);
  }
});
