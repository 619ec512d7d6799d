/**
 * The decider of production with a part of it left out: what that part is worth. A part is left out of what a decision is computed from,
 * and not of the decider, so that nothing in production knows of this.
 */
import type { DecisionInput } from '../../../domain/autoscaling/decision.ts';
import { FORECASTERS, type ForecastScores } from '../../../domain/forecasting/combination.ts';

/** What is left out, and how. */
const PARTS = {
  /** Demand is provided for as it is now. */
  horizon: (input) => ({ ...input, horizonSeconds: 0 }),
  /** Nobody is heard by scores: the onset forecast alone, as in the first minutes. */
  scores: (input) => withScores(input, () => undefined),
  /** No margin for the error of the forecast, in neither direction. */
  margin: (input) => withScores(input, (scores) => ({ ...scores, error: 0 })),
  /** What has just begun is left to the forecasters. */
  surprise: (input) => withScores(input, (scores) => ({ ...scores, surprised: false })),
  kinematic: (input) => withScores(input, unheard('kinematic')),
  'kinematic-half': (input) => withScores(input, unheard('kinematic-half')),
  'kinematic-quarter': (input) => withScores(input, unheard('kinematic-quarter')),
  'kinematic-eighth': (input) => withScores(input, unheard('kinematic-eighth')),
  'last-value': (input) => withScores(input, unheard('last-value')),
  'window-mean': (input) => withScores(input, unheard('window-mean')),
  /** An instance goes as soon as it is not wanted. */
  regret: (input) => ({
    ...input,
    policy: { ...input.policy, scaleDown: { ...input.policy.scaleDown, regretSeconds: 0 } },
  }),
} satisfies Record<string, (input: DecisionInput) => DecisionInput>;

export type Part = keyof typeof PARTS;
export const PART_NAMES = Object.keys(PARTS) as readonly Part[];

export function without(part: Part, input: DecisionInput): DecisionInput {
  return PARTS[part](input);
}

function withScores(
  input: DecisionInput,
  change: (scores: ForecastScores) => ForecastScores | undefined,
): DecisionInput {
  return {
    ...input,
    factors: input.factors.map(({ scores, ...factor }) => {
      const changed = scores && change(scores);
      return changed === undefined ? factor : { ...factor, scores: changed };
    }),
  };
}

/** So large a loss leaves no weight. */
function unheard(name: string): (scores: ForecastScores) => ForecastScores {
  return (scores) => ({
    ...scores,
    losses: scores.losses.map((loss, index) => (FORECASTERS[index]!.name === name ? Number.MAX_VALUE : loss)),
  });
}
