/**
 * How long an instance must not have been wanted before it goes.
 *
 * Whoever lets one go that is wanted again pays for its start and is short meanwhile, and both grow with the time t that a start takes: so
 * patience is a multiple of that time and no number of seconds for everybody. Measured (docs/elasticity.md), four times t: three had half as
 * many reversals more, six cost some hundredths more of replica-hours for the same shortage.
 */
import type { DecisionInput } from './decision.ts';

const REGRET_HORIZONS = 4;

/** Seconds; what the policy sets, else a multiple of the horizon. */
export function regretSeconds({ policy, horizonSeconds }: Pick<DecisionInput, 'policy' | 'horizonSeconds'>): number {
  return policy.scaleDown.regretSeconds ?? REGRET_HORIZONS * horizonSeconds;
}
