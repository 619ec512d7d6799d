import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { CourseColumn, courseSteps, recordedCourse } from './course.ts';
import type { RecordedPart } from './recorded-demand.ts';

const UNKNOWN = Number.NaN;

function part(
  from: number,
  stepSeconds: number,
  demand: readonly number[],
  active: readonly number[] = [],
): RecordedPart {
  return {
    ...{ from, stepSeconds },
    demand: Float32Array.from(demand),
    arrivals: new Float32Array(demand.length),
    active: Float32Array.from(demand, (_, step) => active[step] ?? UNKNOWN),
    starting: Float32Array.from(demand, () => UNKNOWN),
  };
}

test('the steps of a course are whole steps of what is recorded, and few enough to be drawn', () => {
  fc.assert(
    fc.property(fc.nat(3_000), fc.nat(50_000), (coarse, fine) => {
      fc.pre(coarse + fine > 0);
      const parts = [
        ...(coarse > 0 ? [part(600, 60, new Array<number>(coarse).fill(1))] : []),
        ...(fine > 0 ? [part(600 + coarse * 60, 10, new Array<number>(fine).fill(1))] : []),
      ];
      const { from, stepSeconds, points } = courseSteps(parts);
      expect(from).toBe(600);
      expect(stepSeconds % (coarse > 0 ? 60 : 10)).toBe(0);
      expect(points).toBeLessThanOrEqual(600);
      expect(points * stepSeconds).toBeGreaterThanOrEqual(coarse * 60 + fine * 10);
    }),
    { numRuns: 20 },
  );
});

test('a step is the mean of its seconds, and unknown without any', () => {
  const column = new CourseColumn({ from: 0, stepSeconds: 10, points: 3 });
  column.add(0, 2);
  column.add(9, 4);
  column.add(20, 6, 10);
  expect([...column.means()]).toEqual([3, UNKNOWN, 6]);
});

test('what was recorded is told with the instances that it required', () => {
  const parts = [part(0, 10, [21, UNKNOWN, 7], [2, 2, 1])];
  const { demand, required, recorded } = recordedCourse(courseSteps(parts), parts, 10);
  expect([...demand]).toEqual([21, UNKNOWN, 7]);
  expect([...required]).toEqual([3, UNKNOWN, 1]);
  expect([...recorded!]).toEqual([2, UNKNOWN, 1]);
});

test('where nobody counted instances there is no course of them', () => {
  const parts = [part(0, 10, [21])];
  expect(recordedCourse(courseSteps(parts), parts, 10).recorded).toBeNull();
});
