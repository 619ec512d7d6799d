import { describe, expect, test } from '@jest/globals';
import { decide } from '../../../domain/autoscaling/decide.ts';
import type { DecisionInput } from '../../../domain/autoscaling/decision.ts';
import { inFlight, inputOf, windowOf } from '../../../domain/autoscaling/testing/inputs.ts';
import { FORECASTERS } from '../../../domain/forecasting/combination.ts';
import { PART_NAMES, without } from './ablation.ts';

describe('the decider without a part', () => {
  const input = inputOf({
    factors: [
      inFlight(
        windowOf((ago) => 25 - ago / 10),
        { scores: { losses: FORECASTERS.map(() => 1), error: 4, surprised: false } },
      ),
    ],
  });
  const predicted = (given: DecisionInput) => decide(given).proposals[0]!;

  test.each(PART_NAMES)('%s decides otherwise, and from nothing else', (part) => {
    const given = part === 'surprise' ? surprised(input) : input;
    const left = without(part, given);
    if (part === 'regret') expect(left.policy.scaleDown.regretSeconds).toBe(0);
    else expect(predicted(left)).not.toEqual(predicted(given));
    expect(left.factors.map(({ window }) => window)).toEqual(given.factors.map(({ window }) => window));
  });

  test('hears the other forecasters as much as before', () => {
    const weights = predicted(without('window-mean', input)).forecast!.forecasters.map(({ weight }) => weight);
    expect(weights).toEqual(FORECASTERS.map(({ name }) => (name === 'window-mean' ? 0 : 1 / (FORECASTERS.length - 1))));
  });

  function surprised(given: DecisionInput): DecisionInput {
    const factors = given.factors.map((one) => ({
      ...one,
      window: windowOf((ago) => (ago < 6 ? 60 - 5 * ago : 25)),
      scores: { ...one.scores!, surprised: true },
    }));
    return { ...given, factors };
  }
});
