import { describe, expect, test } from '@jest/globals';
import { FORECASTERS } from '../forecasting/combination.ts';
import { decide } from './decide.ts';
import type { ClampCode, DecisionInput } from './decision.ts';
import { inFlight, inputOf, NOW, POLICY, windowOf } from './testing/inputs.ts';

const demand = (total: number, extra = {}) => ({ factors: [inFlight(windowOf(total, extra))] });
const override = (kind: 'pin' | 'floor', instances: number, expiresAt = NOW + 1000) => ({
  override: { kind, instances, reason: 'sale', expiresAt },
});

const FROZEN = { by: 'ann', reason: 'we move the network' };

interface Row {
  readonly sentence: string;
  readonly change: Partial<DecisionInput>;
  readonly to: number;
  readonly acted?: number;
  readonly reason: string;
  readonly clamps?: readonly ClampCode[];
}

const ROWS: readonly Row[] = [
  { sentence: 'demand within capacity holds', change: {}, to: 3, reason: 'steady' },
  { sentence: 'demand above capacity grows', change: demand(45), to: 5, reason: 'requestsInFlight' },
  { sentence: 'demand well below capacity shrinks', change: demand(8), to: 1, reason: 'requestsInFlight' },
  {
    sentence: 'the largest of several factors wins',
    change: {
      factors: [
        inFlight(windowOf(45)),
        { name: 'loadAverage', target: 70, base: 0, window: windowOf(420, { instances: 3 }) },
      ],
    },
    to: 6,
    reason: 'loadAverage',
  },
  {
    sentence: 'one queued request at zero wants an instance at once, without a window',
    change: {
      wanted: 0,
      queued: 1,
      factors: [inFlight([])],
      freshnessSeconds: null,
      windowsFull: false,
      policy: { ...POLICY, minimum: 0 },
    },
    to: 1,
    reason: 'activation',
    clamps: ['activation'],
  },
  {
    sentence: 'silence at zero instances is zero, not stale',
    change: { wanted: 0, factors: [inFlight([])], freshnessSeconds: 500, policy: { ...POLICY, minimum: 0 } },
    to: 0,
    reason: 'steady',
  },
  {
    sentence: 'many instances that fell silent at once hold everything',
    change: { ...demand(90), silenced: true },
    to: 3,
    reason: 'silenced',
    clamps: ['silenced'],
  },
  {
    sentence: 'stale samples never shrink',
    change: { ...demand(8), freshnessSeconds: 11 },
    to: 3,
    reason: 'no-fresh-data',
    clamps: ['no-fresh-data'],
  },
  {
    sentence: 'one stale factor keeps the others from shrinking',
    change: {
      factors: [
        inFlight(windowOf(8)),
        { name: 'loadAverage', target: 70, base: 0, window: windowOf(10, { now: NOW - 30_000 }) },
      ],
    },
    to: 3,
    reason: 'no-fresh-data',
  },
  {
    sentence: 'a factor that nobody reports takes no part',
    change: { factors: [inFlight(windowOf(45)), { name: 'loadAverage', target: 70, base: 0, window: [] }] },
    to: 5,
    reason: 'requestsInFlight',
  },
  { sentence: 'no factor at all holds', change: { factors: [] }, to: 3, reason: 'steady' },
  {
    sentence: 'a service cluster does not shrink before its windows are full',
    change: { ...demand(8), windowsFull: false },
    to: 3,
    reason: 'windows-not-full',
    clamps: ['windows-not-full'],
  },
  {
    sentence: 'a service cluster grows before its windows are full',
    change: { ...demand(45), windowsFull: false },
    to: 5,
    reason: 'requestsInFlight',
  },
  {
    sentence: 'a little more demand than capacity is tolerated',
    change: demand(32.5),
    to: 3,
    reason: 'tolerance',
    clamps: ['tolerance'],
  },
  {
    sentence: 'shrinking leaves the tolerance to spare',
    change: demand(19),
    to: 3,
    reason: 'tolerance',
    clamps: ['tolerance'],
  },
  {
    sentence: 'nothing goes that was wanted within the regret interval',
    change: { ...demand(8), recentProposals: [{ at: NOW - 20_000, instances: 2 }] },
    to: 2,
    reason: 'requestsInFlight',
    clamps: ['regret'],
  },
  {
    sentence: 'what was wanted before the regret interval is forgotten',
    change: { ...demand(8), recentProposals: [{ at: NOW - 31_000, instances: 9 }] },
    to: 1,
    reason: 'requestsInFlight',
  },
  {
    sentence: 'an interval that was not watched throughout is regretted',
    change: { ...demand(8), proposalsSince: NOW - 20_000 },
    to: 3,
    reason: 'regret',
    clamps: ['regret'],
  },
  {
    sentence: 'the last instance stays until nothing was asked for the idle time',
    change: {
      ...demand(0),
      wanted: 1,
      policy: { ...POLICY, minimum: 0, idleSeconds: 60 },
      idleSeconds: 59,
      recentProposals: [],
    },
    to: 1,
    reason: 'idle',
    clamps: ['idle'],
  },
  {
    sentence: 'the last instance goes after the idle time',
    change: {
      ...demand(0),
      wanted: 1,
      policy: { ...POLICY, minimum: 0, idleSeconds: 60 },
      idleSeconds: 60,
      recentProposals: [],
    },
    to: 0,
    reason: 'requestsInFlight',
  },
  {
    sentence: 'the last instance stays while no load balancer says that nothing is asked',
    change: {
      ...demand(0),
      wanted: 1,
      policy: { ...POLICY, minimum: 0, idleSeconds: 60 },
      idleSeconds: null,
      recentProposals: [],
    },
    to: 1,
    reason: 'idle',
    clamps: ['idle'],
  },
  {
    sentence: 'growth is limited by its rate',
    change: { ...demand(300), wanted: 1, policy: { ...POLICY, maximum: 50 } },
    to: 9,
    reason: 'requestsInFlight',
    clamps: ['rate-up'],
  },
  {
    sentence: 'growth within the period counts towards the rate',
    change: {
      ...demand(300),
      wanted: 9,
      policy: { ...POLICY, maximum: 50 },
      history: [{ at: NOW - 5000, from: 1, to: 9, throughput: null }],
    },
    to: 9,
    reason: 'rate-up',
    clamps: ['rate-up'],
  },
  {
    sentence: 'shrinking is limited by its rate',
    change: { ...demand(8), wanted: 9 },
    to: 5,
    reason: 'requestsInFlight',
    clamps: ['rate-down'],
  },
  {
    sentence: 'errors keep a service cluster from shrinking',
    change: { ...demand(8), errorShare: 0.2 },
    to: 3,
    reason: 'errors-high',
    clamps: ['errors-high'],
  },
  {
    sentence: 'growth that gains nothing stops',
    change: {
      ...demand(45, { saturated: true }),
      history: [
        { at: NOW - 200_000, from: 1, to: 2, throughput: 99, inTrouble: true },
        { at: NOW - 100_000, from: 2, to: 3, throughput: 101, inTrouble: true },
      ],
    },
    to: 3,
    reason: 'no-gain',
    clamps: ['no-gain'],
  },
  {
    sentence: 'saturation never shrinks',
    change: demand(8, { saturated: true }),
    to: 3,
    reason: 'steady',
  },
  {
    sentence: 'the minimum holds even without data',
    change: { wanted: 0, factors: [], freshnessSeconds: null, policy: { ...POLICY, minimum: 2 } },
    to: 2,
    reason: 'minimum',
    clamps: ['minimum'],
  },
  {
    sentence: 'the maximum holds for growth',
    change: { ...demand(90), policy: { ...POLICY, maximum: 6 } },
    to: 6,
    reason: 'requestsInFlight',
    clamps: ['maximum'],
  },
  {
    sentence: 'a maximum that was lowered shrinks even without data',
    change: { factors: [], freshnessSeconds: null, wanted: 8, policy: { ...POLICY, maximum: 6 } },
    to: 6,
    reason: 'maximum',
    clamps: ['maximum'],
  },
  {
    sentence: 'the quota limits growth',
    change: { ...demand(90), quota: 4 },
    to: 4,
    reason: 'requestsInFlight',
    clamps: ['quota'],
  },
  {
    sentence: 'a quota below what runs takes nothing away',
    change: { ...demand(45), quota: 1 },
    to: 3,
    reason: 'quota',
    clamps: ['quota'],
  },
  {
    sentence: 'the partitions’ room limits growth',
    change: { ...demand(90), room: 5 },
    to: 5,
    reason: 'requestsInFlight',
    clamps: ['room'],
  },
  {
    sentence: 'a pin fixes the number',
    change: { ...demand(90), ...override('pin', 2) },
    to: 2,
    reason: 'pin',
    clamps: ['pin'],
  },
  {
    sentence: 'a pin above the maximum is limited by it',
    change: override('pin', 40),
    to: 10,
    reason: 'pin',
    clamps: ['pin'],
  },
  {
    sentence: 'a pin above the quota is limited by it',
    change: { ...override('pin', 8), quota: 6 },
    to: 6,
    reason: 'pin',
    clamps: ['pin'],
  },
  { sentence: 'a pin that has expired is none', change: override('pin', 8, NOW), to: 3, reason: 'steady' },
  { sentence: 'a floor raises the number', change: override('floor', 5), to: 5, reason: 'floor', clamps: ['floor'] },
  {
    sentence: 'a floor below what is wanted changes nothing',
    change: { ...demand(45), ...override('floor', 4) },
    to: 5,
    reason: 'requestsInFlight',
  },
  {
    sentence: 'pause records and does not act',
    change: { ...demand(45), paused: true },
    to: 5,
    acted: 3,
    reason: 'paused',
    clamps: ['paused'],
  },
  {
    sentence: 'shadow mode records and does not act',
    change: { ...demand(45), shadow: true },
    to: 5,
    acted: 3,
    reason: 'shadow',
    clamps: ['shadow'],
  },
  {
    sentence: 'a frozen platform records and does not act',
    change: { ...demand(45), frozen: FROZEN },
    to: 5,
    acted: 3,
    reason: 'frozen',
    clamps: ['frozen'],
  },
  {
    sentence: 'a frozen platform acts on a number that people pinned',
    change: { ...demand(45), frozen: FROZEN, ...override('pin', 8) },
    to: 8,
    acted: 8,
    reason: 'pin',
    clamps: ['pin'],
  },
  {
    sentence: 'a frozen platform goes up to a floor that people set, and not beyond it',
    change: { ...demand(65), frozen: FROZEN, ...override('floor', 4) },
    to: 7,
    acted: 4,
    reason: 'frozen',
    clamps: ['frozen'],
  },
  {
    sentence: 'what people stopped wants nothing, above its minimum, a pin and a pause',
    change: { ...demand(45), paused: true, frozen: FROZEN, stopped: { by: 'ann', reason: 'x' }, ...override('pin', 8) },
    to: 0,
    acted: 0,
    reason: 'stopped',
    clamps: ['pin', 'stopped'],
  },
  {
    sentence: 'starting instances count as capacity that will come',
    change: { ...demand(58), wanted: 6, instances: { active: 2, starting: 4, failedStarting: 0, unreachable: 0 } },
    to: 6,
    reason: 'steady',
  },
  {
    sentence: 'failed starts do not ask for more instances',
    change: { ...demand(58), wanted: 6, instances: { active: 2, starting: 0, failedStarting: 4, unreachable: 0 } },
    to: 6,
    reason: 'steady',
  },
  {
    sentence: 'an idle gauge does not keep the last instance where zero is allowed and no request comes',
    change: {
      wanted: 1,
      policy: { ...POLICY, minimum: 0 },
      recentProposals: [{ at: NOW - 1000, instances: 0 }],
      factors: [
        inFlight(windowOf(0)),
        { name: 'loadAverage', target: 70, base: 0, window: windowOf(2, { instances: 1 }) },
      ],
    },
    to: 0,
    reason: 'requestsInFlight',
  },
  {
    sentence: 'a silent instance counts at its target before anything shrinks',
    change: { wanted: 6, factors: [inFlight(windowOf(24), { shrinkWindow: windowOf(44) })] },
    to: 5,
    reason: 'requestsInFlight',
  },
];

describe('a decision', () => {
  test.each(ROWS)('$sentence', ({ change, to, acted, reason, clamps }) => {
    const decision = decide(inputOf(change));
    expect(decision).toMatchObject({ to, acted: acted ?? to, reasonCode: reason });
    if (clamps !== undefined) expect(decision.clamps.map(({ code }) => code)).toEqual(clamps);
  });

  test('says why a factor takes no part when the target is not above the base', () => {
    const decision = decide(inputOf({ factors: [inFlight(windowOf(300), { target: 10, base: 12 })] }));
    expect(decision).toMatchObject({ to: 3, factor: null });
    expect(decision.proposals[0]).toMatchObject({
      instances: null,
      reason: 'the target 10 is not above the base 12 of an idle instance: no number of instances reaches it',
    });
  });

  test.each([0, 1e-17])(
    'neither keeps nor asks for an instance for a demand of %d, however far off forecasts were',
    (total) => {
      const scores = { losses: FORECASTERS.map(() => 1), error: 3, surprised: false };
      const factor = { name: 'requestsInFlight', target: 7, base: 0, window: windowOf(total), scores };
      for (const wanted of [0, 1])
        expect(decide(inputOf({ factors: [factor], wanted })).proposals[0]).toMatchObject({ instances: 0 });
    },
  );

  test('takes the base of each instance off before it divides', () => {
    const factor = { name: 'loadAverage', target: 70, base: 10, window: windowOf(30 + 150, { instances: 3 }) };
    expect(decide(inputOf({ factors: [factor] })).proposals[0]).toMatchObject({
      needed: expect.closeTo(2.5, 6),
      instances: 3,
    });
  });

  test('does not take the base that a new instance brings for load that grows', () => {
    const window = windowOf((ago) => (ago < 5 ? 4 : 3) * 40 + 60).map((value, index) => ({
      ...value,
      instances: index >= 55 ? 4 : 3,
    }));
    const proposal = decide(inputOf({ factors: [{ name: 'loadAverage', target: 70, base: 40, window }] }))
      .proposals[0]!;
    expect(proposal.forecast).toMatchObject({ slope: 0, predicted: 60 });
  });

  test('refuses a factor that nobody registered', () => {
    const decision = decide(inputOf({ factors: [{ name: 'moonPhase', target: 1, base: 0, window: windowOf(5) }] }));
    expect(decision.proposals[0]).toMatchObject({ instances: null, reason: 'not a registered factor' });
  });
});

describe('memory', () => {
  const memory = (total: number, change: Partial<DecisionInput> = {}) =>
    decide(
      inputOf({
        factors: [{ name: 'memory', target: 80, base: 0, window: windowOf(total, { instances: 3 }) }],
        ...change,
      }),
    );
  const grown = (before: number) => ({
    history: [{ at: NOW - 200_000, from: 2, to: 3, throughput: null, perInstance: { memory: before } }],
  });

  test('above its target grows by one', () => {
    expect(memory(270)).toMatchObject({ to: 4, reasonCode: 'memory' });
  });

  test('grows again while the last instance helped', () => {
    expect(memory(270, grown(120))).toMatchObject({ to: 4 });
  });

  test('stops when the last instance did not help, and says so', () => {
    const decision = memory(270, grown(91));
    expect(decision).toMatchObject({ to: 3, factor: null });
    expect(decision.proposals[0]!.reason).toBe('90 per instance; the last instance did not help (91 before)');
  });

  test('waits until the last instance is there and has settled', () => {
    expect(memory(270, { instances: { active: 2, starting: 1, failedStarting: 0, unreachable: 0 } })).toMatchObject({
      to: 3,
    });
    expect(memory(270, { history: [{ at: NOW - 10_000, from: 2, to: 3, throughput: null }] })).toMatchObject({ to: 3 });
  });

  test('shrinks by one when the others could take it all', () => {
    expect(memory(150)).toMatchObject({ to: 2 });
    expect(memory(170)).toMatchObject({ to: 3 });
  });
});
