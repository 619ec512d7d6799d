import type { GetDecisionQuery } from '../../generated/operations.ts';
import { NOTHING, figure, relative, word } from '../text.ts';
import { describe, type Line } from '../printer.ts';

type Decision = NonNullable<GetDecisionQuery['decision']>;
type Proposal = Decision['detail']['proposals'][number];

/** A decision with each factor's proposal and each clamp, in the order in which they were made. */
export function describeDecision(decision: Decision, now: number): string {
  const { detail } = decision;
  const lines: Line[] = [
    ['Decision', decision.uid],
    ['Service cluster', detail.key],
    ['When', `${decision.at} (${relative(decision.at, now)})`],
    ...(decision.count === 1 ? [] : [['Until', `${decision.lastAt}, ${decision.count} times`] as const]),
    ['Outcome', `${word(detail.outcome)}: ${detail.from} → ${detail.to}${decision.acted ? '' : ', not acted on'}`],
    ['Settled by', decision.reasonCode],
    ['Decider', `version ${detail.deciderVersion}`],
    ['Inputs', decision.input === null ? 'not kept' : 'kept; see "cartwright decisions --replay"'],
    ['In words', decision.sentence],
  ];
  const proposals = detail.proposals.map((proposal): Line => [`  ${proposal.factor}`, proposalText(proposal)]);
  const clamps = detail.clamps.map((clamp): Line => [
    `  ${clamp.code}`,
    `${clamp.from} → ${clamp.to}: ${clamp.detail}`,
  ]);
  return [
    describe(lines),
    ...(proposals.length === 0 ? [] : ['', describe(['Proposals', ...proposals])]),
    ...(clamps.length === 0 ? [] : ['', describe(['Clamps', ...clamps])]),
  ].join('\n');
}

function proposalText({ instances, target, base, saturated, reason, forecast }: Proposal): string {
  const ahead =
    forecast === null
      ? ''
      : `; level ${figure(forecast.level)}, predicted ${figure(forecast.predicted)} ± ${figure(forecast.error)} in ${figure(forecast.horizonSeconds)} s`;
  const number = instances === null ? NOTHING : `${instances} instances`;
  return `${number} at target ${figure(target)}, base ${figure(base)}${saturated ? ', saturated' : ''}${ahead}; ${reason}`;
}
