import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { Limits } from '../../../../schema/mqtt/limits.ts';
import { admit } from './admit.ts';
import { clientKey } from './client-key.ts';
import { Limiter } from './limiter.ts';

const one = (limits: Limits) => [{ of: 'route' as const, limiter: new Limiter(limits, 0) }];
/** How many of so many requests of a client at the same time are let in. */
function letIn(limiters: ReturnType<typeof one>, count: number, now: number, client = 'c'): number {
  return Array.from({ length: count }, () => admit(limiters, client, now)).filter(({ kind }) => kind === 'admitted')
    .length;
}

describe('a rate', () => {
  test('lets a burst in, then as many as it says', () => {
    const limiters = one({ requestsPerSecond: 10, burst: 5 });
    expect(letIn(limiters, 20, 0)).toBe(5);
    expect(letIn(limiters, 20, 0.35)).toBe(3);
    expect(letIn(limiters, 20, 100)).toBe(5);
  });

  test('without a burst of its own lets one second’s worth in at once, at least one', () => {
    expect(letIn(one({ requestsPerSecond: 10 }), 20, 0)).toBe(10);
    expect(letIn(one({ requestsPerSecond: 0.1 }), 20, 0)).toBe(1);
  });

  test('says how long it takes until it is worth asking again', () => {
    const limiters = one({ requestsPerSecond: 0.5, burst: 1 });
    admit(limiters, 'c', 0);
    expect(admit(limiters, 'c', 0.5)).toEqual({ kind: 'throttled', by: 'route', seconds: 1.5 });
    expect(admit(limiters, 'c', 2)).toMatchObject({ kind: 'admitted' });
  });

  test('is never exceeded in any interval by more than the burst', () => {
    const steps = fc.array(fc.double({ min: 0, max: 2, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 20 }), (pauses, rate, burst) => {
        const limiters = one({ requestsPerSecond: rate, burst });
        let now = 0;
        const admitted: number[] = [];
        for (const pause of pauses) {
          now += pause;
          const got = letIn(limiters, 7, now);
          admitted.push(...Array.from({ length: got }, () => now));
        }
        for (let first = 0; first < admitted.length; first++)
          for (let last = first; last < admitted.length; last++)
            expect(last - first + 1).toBeLessThanOrEqual(burst + rate * (admitted[last]! - admitted[first]!) + 1e-6);
      }),
    );
  });

  test('that changes keeps what is used up', () => {
    const [limiter] = one({ requestsPerSecond: 10, burst: 10 });
    expect(letIn([limiter!], 8, 0)).toBe(8);
    limiter!.limiter.change({ requestsPerSecond: 1, burst: 5 }, 0);
    expect(letIn([limiter!], 8, 0)).toBe(0);
    limiter!.limiter.change({ requestsPerSecond: 1, burst: 15 }, 0);
    expect(letIn([limiter!], 20, 0)).toBe(10);
  });
});

describe('a limit of requests under way', () => {
  test('holds until one has ended, and is not used up by those that are refused', () => {
    const limiters = one({ concurrent: 2 });
    const first = admit(limiters, 'c', 0);
    expect(letIn(limiters, 5, 0)).toBe(1);
    expect(admit(limiters, 'c', 9)).toEqual({ kind: 'throttled', by: 'route', seconds: 1 });
    if (first.kind === 'admitted') first.release();
    expect(letIn(limiters, 5, 9)).toBe(1);
  });
});

describe('several limits', () => {
  test('are kept together; one that refuses uses up nothing of the others', () => {
    const application = new Limiter({ requestsPerSecond: 1, burst: 3 }, 0);
    const route = new Limiter({ concurrent: 1 }, 0);
    const both = [
      { of: 'application' as const, limiter: application },
      { of: 'route' as const, limiter: route },
    ];
    expect(letIn(both as never, 10, 0)).toBe(1);
    expect(admit(both, 'c', 0)).toMatchObject({ by: 'route' });
    expect(letIn(both.slice(0, 1) as never, 10, 0)).toBe(2);
    expect(admit(both, 'c', 0)).toMatchObject({ by: 'application' });
  });

  test('of a client are each client’s own', () => {
    const limiters = one({ requestsPerSecond: 100, perClient: { requestsPerSecond: 1, burst: 2, concurrent: 2 } });
    expect(letIn(limiters, 5, 0, 'greedy')).toBe(2);
    expect(admit(limiters, 'greedy', 0)).toMatchObject({ by: 'client' });
    expect(letIn(limiters, 5, 0, 'modest')).toBe(2);
  });

  test('remember only so many clients', () => {
    const limiter = new Limiter({ perClient: { requestsPerSecond: 0.001, burst: 1 } }, 0);
    const named = [{ of: 'route' as const, limiter }];
    for (let index = 0; index < 20_000; index++) admit(named, `c${index}`, 0);
    expect(admit(named, 'c0', 0)).toMatchObject({ kind: 'throttled' });
    admit(named, 'one more', 0);
    expect(admit(named, 'c0', 0)).toMatchObject({ kind: 'admitted' });
    expect(admit(named, 'c19999', 0)).toMatchObject({ kind: 'throttled' });
  });
});

test.each([
  ['192.0.2.7', '192.0.2.7'],
  ['::ffff:192.0.2.7', '192.0.2.7'],
  ['2001:db8:0:7:1:2:3:4', '2001:db8:0:7::/64'],
  ['2001:DB8::1', '2001:db8:0:0::/64'],
  ['2001:0db8:0000:0007::', '2001:db8:0:7::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
  ['64:ff9b::192.0.2.7', '64:ff9b:0:0::/64'],
  ['unknown', 'unknown'],
])('%s counts as the client %s', (address, client) => {
  expect(clientKey(address)).toBe(client);
});
