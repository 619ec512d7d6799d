import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { drawSteps } from './steps-path.ts';

type Corner = readonly [move: boolean, x: number, y: number];

function drawn(points: readonly (readonly [number, number | null])[]): Corner[] {
  const corners: Corner[] = [];
  const pen = {
    moveTo: (x: number, y: number) => void corners.push([true, x, y]),
    lineTo: (x: number, y: number) => void corners.push([false, x, y]),
  };
  drawSteps(
    pen,
    points.length,
    (index) => points[index]![0],
    (index) => points[index]![1],
  );
  return corners;
}

test('a step goes on at its height until the next one, and what stays is one line', () => {
  expect(
    drawn([
      [0, 5],
      [10, 5],
      [20, 8],
      [30, 8],
    ]),
  ).toEqual([
    [true, 0, 5],
    [false, 20, 5],
    [false, 20, 8],
    [false, 30, 8],
  ]);
});

test('where nothing is known the pen is lifted', () => {
  expect(
    drawn([
      [0, 5],
      [10, null],
      [20, 7],
      [30, 7],
    ]),
  ).toEqual([
    [true, 0, 5],
    [false, 10, 5],
    [true, 20, 7],
    [false, 30, 7],
  ]);
});

test('of many changes within a pixel the least, the most and the last is drawn', () => {
  const corners = drawn([
    [0, 5],
    [3, 9],
    [3, 1],
    [3, 6],
    [3, 4],
    [8, 4],
  ]);
  expect(corners).toEqual([
    [true, 0, 5],
    [false, 3, 5],
    [false, 3, 1],
    [false, 3, 9],
    [false, 3, 4],
    [false, 8, 4],
  ]);
});

test('ten thousand points have no more corners than a screen can show, and reach as far up and down', () => {
  const value = fc.oneof(
    { arbitrary: fc.integer({ min: 0, max: 300 }), weight: 20 },
    { arbitrary: fc.constant(null), weight: 1 },
  );
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 2_000, maxLength: 4_000 }),
      fc.integer({ min: 50, max: 500 }),
      (values, width) => {
        const points = values.map((y, index) => [Math.round((index * width) / values.length), y] as const);
        const corners = drawn(points);
        const gaps = values.filter((y) => y === null).length;
        expect(corners.length).toBeLessThanOrEqual(5 * (width + gaps + 2));
        const known = values.filter((y) => y !== null);
        const heights = corners.map(([, , y]) => y);
        if (known.length === 0) return;
        expect(Math.min(...heights)).toBe(Math.min(...known));
        expect(Math.max(...heights)).toBe(Math.max(...known));
      },
    ),
    { numRuns: 30 },
  );
});
