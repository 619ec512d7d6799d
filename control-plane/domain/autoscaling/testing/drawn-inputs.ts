/**
 * Inputs drawn by a generator of our own, always the same ones: loads of every shape, most of them near the thresholds that
 * decide. Only +, −, × and ÷ are used, whose results every machine and every Node has in common.
 */
import { FORECASTERS, type ForecastScores } from '../../forecasting/combination.ts';
import type { DecisionInput, FactorInput, PolicyInput, WindowSecond } from '../decision.ts';
import { NOW } from './inputs.ts';
import { mulberry32 } from './plant.ts';

type Random = () => number;

const between = (random: Random, from: number, to: number): number => from + (to - from) * random();
const whole = (random: Random, from: number, to: number): number => Math.floor(between(random, from, to + 1));
const pick = <T>(random: Random, values: readonly T[]): T => values[whole(random, 0, values.length - 1)]!;
const chance = (random: Random, share: number): boolean => random() < share;

/** The total demand so many seconds before now, without noise. */
type Shape = (ago: number) => number;

function shapeOf(random: Random, level: number): Shape {
  const rate = (level * between(random, -0.06, 0.12)) / whole(random, 1, 8);
  const since = whole(random, 2, 45);
  switch (whole(random, 0, 5)) {
    case 0:
      return () => level;
    case 1:
      return (ago) => level - rate * ago;
    case 2:
      return (ago) => level - (rate / 20) * ago * ago;
    case 3:
      return (ago) => level + rate * Math.max(0, since - ago);
    case 4:
      return (ago) => (ago < since ? level * between(random, 1.02, 1.05) : level);
    default:
      return (ago) => level + (rate / 4) * Math.max(0, since - ago) * Math.max(0, since - ago);
  }
}

function windowOf(random: Random, level: number, instances: number): WindowSecond[] {
  const seconds = pick(random, [4, 11, 20, 60, 60, 60, 90]);
  const shape = shapeOf(random, level);
  const noise = pick(random, [0, 0.001, 0.01, 0.05, 0.3]);
  const smooth = pick(random, [0, 0, 0.5, 0.95]);
  const gaps = pick(random, [0, 0, 0, 0.2]);
  const saturatedLast = pick(random, [0, 0, 0, 2, 6]);
  const joined = whole(random, 0, seconds);
  const window: WindowSecond[] = [];
  let off = 0;
  for (let ago = seconds - 1; ago >= 0; ago -= 1) {
    off = smooth * off + (1 - smooth) * between(random, -noise, noise);
    if (chance(random, gaps)) continue;
    window.push({
      second: NOW / 1000 - 1 - ago,
      total: Math.max(0, shape(ago) * (1 + off)),
      ...(chance(random, 0.1) ? { at: NOW / 1000 - ago - between(random, 0.2, 0.9) } : {}),
      ...(ago < saturatedLast ? { saturated: true } : {}),
      instances: ago < joined ? instances : Math.max(1, instances - 1),
    });
  }
  return window;
}

function factorOf(random: Random, wanted: number): FactorInput {
  const name = pick(random, [
    'requestsInFlight',
    'requestsInFlight',
    'requestsPerSecond',
    'loadAverage',
    'memory',
    'app-jobs',
  ]);
  const target = pick(random, [0.7, 8, 70, 500]);
  const base = chance(random, 0.3) ? target * between(random, 0, 1.05) : 0;
  const carried =
    Math.max(1, wanted) * (base + (target - base) * between(random, 0.4, 1.6)) * (chance(random, 0.12) ? 0 : 1);
  const window = windowOf(random, carried, Math.max(1, wanted));
  const scored = { name, target, base, window, ...(chance(random, 0.7) ? { scores: scoresOf(random, target) } : {}) };
  if (!chance(random, 0.15)) return scored;
  return { ...scored, shrinkWindow: window.map((value) => ({ ...value, total: value.total * 1.2 })) };
}

function scoresOf(random: Random, target: number): ForecastScores {
  return {
    losses: FORECASTERS.map(() => target * between(random, 0, 0.3)),
    error: target * between(random, 0, 0.3),
    surprised: chance(random, 0.2),
  };
}

function policyOf(random: Random): PolicyInput {
  const minimum = pick(random, [0, 1, 1, 2, 5]);
  return {
    minimum,
    maximum: minimum + whole(random, 1, 20),
    windowSeconds: pick(random, [10, 60, 120]),
    ...pick(random, [{ tolerance: 0 }, { tolerance: 0.1 }, { tolerance: 0.3 }, {}]),
    scaleUp: { maximumInstances: whole(random, 1, 8), maximumFactor: pick(random, [1, 2, 3]), periodSeconds: 10 },
    scaleDown: {
      maximumInstances: whole(random, 1, 4),
      periodSeconds: 10,
      ...pick(random, [{ regretSeconds: 0 }, { regretSeconds: 30 }, { regretSeconds: 300 }, {}]),
    },
  };
}

function historyOf(random: Random, wanted: number, factors: readonly FactorInput[]): DecisionInput['history'] {
  const changes = whole(random, 0, 4);
  const throughput = between(random, 50, 200);
  const step = whole(random, 1, 3);
  const inTrouble = chance(random, 0.5);
  return Array.from({ length: changes }, (_, index) => ({
    at: NOW - (changes - index) * whole(random, 5, 400) * 1000,
    from: Math.max(1, wanted - step * (changes - index)),
    to: Math.max(1, wanted - step * (changes - index) + pick(random, [step, step, step, -1])),
    throughput: chance(random, 0.8) ? throughput * between(random, 0.95, 1.1) : null,
    ...(inTrouble ? { inTrouble } : {}),
    perInstance: Object.fromEntries(factors.map(({ name, target }) => [name, target * between(random, 0.8, 1.8)])),
  })).sort((a, b) => a.at - b.at);
}

function inputOf(random: Random): DecisionInput {
  const wanted = pick(random, [0, 1, 2, 3, 3, 5, 9]);
  const rare = (share: number): boolean => chance(random, share);
  const factors = Array.from({ length: pick(random, [0, 1, 1, 1, 2, 3]) }, () => factorOf(random, wanted));
  return {
    now: NOW,
    key: 'acme/shop/web',
    policy: policyOf(random),
    factors,
    horizonSeconds: between(random, 2, 60),
    wanted,
    instances: {
      active: Math.max(0, wanted - whole(random, 0, 2)),
      starting: pick(random, [0, 0, 1]),
      failedStarting: pick(random, [0, 0, 0, 1]),
      unreachable: pick(random, [0, 0, 0, 1]),
    },
    freshnessSeconds: rare(0.05) ? null : between(random, 0, 12),
    staleSeconds: 10,
    windowsFull: !rare(0.1),
    history: historyOf(random, wanted, factors),
    recentProposals: [{ at: NOW - whole(random, 1, 60) * 1000, instances: whole(random, 0, wanted + 1) }],
    proposalsSince: rare(0.1) ? null : NOW - whole(random, 10, 600) * 1000,
    throughput: rare(0.1) ? null : between(random, 50, 200),
    arrivals: pick(random, [null, 200, 5000]),
    serviceSeconds: pick(random, [null, 0.1, 20]),
    errorShare: rare(0.3) ? between(random, 0, 0.1) : 0,
    queued: pick(random, [0, 0, 0, 3]),
    override: rare(0.1)
      ? {
          kind: pick(random, ['pin', 'floor'] as const),
          instances: whole(random, 0, 12),
          reason: 'sale',
          expiresAt: NOW + pick(random, [-1, 1000]),
        }
      : null,
    paused: rare(0.05),
    shadow: rare(0.05),
    frozen: rare(0.05) ? { by: 'ann', reason: 'drawn' } : null,
    silenced: rare(0.05),
    quota: rare(0.2) ? whole(random, 0, 6) : 20,
    room: rare(0.2) ? whole(random, 0, 6) : 20,
  };
}

/** Drawn last, so that the others are what they were before there was an idle time. */
function withIdleTime(input: DecisionInput, random: Random): DecisionInput {
  if (input.policy.minimum > 0 || !chance(random, 0.7)) return input;
  const idleSeconds = pick(random, [null, 10, 200]);
  const policy = { ...input.policy, idleSeconds: 60 };
  if (!chance(random, 0.3)) return { ...input, idleSeconds, policy };
  // Nothing is asked of it.
  const silent = ({ window, ...one }: FactorInput): FactorInput => ({
    ...one,
    window: window.map((value) => ({ ...value, total: 0 })),
  });
  return { ...input, idleSeconds, policy, factors: input.factors.map(silent) };
}

/** That many inputs; the first ones are the same for every number. */
export function drawInputs(count: number): DecisionInput[] {
  return Array.from({ length: count }, (_, index) => {
    const random = mulberry32(index + 1);
    return withIdleTime(inputOf(random), random);
  });
}
