import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { carriedOn, following, ofSpan, panned, showing, zoomed } from './view.ts';

const NOW = 1_800_000_000;
const bounds = { earliest: NOW - 30 * 86_400, now: NOW, horizonSeconds: 30 };

test('a view that follows ends behind the forecast, and moves on with the time', () => {
  const view = following(600, bounds);
  expect(view.to).toBe(NOW + 36);
  expect(view.to - view.from).toBe(600);
  expect(carriedOn(view, { ...bounds, now: NOW + 5 }).to).toBe(NOW + 41);
  const still = panned(view, -100, bounds);
  expect(carriedOn(still, { ...bounds, now: NOW + 5 })).toEqual(still);
});

test('who pans away stays there, and who comes back to the end follows again', () => {
  const view = following(600, bounds);
  const away = panned(view, -1_000, bounds);
  expect(away).toEqual({ from: view.from - 1_000, to: view.to - 1_000, follows: false });
  expect(panned(away, 999, bounds).follows).toBe(false);
  expect(panned(away, 1_500, bounds)).toEqual(view);
});

test('zooming keeps the time under the pointer where it is', () => {
  fc.assert(
    fc.property(
      fc.double({ min: 0, max: 1, noNaN: true }),
      fc.double({ min: 0.5, max: 2, noNaN: true }),
      (share, factor) => {
        const view = { from: NOW - 9_000, to: NOW - 6_000, follows: false };
        const anchor = view.from + share * 3_000;
        const next = zoomed(view, factor, anchor, bounds);
        expect((anchor - next.from) / (next.to - next.from)).toBeCloseTo(share);
        expect(next.to - next.from).toBeCloseTo(3_000 * factor);
      },
    ),
  );
});

test('nobody sees less than two minutes, more than a week, or further ahead than the forecast', () => {
  const view = following(600, bounds);
  expect(zoomed(view, 1e-9, NOW, bounds).to - zoomed(view, 1e-9, NOW, bounds).from).toBe(120);
  const week = zoomed(view, 1e9, NOW, bounds);
  expect(week.to - week.from).toBe(7 * 86_400);
  fc.assert(
    fc.property(fc.double({ min: -1e8, max: 1e8, noNaN: true }), fc.integer({ min: 120, max: 604_800 }), (by, span) => {
      const next = panned(following(span, bounds), by, bounds);
      expect(next.to).toBeLessThanOrEqual(following(span, bounds).to);
      expect(next.to).toBeGreaterThan(bounds.earliest);
    }),
  );
});

test('a span that is chosen keeps the centre, or keeps following', () => {
  const away = { from: NOW - 5_000, to: NOW - 4_000, follows: false };
  expect(ofSpan(away, 400, bounds)).toEqual({ from: NOW - 4_700, to: NOW - 4_300, follows: false });
  expect(ofSpan(following(600, bounds), 3_600, bounds)).toEqual(following(3_600, bounds));
});

test('a time is brought into view only when it is not', () => {
  const view = following(600, bounds);
  expect(showing(view, NOW - 10, bounds)).toBe(view);
  expect(showing(view, NOW - 5_000, bounds)).toEqual({ from: NOW - 5_300, to: NOW - 4_700, follows: false });
});
