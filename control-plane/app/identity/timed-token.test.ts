import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { newUid } from '../../../schema/ids.ts';
import {
  endOfPeriod,
  endsInTime,
  isInTime,
  isProved,
  periodsOf,
  readTimedToken,
  timedToken,
  type Periods,
} from './timed-token.ts';

const NOW = 1_800_000_000_000;
const HOUR = 3_600_000;
const HOURLY: Periods = { lifetimeMilliseconds: HOUR, graceMilliseconds: 600_000 };

const uids = fc.stringMatching(/^[a-z0-9-]{1,40}$/);
const times = fc.integer({ min: 1_500_000_000_000, max: 4_000_000_000_000 });
const periods = fc
  .record({ lifetime: fc.integer({ min: 30, max: 86_400 }), grace: fc.integer({ min: 10, max: 86_400 }) })
  .map(
    ({ lifetime, grace }) =>
      periodsOf({ lifetimeMilliseconds: lifetime * 1000, graceMilliseconds: grace * 1000 }) ?? HOURLY,
  );

describe('a period', () => {
  test('ends later than now and after no more than a lifetime, and the next begins there', () => {
    fc.assert(
      fc.property(uids, periods, times, (uid, each, now) => {
        const end = endOfPeriod(uid, each, now);
        expect(end).toBeGreaterThan(now);
        expect(end - now).toBeLessThanOrEqual(each.lifetimeMilliseconds);
        expect(endOfPeriod(uid, each, end - 1)).toBe(end);
        expect(endOfPeriod(uid, each, end)).toBe(end + each.lifetimeMilliseconds);
      }),
    );
  });

  test('begins at another moment for each instance, spread evenly over the lifetime', () => {
    const tenths = new Map<number, number>();
    for (let count = 0; count < 1000; count += 1) {
      const left = endOfPeriod(newUid(NOW), HOURLY, NOW) - NOW;
      const tenth = Math.min(9, Math.floor((left / HOUR) * 10));
      tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
    }
    // Of 100 that are expected; 40 is more than six standard deviations away.
    for (let tenth = 0; tenth < 10; tenth += 1) expect(tenths.get(tenth)).toBeGreaterThan(40);
  });
});

describe('a token', () => {
  test('counts from its period’s begin to the grace after its end, and neither a moment longer', () => {
    fc.assert(
      fc.property(uids, periods, times, (uid, each, now) => {
        const end = endOfPeriod(uid, each, now);
        expect(isInTime(end, each, now)).toBe(true);
        expect(isInTime(end, each, end + each.graceMilliseconds - 1)).toBe(true);
        expect(isInTime(end, each, end + each.graceMilliseconds)).toBe(false);
      }),
    );
  });

  test('of now goes on to count when the clock is set back by up to a lifetime, and never one that ends later than the next', () => {
    fc.assert(
      fc.property(uids, periods, times, fc.double({ min: 0, max: 1, noNaN: true }), (uid, each, now, share) => {
        const end = endOfPeriod(uid, each, now);
        expect(isInTime(end, each, now - share * each.lifetimeMilliseconds)).toBe(true);
        expect(isInTime(end + 2 * each.lifetimeMilliseconds, each, now)).toBe(false);
      }),
    );
  });

  test('of whoever asks twice within the grace is followed in time, whenever the asking begins', () => {
    fc.assert(
      fc.property(uids, periods, times, fc.double({ min: 0.8, max: 1, noNaN: true }), (uid, each, begin, share) => {
        let held = endOfPeriod(uid, each, begin);
        let now = begin;
        for (let asked = 0; asked < 20; asked += 1) {
          now += Math.floor((each.graceMilliseconds / 2) * share);
          expect(isInTime(held, each, now)).toBe(true);
          held = endOfPeriod(uid, each, now);
        }
      }),
    );
  });

  test('is one of at most three that count, of which at most one has ended', () => {
    fc.assert(
      fc.property(uids, periods, times, (uid, each, now) => {
        const ends = endsInTime(uid, each, now);
        expect(ends[0]).toBe(endOfPeriod(uid, each, now));
        expect(ends.length).toBeLessThanOrEqual(3);
        expect(ends.filter((end) => end <= now).length).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('says whose it is and until when, and whatever is changed of it proves nothing', () => {
    fc.assert(
      fc.property(uids, times, fc.nat(), fc.constantFrom(...'abcXYZ019._-'), (uid, end, at, letter) => {
        const token = timedToken('secret', uid, end);
        expect(readTimedToken(token)).toEqual({ instance: uid, end });
        expect([isProved(token, ['other', 'secret']), isProved(token, ['other']), isProved(token, [])]).toEqual([
          true,
          false,
          false,
        ]);
        const place = at % token.length;
        const changed = `${token.slice(0, place)}${letter}${token.slice(place + 1)}`;
        if (changed !== token) expect(isProved(changed, ['secret'])).toBe(false);
        expect(isProved(token.slice(0, -1), ['secret'])).toBe(false);
      }),
    );
  });

  test('that is no such token says nothing', () => {
    for (const text of ['', 'a.b.c', 'a'.repeat(43), `a.0.${'x'.repeat(43)}`, `a.12.${'x'.repeat(43)}\n`])
      expect([readTimedToken(text), isProved(text, ['secret'])]).toEqual([undefined, false]);
  });
});

test('a grace is no longer than the lifetime, and without a lifetime there are no periods', () => {
  const graceMilliseconds = 600_000;
  expect(periodsOf({ lifetimeMilliseconds: 60_000, graceMilliseconds })?.graceMilliseconds).toBe(60_000);
  expect(periodsOf({ lifetimeMilliseconds: HOUR, graceMilliseconds })).toEqual(HOURLY);
  expect(periodsOf({ lifetimeMilliseconds: null, graceMilliseconds })).toBeNull();
});
