import { describe, expect, test } from '@jest/globals';
import { horizonSeconds } from './horizon.ts';

const NONE = { startSeconds: [], windowSeconds: 60 };

describe('the horizon', () => {
  test('is the 90th percentile of the starts and one decision period', () => {
    const startSeconds = [10, 10, 10, 10, 10, 10, 10, 10, 14, 40];
    expect(horizonSeconds({ ...NONE, startSeconds, windowSeconds: 120 })).toBe(15);
  });

  test('looks at the last 20 starts only', () => {
    const startSeconds = [...Array.from({ length: 50 }, () => 100), ...Array.from({ length: 20 }, () => 4)];
    expect(horizonSeconds({ ...NONE, startSeconds })).toBe(5);
  });

  test('comes from the cartridge before a start was measured, and is 31 s when that says nothing', () => {
    expect(horizonSeconds({ ...NONE, declaredSeconds: 12 })).toBe(13);
    expect(horizonSeconds(NONE)).toBe(31);
  });

  test('is what the policy sets, whatever was measured', () => {
    expect(horizonSeconds({ ...NONE, policySeconds: 8, startSeconds: [30] })).toBe(8);
  });

  test('is never below 2 s, above 120 s or longer than the window', () => {
    expect(horizonSeconds({ ...NONE, startSeconds: [0.2] })).toBe(2);
    expect(horizonSeconds({ ...NONE, startSeconds: [500] })).toBe(60);
    expect(horizonSeconds({ ...NONE, startSeconds: [500], windowSeconds: 300 })).toBe(120);
  });

  test('leaves out durations that are none', () => {
    expect(horizonSeconds({ ...NONE, startSeconds: [Number.NaN, -1, 6] })).toBe(7);
  });
});
