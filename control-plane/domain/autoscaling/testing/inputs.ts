/** Inputs for tests: a service cluster of three instances with one factor, calm and healthy, changed where a test says so. */
import type { DecisionInput, FactorInput, PolicyInput, WindowSecond } from '../decision.ts';

export const NOW = 1_700_000_000_000;

export const POLICY: PolicyInput = {
  minimum: 1,
  maximum: 10,
  windowSeconds: 60,
  tolerance: 0.1,
  scaleUp: { maximumInstances: 8, maximumFactor: 3, periodSeconds: 10 },
  scaleDown: { maximumInstances: 4, periodSeconds: 10, regretSeconds: 30 },
};

/** A full window that ends with the last second before `now`. */
export function windowOf(
  total: number | ((secondsAgo: number) => number),
  options: { now?: number; saturated?: boolean; instances?: number; seconds?: number } = {},
): WindowSecond[] {
  const last = (options.now ?? NOW) / 1000 - 1;
  const seconds = options.seconds ?? 60;
  return Array.from({ length: seconds }, (_, index) => {
    const ago = seconds - 1 - index;
    return {
      second: last - ago,
      total: typeof total === 'number' ? total : total(ago),
      ...(options.saturated === undefined ? {} : { saturated: options.saturated }),
      ...(options.instances === undefined ? {} : { instances: options.instances }),
    };
  });
}

export function inFlight(window: readonly WindowSecond[], extra: Partial<FactorInput> = {}): FactorInput {
  return { name: 'requestsInFlight', target: 10, base: 0, window, ...extra };
}

/** Wants 3, has 3 active, demand 25 of 30. Every evaluation of the past minute recommended 1, so that nothing is regretted. */
export function inputOf(change: Partial<DecisionInput> = {}): DecisionInput {
  return {
    now: NOW,
    key: 'acme/shop/php',
    policy: POLICY,
    factors: [inFlight(windowOf(25))],
    horizonSeconds: 24,
    wanted: 3,
    instances: { active: 3, starting: 0, failedStarting: 0, unreachable: 0 },
    freshnessSeconds: 0.5,
    staleSeconds: 10,
    windowsFull: true,
    history: [],
    recentProposals: [{ at: NOW - 1000, instances: 1 }],
    proposalsSince: NOW - 60_000,
    throughput: 100,
    errorShare: 0,
    queued: 0,
    override: null,
    paused: false,
    shadow: false,
    frozen: null,
    silenced: false,
    quota: 20,
    room: 20,
    ...change,
  };
}
