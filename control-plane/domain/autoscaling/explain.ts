/** A decision as one English sentence, made of the decision and its input alone. */
import type { Clamp, Decision, DecisionInput, FactorInput, FactorProposal, Forecast } from './decision.ts';
import { describeStop } from './clamps.ts';
import { describeFreeze } from './decide.ts';
import { factorOf } from './factors.ts';
import { formatCount, formatNumber } from './format.ts';
import { likelyMost, SILENT_REASON } from './proposal.ts';

/**
 * For example: "php: 3 → 5 instances, because requests in flight will reach 41 (±6) in 24 s and 3 instances carry 30; no clamp."
 */
export function explain(decision: Decision, input: DecisionInput): string {
  const alias = decision.key.split('/').at(-1)!;
  const { from, acted } = decision;
  if (acted !== from)
    return `${alias}: ${from} → ${formatCount(acted, 'instance')}, because ${causeOf(decision, input)}; ${clampsOf(decision)}${freezeOf(decision, input)}.`;
  return `${alias}: stays at ${formatCount(from, 'instance')}${holdOf(decision, input)}${stopOf(decision, input)}${freezeOf(decision, input)}.`;
}

function stopOf({ clamps }: Decision, { stopped }: DecisionInput): string {
  return stopped && !clamps.some(({ code }) => code === 'stopped') ? `; ${describeStop(stopped)}` : '';
}

/** Also where it held nothing back: whoever reads why nothing happens should not have to know it from elsewhere. */
function freezeOf({ clamps }: Decision, { frozen }: DecisionInput): string {
  return frozen && !clamps.some(({ code }) => code === 'frozen') ? `; ${describeFreeze(frozen)}` : '';
}

function causeOf(decision: Decision, input: DecisionInput): string {
  const settled = decision.clamps.find(({ code }) => code === decision.reasonCode);
  if (settled !== undefined) return settled.detail;
  const binding = bindingOf(decision);
  return binding === undefined ? decision.reasonCode : outlook(binding, input);
}

function holdOf(decision: Decision, input: DecisionInput): string {
  const { from, to, reasonCode, clamps } = decision;
  const binding = bindingOf(decision);
  const settled = clamps.findLast(({ code }) => code === reasonCode);
  if (settled === undefined) {
    if (binding !== undefined) return `: ${outlook(binding, input)}${failures(input)}`;
    const reasons = decision.proposals.map(({ factor, reason }) => `${factor}: ${reason}`).join('; ');
    return `: no factor takes part (${reasons === '' ? 'none is set' : reasons})`;
  }
  const instead = to === from ? settled.from : to;
  const why = binding === undefined ? '' : `; ${outlook(binding, input)}`;
  return `${instead === from ? '' : ` instead of ${instead}`}: ${settled.detail}${why}${failures(input)}`;
}

/** What the factor will be and what there is for it. */
function outlook(proposal: FactorProposal, input: DecisionInput): string {
  const factor = factorOf(proposal.factor);
  const phrase = factor?.phrase ?? proposal.factor;
  const unit = factor?.unit ?? '';
  if (proposal.forecast === null || factor?.growth === 'one-by-one') return `${phrase}: ${proposal.reason}`;
  const capacity = input.wanted * (proposal.target - proposal.base);
  const queue = `${proposal.saturated ? ', requests queue' : ''}${proposal.reason === SILENT_REASON ? `; ${SILENT_REASON}` : ''}`;
  const will = willBe(proposal.forecast, inputOf(proposal, input), capacity, unit);
  return `${phrase} ${will} in ${formatNumber(proposal.forecast.horizonSeconds)} s and ${carries(input.wanted, capacity, unit)}${queue}`;
}

/** "will reach 41 (±6)"; and what it may come to, where that alone is more than there is. */
function willBe(forecast: Forecast, factor: FactorInput | undefined, capacity: number, unit: string): string {
  const { predicted, error } = forecast;
  const amount = `${formatNumber(predicted)}${unit} (±${formatError(error, predicted)})`;
  if (predicted > capacity) return `will reach ${amount}`;
  const most = factor === undefined ? predicted : likelyMost(forecast, factor);
  return `will be ${amount}${most > capacity ? `, maybe ${formatNumber(most)}${unit},` : ''}`;
}

/** Two digits; what is a millionth of the value is rounding. */
function formatError(error: number, value: number): string {
  return error <= 1e-6 * value ? '0' : formatNumber(Number(error.toPrecision(2)));
}

function carries(instances: number, capacity: number, unit: string): string {
  if (instances === 0) return 'no instance is wanted yet';
  return `${formatCount(instances, 'instance')} ${instances === 1 ? 'carries' : 'carry'} ${formatNumber(capacity)}${unit}`;
}

function inputOf({ factor }: FactorProposal, { factors }: DecisionInput): FactorInput | undefined {
  return factors.find(({ name }) => name === factor);
}

function failures({ instances }: DecisionInput): string {
  return instances.failedStarting > 0 ? `; ${formatCount(instances.failedStarting, 'instance')} failed to start` : '';
}

function clampsOf(decision: Decision): string {
  const others = decision.clamps.filter(({ code }) => code !== decision.reasonCode);
  return others.length === 0 ? 'no clamp' : others.map(describeClamp).join('; ');
}

function describeClamp({ code, to, detail }: Clamp): string {
  return `${code} made it ${to} (${detail})`;
}

function bindingOf({ factor, proposals }: Decision): FactorProposal | undefined {
  return proposals.find((proposal) => proposal.factor === factor);
}
