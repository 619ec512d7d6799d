/**
 * Growth of a factor that may not divide at all (memory): one instance more, and the next only after that one helped.
 *
 * "Helped" is measured: had everything divided, going from n to n + k instances would have lowered the value per instance m by
 * m·k / (n + k). At least a fifth of that must be seen. With work W and base b, m = b + W/n, so the share seen is
 * (W/n) / (b + W/n): growth stops at the latest when an instance's own work is a quarter of its base, and a service cluster
 * that does nothing stops after one try.
 */
import type { DecisionInput, FactorInput, FactorProposal, WindowSecond } from './decision.ts';
import { formatNumber } from './format.ts';

const HELPED_SHARE = 0.2;
/** After an instance became active its memory needs this long to show what it took over. */
const SETTLE_SECONDS = 30;
const MEAN_SECONDS = 5;

type Result = Pick<FactorProposal, 'instances' | 'needed' | 'reason'>;

/** `needed` is null throughout: a step of one is not a fraction that a tolerance could be applied to. */
export function proposeOneByOne(input: DecisionInput, factor: FactorInput): Result {
  const value = perInstance(factor.window);
  const { wanted } = input;
  const to = (instances: number | null, reason: string): Result => ({ instances, needed: null, reason });
  if (value === undefined || wanted === 0) return to(null, 'no instance reports it');
  if (value <= factor.target) return fewer(input, factor, value);
  const shown = `${formatNumber(value)} per instance`;
  if (input.instances.starting > 0) return to(wanted, `${shown}, and an instance is starting`);
  const last = input.history.findLast((change) => change.to > change.from);
  if (last === undefined) return to(wanted + 1, `${shown} is above the target`);
  if (input.now - last.at < (SETTLE_SECONDS + input.horizonSeconds) * 1000)
    return to(wanted, `${shown}, and the last instance has not settled yet`);
  const before = last.perInstance?.[factor.name];
  if (before === undefined || before <= factor.target) return to(wanted + 1, `${shown} is above the target`);
  const whole = (before * (last.to - last.from)) / last.to;
  return before - value < HELPED_SHARE * whole
    ? to(null, `${shown}; the last instance did not help (${formatNumber(before)} before)`)
    : to(wanted + 1, `${shown} is above the target, and the last instance helped`);
}

/** One instance fewer, when the target would hold even if all the work that it carries moved to the others. */
function fewer(input: DecisionInput, factor: FactorInput, value: number): Result {
  const shrunk = Math.max(value, perInstance(factor.shrinkWindow ?? factor.window) ?? value);
  const needed = (input.wanted * Math.max(0, shrunk - factor.base)) / (factor.target - factor.base);
  return input.wanted > 0 && needed <= input.wanted - 1
    ? { instances: input.wanted - 1, needed: null, reason: 'the target holds with one fewer' }
    : { instances: input.wanted, needed: null, reason: 'the target would not hold with one fewer' };
}

/** Mean per instance over the last seconds; `undefined` when nobody reported. */
export function perInstance(window: readonly WindowSecond[]): number | undefined {
  let total = 0;
  let instances = 0;
  for (const value of window.slice(-MEAN_SECONDS)) {
    total += value.total;
    instances += value.instances ?? 0;
  }
  return instances > 0 ? total / instances : undefined;
}
