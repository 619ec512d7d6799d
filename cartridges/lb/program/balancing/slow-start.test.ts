import { describe, expect, test } from '@jest/globals';
import { choose, type Candidate } from './choose.ts';
import { TRUSTED } from './ejection.ts';
import { startShare } from './slow-start.ts';

type Fake = Candidate & { inFlight: number };

function member(joinedAt: number, rest: Partial<Fake> = {}): Fake {
  const base = { weight: 1, state: 'active', inFlight: 0, trust: TRUSTED, credit: 0 } as const;
  return { ...base, joinedAt, slowStartSeconds: 10, startCredit: 0, ...rest };
}

/** The part of `choices` at the same moment that falls on the last of the members. */
function partOfLast(members: readonly Candidate[], now: number, choices = 3000): number {
  let last = 0;
  for (let round = 0; round < choices; round++) if (choose(members, 0, now) === members.at(-1)) last++;
  return last / choices;
}

describe('a member that has just joined', () => {
  const old = () => [member(-100), member(-100), member(-100)];

  test.each([
    [0, 0.1],
    [0.5, 0.1],
    [2.5, 0.25],
    [5, 0.5],
    [9, 0.9],
  ])('after %d of 10 s has %d of its share, though it is the idlest', (now, share) => {
    const busy = old().map((one) => ({ ...one, inFlight: 50 }));
    expect(startShare(member(0), now)).toBeCloseTo(share);
    expect(partOfLast([...busy, member(0)], now)).toBeCloseTo(share / 4, 2);
  });

  test('has all of it at the end of that time', () => {
    expect(partOfLast([...old(), member(0)], 10)).toBeCloseTo(0.25, 2);
  });

  test('takes what comes where no other is free', () => {
    const full = old().map((one) => ({ ...one, inFlight: 4 }));
    const young = member(0);
    expect(choose([...full, young], 4, 0)).toBe(young);
  });

  test('waits for nobody when all have joined at the same time', () => {
    const members = [member(0), member(0), member(0), member(0)];
    for (let count = 0; count < 40; count++) choose(members, 0, 0.1)!.inFlight++;
    expect(members.map(({ inFlight }) => inFlight)).toEqual([10, 10, 10, 10]);
  });
});
