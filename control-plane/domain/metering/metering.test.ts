import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { read, type Reading } from './reading.ts';
import { addUsage, hourOf, NO_USAGE, spread, USAGE_FIELDS, withoutNoise } from './usage.ts';

const HOUR = 3_600_000;

describe('reading a meter', () => {
  test('counts each unit of a session once, in whatever order reports come, lost and doubled ones included', () => {
    const sessions = fc.array(fc.array(fc.nat(1000), { minLength: 1, maxLength: 20 }), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(sessions, fc.infiniteStream(fc.nat(4)), (runs, chance) => {
        let last: Reading | undefined;
        let total = 0;
        let expected = 0;
        for (const [run, steps] of runs.entries()) {
          let counter = 0;
          const reports = steps.map((step) => (counter += step));
          // Some are lost, some come twice, some late; the last one of a session comes.
          const sent = reports.slice(0, -1).flatMap((value) => {
            const kind: number = chance.next().value as number;
            return kind === 0 ? [] : kind === 1 ? [value, value] : [value];
          });
          for (const value of [...sent, reports.at(-1)!, ...sent.slice(0, 2)]) {
            const { reading, used } = read(last, `session-${run}`, { cpuSeconds: value }, run, 0);
            total += used.cpuSeconds ?? 0;
            last = reading;
          }
          expected += counter;
        }
        expect(total).toBe(expected);
      }),
    );
  });

  test('says since when something was used: since the last reading, or since the session began', () => {
    const first = read(undefined, 's1', { requests: 5 }, 2000, 500);
    expect(first).toMatchObject({ used: { requests: 5 }, since: 500 });
    const second = read(first.reading, 's1', { requests: 7 }, 3000, 500);
    expect(second).toMatchObject({ used: { requests: 2 }, since: 2000 });
    expect(read(second.reading, 's2', { requests: 1 }, 4000, 3500)).toMatchObject({
      used: { requests: 1 },
      since: 3500,
    });
  });

  test('counts nothing for a counter that went back, nor again when it comes up to where it was', () => {
    const { reading } = read(undefined, 's', { cpuSeconds: 10 }, 0, 0);
    const back = read(reading, 's', { cpuSeconds: 4 }, 1, 0);
    expect(back.used).toEqual({});
    expect(read(back.reading, 's', { cpuSeconds: 11 }, 2, 0).used).toEqual({ cpuSeconds: 1 });
  });
});

describe('spreading over hours', () => {
  test('gives every hour its share, and in all what there was', () => {
    const amount = fc.double({ min: 0, max: 1e12, noNaN: true });
    fc.assert(
      fc.property(amount, fc.nat(10 * HOUR), fc.nat(30 * HOUR), (cpuSeconds, from, duration) => {
        const parts = spread({ cpuSeconds }, from, from + duration);
        const sum = parts.reduce((total, part) => total + part.amount.cpuSeconds!, 0);
        expect(Math.abs(sum - cpuSeconds)).toBeLessThanOrEqual(cpuSeconds * 1e-12 + Number.MIN_VALUE * parts.length);
        expect(parts.every(({ hour }) => hour === hourOf(hour))).toBe(true);
        expect(new Set(parts.map(({ hour }) => hour)).size).toBe(parts.length);
      }),
    );
  });

  test('divides by time', () => {
    expect(spread({ requests: 90 }, HOUR - 60_000, HOUR + 120_000)).toEqual([
      { hour: 0, amount: { requests: 30 } },
      { hour: HOUR, amount: { requests: 60 } },
    ]);
    expect(spread({ requests: 1 }, HOUR, HOUR)).toEqual([{ hour: HOUR, amount: { requests: 1 } }]);
  });
});

test('usage adds up field by field', () => {
  const sum = addUsage(addUsage(NO_USAGE, { requests: 2, bytesIn: 1 }), { requests: 3 });
  expect(sum).toEqual({ ...NO_USAGE, requests: 5, bytesIn: 1 });
  expect(Object.keys(NO_USAGE)).toEqual([...USAGE_FIELDS]);
});

describe('what is shown', () => {
  test('has none of the noise of adding up', () => {
    const noisy = { ...NO_USAGE, instanceSeconds: 3266.781000000001, activeSeconds: 2235.0999999999995 };
    const added = addUsage({ ...noisy, cpuSeconds: 0.08999999999999986 }, { memoryByteSeconds: 158_848_034_190.80222 });
    expect(withoutNoise({ ...added, bytesOut: 123_456_789_012_345 })).toEqual({
      ...NO_USAGE,
      ...{ instanceSeconds: 3266.781, activeSeconds: 2235.1, cpuSeconds: 0.09 },
      ...{ memoryByteSeconds: 158_848_034_190.802, bytesOut: 123_456_789_012_345 },
    });
  });

  test('differs from what was added up by a millionth at most, and is never negative', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e9, noNaN: true }), (cpuSeconds) => {
        const shown = withoutNoise({ ...NO_USAGE, cpuSeconds }).cpuSeconds;
        expect(Math.abs(shown - cpuSeconds)).toBeLessThanOrEqual(1e-6);
        expect(shown).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});
