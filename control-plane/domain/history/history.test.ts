import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeBlock, encodeBlock, unknownColumn, type Block } from './block.ts';
import { maximumOf, meanOf, rollUp, seriesIn, seriesOf } from './rollup.ts';
import { blockStart, expiryOf, pointsOf, tierFor, TIERS } from './tiers.ts';

const block = (columns: Record<string, readonly number[]>): Block => {
  const entries = Object.entries(columns).map(([name, values]) => [name, Float32Array.from(values)] as const);
  return { columns: new Map(entries), points: entries[0]?.[1].length ?? 0 };
};
const value = fc.oneof(fc.constant(Number.NaN), fc.constant(0), fc.double({ min: 0, max: 1e9, noNaN: true }));

describe('a block', () => {
  test('gives back each value to a relative error of 2⁻¹³, and what is unknown as unknown', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.array(value, { minLength: 7, maxLength: 7 })), (columns) => {
        const back = decodeBlock(encodeBlock({ ...block(columns), points: 7 }));
        expect([...(back?.columns.keys() ?? [])]).toEqual(Object.keys(columns));
        for (const [name, values] of Object.entries(columns)) {
          for (const [index, expected] of values.entries()) {
            const got = back!.columns.get(name)![index]!;
            if (Number.isNaN(expected)) expect(got).toBeNaN();
            else expect(Math.abs(got - expected)).toBeLessThanOrEqual(expected * 2 ** -13 * 1.001 + 1e-37);
          }
        }
      }),
    );
  });

  test('keeps small whole numbers exactly', () => {
    const numbers = Array.from({ length: 4096 }, (_, index) => index);
    expect([...decodeBlock(encodeBlock(block({ count: numbers })))!.columns.get('count')!]).toEqual(numbers);
  });

  test('bounds what a float cannot hold', () => {
    const [most] = decodeBlock(encodeBlock(block({ a: [Number.MAX_VALUE] })))!.columns.get('a')!;
    expect(most).toBeGreaterThan(3e38);
    expect(Number.isFinite(most)).toBe(true);
  });

  test('of a calm hour is small, of noise smaller than the numbers', () => {
    const points = pointsOf(TIERS[1]!);
    const calm = Array.from({ length: points }, () => 12);
    expect(encodeBlock(block({ 'requestsInFlight.mean': calm })).length).toBeLessThan(150);
    const noise = fc.sample(fc.double({ min: 10, max: 50, noNaN: true }), { numRuns: points, seed: 1 });
    expect(encodeBlock(block({ 'requestsInFlight.mean': noise })).length).toBeLessThan(points * 2.5);
  });

  test('that is damaged, cut off or of another version is none, and never an exception', () => {
    const good = encodeBlock(block({ a: [1, 2, 3], b: [4, 5, 6] }));
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(good.length - 1), fc.nat(255), (bytes, at, byte) => {
        decodeBlock(bytes);
        const damaged = Uint8Array.from(good);
        damaged[at] = byte;
        const back = decodeBlock(damaged);
        expect(back === undefined || back.points >= 0).toBe(true);
      }),
    );
    expect(decodeBlock(good.subarray(0, good.length - 3))).toBeUndefined();
    expect(decodeBlock(Uint8Array.from([2, ...good.subarray(1)]))).toBeUndefined();
  });

  test('refuses columns of unequal length', () => {
    const columns = new Map([['a', new Float32Array(2)]]);
    expect(() => encodeBlock({ columns, points: 3 })).toThrow(RangeError);
  });
});

describe('rolling up', () => {
  const empty: Block = { columns: new Map(), points: 4 };

  test('takes mean and maximum of what is known of each step', () => {
    const fine = block({ load: [1, 3, Number.NaN, 5, Number.NaN, Number.NaN] });
    const rolled = rollUp(empty, fine, 2, 2);
    expect([...rolled.columns.get(meanOf('load'))!]).toEqual([Number.NaN, 2, 5, Number.NaN]);
    expect([...rolled.columns.get(maximumOf('load'))!]).toEqual([Number.NaN, 3, 5, Number.NaN]);
  });

  test('takes the maximum of maxima, and the mean of means', () => {
    const fine = block({ 'load.mean': [1, 3], 'load.maximum': [10, 4] });
    const { mean, maximum } = seriesIn(rollUp(empty, fine, 0, 2), 'load')!;
    expect([mean[0], maximum[0]]).toEqual([2, 10]);
  });

  test('done twice changes nothing, and leaves alone what the finer block does not cover', () => {
    const series = fc.array(value, { minLength: 12, maxLength: 12 });
    fc.assert(
      fc.property(series, series, fc.nat(2), (before, values, place) => {
        const coarse = rollUp({ columns: new Map(), points: 12 }, block({ a: before }), 0, 1);
        const once = rollUp(coarse, block({ a: values }), place * 12, 3);
        expect(rollUp(once, block({ a: values }), place * 12, 3)).toEqual(once);
        const kept = (column: Float32Array) => column.filter((_, index) => index < place * 4 || index >= place * 4 + 4);
        expect(kept(once.columns.get('a.mean')!)).toEqual(kept(coarse.columns.get('a.mean')!));
      }),
    );
  });

  test('knows its series by their columns', () => {
    expect(seriesOf(block({ 'a.mean': [], 'a.maximum': [], 'instances.active': [] }))).toEqual([
      'a',
      'instances.active',
    ]);
    expect(seriesIn(block({ 'a.mean': [1] }), 'a')).toBeUndefined();
    expect(unknownColumn(2)).toEqual(Float32Array.from([Number.NaN, Number.NaN]));
  });
});

describe('tiers', () => {
  test('fit into each other', () => {
    for (const [index, tier] of TIERS.slice(1).entries()) {
      const finer = TIERS[index]!;
      expect(tier.stepSeconds % finer.stepSeconds).toBe(0);
      expect(tier.blockSeconds % finer.blockSeconds).toBe(0);
      expect(finer.blockSeconds % tier.stepSeconds === 0 || tier.stepSeconds > finer.blockSeconds).toBe(true);
      // What a coarser point is made of is still there when its block of the finer tier is complete.
      expect(finer.keepSeconds).toBeGreaterThanOrEqual(finer.blockSeconds);
    }
  });

  test('answer with what is kept and fits', () => {
    const now = 2_000_000_000;
    const hour = 3600;
    const day = 24 * hour;
    expect(tierFor(now - 600, 1, now).name).toBe('1s');
    expect(tierFor(now - 600, 30, now).name).toBe('10s');
    expect(tierFor(now - 2 * hour, 1, now).name).toBe('10s');
    expect(tierFor(now - 20 * day, 1, now).name).toBe('1m');
    expect(tierFor(now - 100 * day, 1, now).name).toBe('1h');
    expect(tierFor(now - 5000 * day, 1, now).name).toBe('1h');
    expect(tierFor(now - 600, 5 * hour, now).name).toBe('1h');
  });

  test('begin blocks at multiples of their length and keep them until the last point is too old', () => {
    const [finest] = TIERS;
    expect(blockStart(finest, 1_250)).toBe(1_200);
    expect(expiryOf(finest, 1_200)).toBe(1_200 + 600 + 3_600);
  });
});
