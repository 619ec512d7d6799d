import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { manualNumber } from './clamps.ts';
import { decide } from './decide.ts';
import type { DecisionInput, FactorInput } from './decision.ts';
import { explain } from './explain.ts';
import { replay } from './replay.ts';
import { NOW } from './testing/inputs.ts';

const number = (min: number, max: number) => fc.double({ min, max, noNaN: true });

const windows = fc
  .tuple(
    fc.array(fc.tuple(number(0, 1e6), fc.boolean(), fc.integer({ min: 0, max: 9 })), { maxLength: 60 }),
    fc.integer({ min: 0, max: 30 }),
  )
  .map(([values, gap]) =>
    values.map(([total, saturated, instances], index) => ({
      second: NOW / 1000 - values.length + index - gap,
      total,
      saturated,
      instances,
    })),
  );

const factors: fc.Arbitrary<FactorInput> = fc.record({
  name: fc.constantFrom('requestsInFlight', 'requestsPerSecond', 'loadAverage', 'memory', 'app-jobs', 'unknown'),
  target: number(0.001, 1e6),
  base: fc.oneof(fc.constant(0), number(0, 100)),
  window: windows,
});

const changes = fc.array(
  fc.record({
    at: fc.integer({ min: NOW - 700_000, max: NOW }),
    from: fc.nat(12),
    to: fc.nat(12),
    throughput: fc.option(number(0, 1e5)),
  }),
  { maxLength: 6 },
);

const inputs: fc.Arbitrary<DecisionInput> = fc
  .record({
    now: fc.constant(NOW),
    key: fc.constant('acme/shop/php'),
    policy: fc.record({
      bounds: fc.tuple(fc.nat(20), fc.nat(20)),
      windowSeconds: fc.integer({ min: 10, max: 120 }),
      tolerance: number(0, 1),
      scaleUp: fc.record({
        maximumInstances: fc.integer({ min: 1, max: 20 }),
        maximumFactor: number(1, 10),
        periodSeconds: number(1, 60),
      }),
      scaleDown: fc.record({
        maximumInstances: fc.integer({ min: 1, max: 20 }),
        periodSeconds: number(1, 60),
        regretSeconds: number(0, 300),
      }),
    }),
    factors: fc.array(factors, { maxLength: 3 }),
    horizonSeconds: number(2, 120),
    wanted: fc.nat(25),
    instances: fc.record({
      active: fc.nat(25),
      starting: fc.nat(10),
      failedStarting: fc.nat(3),
      unreachable: fc.nat(3),
    }),
    freshnessSeconds: fc.option(number(0, 1000)),
    staleSeconds: number(10, 200),
    windowsFull: fc.boolean(),
    history: changes,
    recentProposals: fc.array(fc.record({ at: fc.integer({ min: NOW - 300_000, max: NOW }), instances: fc.nat(25) }), {
      maxLength: 5,
    }),
    proposalsSince: fc.option(fc.integer({ min: NOW - 600_000, max: NOW })),
    throughput: fc.option(number(0, 1e5)),
    errorShare: fc.option(number(0, 1)),
    queued: fc.nat(100),
    override: fc.option(
      fc.record({
        kind: fc.constantFrom('pin' as const, 'floor' as const),
        instances: fc.nat(40),
        reason: fc.constant('sale'),
        expiresAt: fc.integer({ min: NOW - 1000, max: NOW + 1000 }),
      }),
    ),
    paused: fc.boolean(),
    shadow: fc.boolean(),
    frozen: fc.option(fc.record({ by: fc.constant('ann'), reason: fc.constant('incident') })),
    silenced: fc.boolean(),
    quota: fc.nat(30),
    room: fc.nat(30),
  })
  .map(({ policy: { bounds, ...policy }, ...rest }) => ({
    ...rest,
    policy: { ...policy, minimum: Math.min(...bounds), maximum: Math.max(1, ...bounds) },
  }));

/** Nothing but the factors decides. */
const undisturbed = inputs.map((input): DecisionInput => ({
  ...input,
  override: null,
  silenced: false,
  paused: false,
  shadow: false,
  frozen: null,
}));

function numbersOf(value: unknown): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(numbersOf);
}

describe('every decision', () => {
  test('has only finite numbers, and none of instances that is negative or broken', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const decision = decide(input);
        expect(numbersOf(decision).every(Number.isFinite)).toBe(true);
        for (const count of [decision.to, decision.acted, decision.recommended]) {
          expect(Number.isInteger(count)).toBe(true);
          expect(count).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test('is the same to the bit for the same input, also after the store', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const stored = JSON.parse(JSON.stringify({ input, decision: decide(input) })) as {
          input: DecisionInput;
          decision: ReturnType<typeof decide>;
        };
        expect(replay(stored.input, stored.decision)).toMatchObject({ same: true, difference: null });
      }),
    );
  });

  test('keeps the bounds, and growth keeps quota and room', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const { to } = decide(input);
        expect(to).toBeLessThanOrEqual(Math.max(input.policy.maximum));
        expect(to).toBeLessThanOrEqual(Math.max(input.wanted, Math.min(input.quota, input.room)));
        const reachable = Math.max(input.wanted, Math.min(input.quota, input.room));
        expect(to).toBeGreaterThanOrEqual(Math.min(input.policy.minimum, reachable));
      }),
    );
  });

  test('never shrinks on stale data, except to bounds or by hand', () => {
    fc.assert(
      fc.property(undisturbed, (input) => {
        const stale = { ...input, freshnessSeconds: input.staleSeconds + 1 };
        const { to } = decide(stale);
        expect(to).toBeGreaterThanOrEqual(Math.min(input.wanted, input.policy.maximum));
      }),
    );
  });

  test('acts on nothing while paused or in shadow mode', () => {
    fc.assert(
      fc.property(inputs, fc.constantFrom('paused', 'shadow'), (input, hold) => {
        expect(decide({ ...input, [hold]: true })).toMatchObject({ acted: input.wanted, outcome: 'hold' });
      }),
    );
  });

  test('wants nothing of what people stopped, whatever else holds it, and stores what computes to the same', () => {
    const stopped = { by: 'ann', reason: 'maintenance' };
    fc.assert(
      fc.property(inputs, (input) => {
        const decision = decide({ ...input, stopped });
        expect(decision).toMatchObject({ to: 0, acted: 0 });
        expect(decide(JSON.parse(JSON.stringify({ ...input, stopped })) as DecisionInput)).toEqual(decision);
        expect(decide({ ...input, stopped }).recommended).toBe(decide(input).recommended);
      }),
    );
  });

  test('acts, while the platform is frozen, on what people ask for by hand and on nothing else', () => {
    const frozen = { by: 'ann', reason: 'incident' };
    fc.assert(
      fc.property(inputs, (input) => {
        const held = { ...input, frozen, paused: false, shadow: false };
        expect(decide({ ...held, override: null })).toMatchObject({ acted: input.wanted, outcome: 'hold' });
        const { acted } = decide(held);
        // As if there was no load at all that anything could follow from.
        expect(acted).toBe(manualNumber(held));
      }),
    );
  });

  test('wants no fewer instances when the demand is higher in every second', () => {
    fc.assert(
      fc.property(undisturbed, number(1, 50), (input, factor) => {
        const divides = input.factors.filter(({ name }) => name !== 'memory').map((entry) => ({ ...entry, base: 0 }));
        const higher = divides.map((entry) => ({
          ...entry,
          window: entry.window.map((value) => ({ ...value, total: value.total * factor })),
        }));
        expect(decide({ ...input, factors: higher }).to).toBeGreaterThanOrEqual(
          decide({ ...input, factors: divides }).to,
        );
      }),
    );
  });

  test('is the same with or without a factor that nobody reports', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const unset: FactorInput = { name: 'app-silent', target: 1, base: 0, window: [] };
        const { to, reasonCode, clamps } = decide({ ...input, factors: [...input.factors, unset] });
        expect({ to, reasonCode, clamps }).toEqual(
          (({ to, reasonCode, clamps }) => ({ to, reasonCode, clamps }))(decide(input)),
        );
      }),
    );
  });

  test('does not depend on how many of those wanted have started, where factors divide', () => {
    fc.assert(
      fc.property(undisturbed, fc.nat(20), (input, starting) => {
        const divides = input.factors.filter(({ name }) => name !== 'memory');
        const one = decide({ ...input, throughput: null, factors: divides });
        const other = decide({
          ...input,
          throughput: null,
          factors: divides,
          instances: { ...input.instances, starting },
        });
        expect(other).toEqual(one);
      }),
    );
  });

  test('reads as one sentence', () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const sentence = explain(decide(input), input);
        expect(sentence).toMatch(/^php: (\d+ → \d+ instances?|stays at \d+ instances?)\b.*\.$/);
        expect(sentence).not.toMatch(/NaN|undefined|null|Infinity|\.\.|;;|\n/);
      }),
    );
  });
});
