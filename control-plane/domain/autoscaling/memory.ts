/** What one evaluation leaves to the next: past recommendations and past changes, kept as short as their readers allow. */
import type { Decision, DecisionInput } from './decision.ts';
import { factorOf } from './factors.ts';
import { isInTrouble } from './no-gain.ts';
import { perInstance } from './one-by-one.ts';
import { regretSeconds } from './regret.ts';

export type DecisionMemory = Pick<DecisionInput, 'recentProposals' | 'proposalsSince' | 'history'>;

export const EMPTY_MEMORY: DecisionMemory = { recentProposals: [], proposalsSince: null, history: [] };

/** A gap between evaluations that is longer than this leaves the regret interval unknown. */
const LONGEST_GAP_SECONDS = 15;
/** Changes are kept for an hour, the last ones for ever: "did it help?" has no end, and its attempts become rare (no-gain.ts). */
const HISTORY_MILLISECONDS = 3_600_000;
const LEAST_HISTORY = 16;
const MOST_HISTORY = 64;

/**
 * The memory after a decision. `changed` says whether it was really acted on: what the provider or the store refused has not
 * happened.
 */
export function remember(
  memory: DecisionMemory,
  input: DecisionInput,
  decision: Decision,
  changed: boolean = decision.acted !== decision.from,
): DecisionMemory {
  const recentProposals = withProposal(memory, input, decision.recommended);
  const known = memory.recentProposals.at(-1);
  const gap = known === undefined || input.now - known.at > LONGEST_GAP_SECONDS * 1000;
  return {
    recentProposals,
    proposalsSince: gap ? input.now : memory.proposalsSince,
    history: changed ? withChange(memory.history, input, decision) : memory.history,
  };
}

/** Keeps a sliding-window maximum: an entry that is not above a later one can never be the maximum again. */
function withProposal({ recentProposals }: DecisionMemory, input: DecisionInput, instances: number) {
  const since = input.now - regretSeconds(input) * 1000;
  const kept = recentProposals.filter((entry) => entry.at >= since && entry.instances > instances);
  return [...kept, { at: input.now, instances }];
}

/** The memory after a decision was really acted on, however long after it. */
export function rememberChange(memory: DecisionMemory, input: DecisionInput, decision: Decision): DecisionMemory {
  return { ...memory, history: withChange(memory.history, input, decision) };
}

function withChange(
  history: DecisionMemory['history'],
  input: DecisionInput,
  decision: Decision,
): DecisionMemory['history'] {
  const values = input.factors
    .filter(({ name }) => factorOf(name)?.source === 'gauge')
    .map(({ name, window }) => [name, perInstance(window)] as const)
    .filter((entry): entry is readonly [string, number] => entry[1] !== undefined);
  const change = {
    at: input.now,
    from: decision.from,
    to: decision.acted,
    throughput: input.throughput,
    ...(isInTrouble(input, decision.proposals.find(({ factor }) => factor === decision.factor)?.saturated === true)
      ? { inTrouble: true }
      : {}),
    ...(values.length > 0 ? { perInstance: Object.fromEntries(values) } : {}),
  };
  const all = [...history, change].slice(-MOST_HISTORY);
  const firstRecent = all.findIndex(({ at }) => at > input.now - HISTORY_MILLISECONDS);
  return all.slice(Math.min(firstRecent < 0 ? all.length : firstRecent, Math.max(0, all.length - LEAST_HISTORY)));
}
