import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { anyServes, choose, type Candidate } from './choose.ts';
import { TRUSTED, type Trust } from './ejection.ts';

interface Fake extends Candidate {
  readonly name: string;
  inFlight: number;
}

function member(name: string, rest: Partial<Fake> = {}): Fake {
  const starter = { joinedAt: 0, slowStartSeconds: 0, startCredit: 0 };
  return { name, weight: 1, state: 'active', inFlight: 0, trust: TRUSTED, credit: 0, ...starter, ...rest };
}

const ejected = (until: number): Trust => ({ kind: 'ejected', cause: 'refused', until, times: 1 });

describe('the choice of a member', () => {
  test('falls on the fewest requests in flight', () => {
    const members = [member('a', { inFlight: 2 }), member('b', { inFlight: 1 }), member('c', { inFlight: 3 })];
    expect(choose(members, 0, 0)?.name).toBe('b');
  });

  test('counts requests in flight by weight', () => {
    const members = [member('a', { inFlight: 2, weight: 1 }), member('b', { inFlight: 5, weight: 3 })];
    expect(choose(members, 0, 0)?.name).toBe('b');
  });

  test('takes turns by weight among equals', () => {
    const members = [member('a', { weight: 1 }), member('b', { weight: 3 })];
    const counts: Record<string, number> = { a: 0, b: 0 };
    for (let round = 0; round < 400; round++) counts[choose(members, 0, 0)!.name]!++;
    expect(counts).toEqual({ a: 100, b: 300 });
  });

  test('passes over what drains, is at its limit or ejected', () => {
    const members = [
      member('draining', { state: 'draining' }),
      member('full', { inFlight: 4 }),
      member('ejected', { trust: ejected(10) }),
    ];
    expect(choose(members, 4, 5)).toBeUndefined();
    expect(anyServes(members, 5)).toBe(true);
    expect(anyServes([members[0]!, members[2]!], 5)).toBe(false);
  });

  test('gives one request at a time to what comes back from ejection', () => {
    const back = member('back', { trust: ejected(10) });
    expect(choose([back], 0, 10)).toBe(back);
    back.inFlight = 1;
    expect(choose([back], 0, 10)).toBeUndefined();
  });

  test('takes a member that was tried only if no other is free', () => {
    const [a, b] = [member('a'), member('b', { inFlight: 9 })];
    expect(choose([a, b], 0, 0, new Set([a]))).toBe(b);
    expect(choose([a, b], 9, 0, new Set([a]))).toBe(a);
  });

  test('keeps members within one request of each other when all requests last', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 0, max: 200 }), (size, requests) => {
        const members = Array.from({ length: size }, (_, index) => member(String(index)));
        for (let count = 0; count < requests; count++) choose(members, 0, 0)!.inFlight++;
        const loads = members.map(({ inFlight }) => inFlight);
        expect(Math.max(...loads) - Math.min(...loads)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
