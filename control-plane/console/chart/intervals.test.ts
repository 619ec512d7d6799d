import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { add, lengthWithin, missingOf, without, type Intervals } from './intervals.ts';

const span = fc
  .tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 20 }))
  .map(([from, length]) => ({ from, to: from + length }));

const seconds = (intervals: Intervals): number[] =>
  intervals.flatMap(({ from, to }) => Array.from({ length: to - from }, (_, index) => from + index));

test('what was added is there once, in order, and whatever touches is joined', () => {
  fc.assert(
    fc.property(fc.array(span), (spans) => {
      const intervals = spans.reduce<Intervals>(add, []);
      const expected = [...new Set(seconds(spans))].sort((a, b) => a - b);
      expect(seconds(intervals)).toEqual(expected);
      for (const [index, { from, to }] of intervals.entries()) {
        expect(to).toBeGreaterThan(from);
        if (index > 0) expect(from).toBeGreaterThan(intervals[index - 1]!.to);
      }
    }),
  );
});

test('what is missing of a span is what it has and they have not', () => {
  fc.assert(
    fc.property(fc.array(span), span, (spans, asked) => {
      const intervals = spans.reduce<Intervals>(add, []);
      const known = new Set(seconds(intervals));
      const missing = seconds([asked]).filter((second) => !known.has(second));
      expect(seconds(missingOf(intervals, asked))).toEqual(missing);
      expect(lengthWithin(intervals, asked)).toBe(asked.to - asked.from - missing.length);
      expect(seconds(without(intervals, asked))).toEqual(
        seconds(intervals).filter((second) => second < asked.from || second >= asked.to),
      );
    }),
  );
});
