import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { RateLimiter } from './rate-limiter.ts';

const LIMITS = { requestsPerSecond: 10, burst: 5, concurrent: 3, subscriptions: 2 };

function limiter(limits = LIMITS) {
  const time = { now: 1000 };
  const made = new RateLimiter(limits, () => time.now);
  const ask = (token = 'ann') => {
    const admission = made.request(token);
    if (admission.ok) admission.release();
    return admission;
  };
  return { made, time, ask };
}

describe('a token', () => {
  test('may ask a burst at once, then as many a second as it may', () => {
    const { time, ask } = limiter();
    expect(Array.from({ length: 6 }, () => ask().ok)).toEqual([true, true, true, true, true, false]);
    time.now += 99;
    expect(ask().ok).toBe(false);
    time.now += 1;
    expect(ask().ok).toBe(true);
    expect(ask().ok).toBe(false);
  });

  test('is told how long to wait, in whole seconds, and what it may', () => {
    const { ask } = limiter({ ...LIMITS, requestsPerSecond: 0.5, burst: 1 });
    expect(ask().ok).toBe(true);
    expect(ask()).toEqual({ ok: false, reason: 'rate', limit: 0.5, retryAfterSeconds: 2 });
  });

  test('may have only so many requests at once; each counts until it is answered, once', () => {
    const { made } = limiter();
    const running = Array.from({ length: 3 }, () => made.request('ann'));
    expect(running.map(({ ok }) => ok)).toEqual([true, true, true]);
    expect(made.request('ann')).toMatchObject({ ok: false, reason: 'concurrent', limit: 3 });
    const [first] = running;
    if (first?.ok) {
      first.release();
      first.release();
    }
    expect(made.use('ann').concurrent).toBe(2);
    expect(made.request('ann').ok).toBe(true);
    expect(made.request('ann').ok).toBe(false);
  });

  test('may have only so many subscriptions at once, which are no requests under way', () => {
    const { made } = limiter();
    const [first] = [made.subscribe('ann'), made.subscribe('ann')];
    expect(made.subscribe('ann')).toMatchObject({ ok: false, reason: 'subscriptions', limit: 2 });
    expect(made.use('ann')).toEqual({ remaining: 5, concurrent: 0, subscriptions: 2 });
    if (first.ok) first.release();
    expect(made.subscribe('ann').ok).toBe(true);
  });

  test('does not feel what others ask', () => {
    const { ask } = limiter();
    for (let count = 0; count < 100; count += 1) ask('eve');
    expect(ask('ann').ok).toBe(true);
  });

  test('that was refused is not refused longer for having asked', () => {
    const { time, ask } = limiter();
    for (let count = 0; count < 1000; count += 1) ask();
    time.now += 100;
    expect(ask().ok).toBe(true);
  });
});

test('in no window does a token get more than the burst and the rate', () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(steps, (pauses) => {
      const { time, ask } = limiter();
      const taken: number[] = [];
      for (const pause of pauses) {
        time.now += pause;
        if (ask().ok) taken.push(time.now);
      }
      for (const [index, from] of taken.entries())
        for (const [further, to] of taken.slice(index).entries())
          expect(further + 1).toBeLessThanOrEqual(
            LIMITS.burst + ((to - from) / 1000) * LIMITS.requestsPerSecond + 1e-6,
          );
    }),
  );
});

test('tokens that have long asked nothing are forgotten', () => {
  const { made, time } = limiter();
  for (let count = 0; count < 5000; count += 1) {
    time.now += 200;
    const admission = made.request(`token-${count}`);
    if (admission.ok) admission.release();
  }
  expect(made.remembered).toBeLessThanOrEqual(1000);
});
