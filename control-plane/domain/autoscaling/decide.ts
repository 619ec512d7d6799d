/**
 * One decision: what the factors ask for, then the clamps, then whether it is acted on.
 *
 * Pure: everything that it depends on is in {@link DecisionInput}; the same input gives the same decision to the bit.
 */
import type { Clamp, Decision, DecisionInput, FactorProposal, FreezeInput } from './decision.ts';
import { applyClamps, manualNumber } from './clamps.ts';
import { factorOf } from './factors.ts';
import { propose } from './proposal.ts';

/** Raised with every change that can make the same input give another decision. */
export const DECIDER_VERSION = 6;

export function decide(input: DecisionInput): Decision {
  const proposals = input.factors.map((factor) => propose(input, factor));
  const binding = bindingOf(input, proposals);
  const proposed = binding?.instances ?? input.wanted;
  const { to, recommended, clamps } = applyClamps({ input, proposals, binding }, proposed);
  const held = holdOf(input, to);
  const acted = held === undefined ? to : held.to;
  return {
    at: input.now,
    key: input.key,
    deciderVersion: DECIDER_VERSION,
    from: input.wanted,
    recommended,
    to,
    acted,
    outcome: acted > input.wanted ? 'scale-up' : acted < input.wanted ? 'scale-down' : 'hold',
    reasonCode: held?.code ?? reasonOf(input.wanted, proposed, to, binding, clamps),
    proposals,
    factor: binding?.factor ?? null,
    clamps: held === undefined ? clamps : [...clamps, held],
  };
}

/**
 * The largest proposal wins; of equal ones that with the most demand, then the first in the policy. An instance that idles
 * still has some load: where none is allowed, a gauge does not keep the last one while the balancers see no request at all.
 */
function bindingOf(input: DecisionInput, proposals: readonly FactorProposal[]): FactorProposal | undefined {
  const noRequests =
    input.policy.minimum === 0 && proposals.some(({ factor, instances }) => instances === 0 && isDemand(factor));
  let binding: FactorProposal | undefined;
  for (const proposal of proposals) {
    if (proposal.instances === null) continue;
    if (noRequests && proposal.instances === 1 && !isDemand(proposal.factor)) continue;
    if (binding === undefined || isLarger(proposal, binding)) binding = proposal;
  }
  return binding;
}

function isLarger(a: FactorProposal, b: FactorProposal): boolean {
  if (a.instances !== b.instances) return a.instances! > b.instances!;
  return (a.needed ?? 0) > (b.needed ?? 0);
}

function isDemand(factor: string): boolean {
  return factorOf(factor)?.source === 'demand';
}

/** What keeps a result from being acted on; recorded only when there was something to act on. */
function holdOf(input: DecisionInput, to: number): Clamp | undefined {
  const { wanted } = input;
  // What is stopped is stopped by people, and not by what is held here.
  if (to === wanted || input.stopped !== undefined) return undefined;
  if (input.paused) return { code: 'paused', from: to, to: wanted, detail: 'autoscaling is paused' };
  if (input.frozen && manualNumber(input) !== to) return frozen(input, input.frozen, to);
  if (input.shadow) return { code: 'shadow', from: to, to: wanted, detail: 'shadow mode: decided and not acted on' };
  return undefined;
}

/** People may still set a number by hand: what they ask for is acted on, and nothing beyond it. */
function frozen(input: DecisionInput, freeze: FreezeInput, to: number): Clamp {
  const allowed = manualNumber(input);
  const detail = `${describeFreeze(freeze)}${allowed === input.wanted ? '' : `, and ${allowed} is what was asked for by hand`}`;
  return { code: 'frozen', from: to, to: allowed, detail };
}

export function describeFreeze({ by, reason }: FreezeInput): string {
  return `the whole platform is frozen by ${by} (${reason})`;
}

/** The factor when the result goes where it pointed and no further; otherwise the last clamp that changed the number. */
function reasonOf(
  wanted: number,
  proposed: number,
  to: number,
  binding: FactorProposal | undefined,
  clamps: readonly Clamp[],
): string {
  if (to !== wanted && binding !== undefined && Math.sign(proposed - wanted) === Math.sign(to - wanted)) {
    const beyond = to > wanted ? to > proposed : to < proposed;
    if (!beyond) return binding.factor;
  }
  return clamps.at(-1)?.code ?? 'steady';
}
