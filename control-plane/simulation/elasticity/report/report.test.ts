import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { ScalerName } from '../contestants.ts';
import type { Outcome, Table } from '../lab.ts';
import { htmlOf } from './html.ts';
import { markdownOf } from './markdown.ts';
import { reportOf } from './report.ts';
import { SeriesBuilder } from './series.ts';
import { comparisonsOf, geometricMean, meansOf } from './summary.ts';

function outcome(trace: string, scaler: ScalerName, scores: Partial<Outcome> = {}, table: Table = 'defaults'): Outcome {
  return {
    ...{ trace, scaler, table, seed: 1, target: 5.6, thetaUnder: 0, thetaOver: 0, timeUnder: 0, timeOver: 0 },
    ...{ instability: 0, jitterPerHour: 0, requests: 100, failedShare: 0, ended: 100, objectiveShare: null },
    ...{ p50Milliseconds: 100, p95Milliseconds: 200, p99Milliseconds: null },
    ...{ replicaHours: 11, oracleReplicaHours: 10, scaleActions: 3, reversals: 0, isNearestOnly: false },
    ...scores,
  };
}

const second = (t: number, ready: number, required: number) => ({
  ...{ t, rate: 10 * required, required, desired: required, ready, starting: 0, inFlight: 0, queued: 0, failed: 0 },
});

describe('a run as it is drawn', () => {
  test('keeps the least and the most of each column, however long it is', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(9), fc.nat(9)), { minLength: 1, maxLength: 3000 }), (values) => {
        const builder = new SeriesBuilder(values.length);
        for (const [t, [ready, required]] of values.entries()) builder.add(second(t, ready, required));
        const { ready, required, shortShare } = builder.build();
        expect(Math.max(...ready.most)).toBe(Math.max(...values.map(([one]) => one)));
        expect(Math.min(...ready.least)).toBe(Math.min(...values.map(([one]) => one)));
        expect(Math.max(...required.most)).toBe(Math.max(...values.map(([, one]) => one)));
        expect(shortShare.some((share) => share > 0)).toBe(values.some(([ready_, required_]) => ready_ < required_));
        expect(shortShare.every((share) => share >= 0 && share <= 1)).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});

describe('several traces in one number', () => {
  const day = () => 86_400;

  test('are a geometric mean, with a floor on both sides', () => {
    expect(geometricMean([1, 4])).toBeCloseTo(2, 12);
    const outcomes = [
      outcome('a', 'cartwright', { thetaUnder: 0.001, failedShare: 0, reversals: 1 }),
      outcome('a', 'hpa', { thetaUnder: 0.019, failedShare: 0.00003, reversals: 0 }),
      outcome('b', 'cartwright', { thetaUnder: 0.009, failedShare: 0.00001, reversals: 3 }),
      outcome('b', 'hpa', { thetaUnder: 0, failedShare: 0.00001, reversals: 3 }),
    ];
    const [compared] = comparisonsOf(outcomes, 'defaults', 'cartwright', day);
    expect(compared).toMatchObject({ other: 'hpa', traces: 2, worstThetaUnder: { trace: 'b' } });
    // θU: 0.002/0.02 and 0.01/0.001; failed: 1/4 and 1; reversals a day: 2/1 and 4/4.
    expect(compared!.thetaUnder).toBeCloseTo(1, 9);
    expect(compared!.failedShare).toBeCloseTo(0.5, 9);
    expect(compared!.reversalsPerDay).toBeCloseTo(Math.SQRT2, 9);
    expect(compared!.worstThetaUnder.ratio).toBeCloseTo(10, 9);
    expect(meansOf(outcomes, 'defaults', day)[0]).toMatchObject({ scaler: 'cartwright', traces: 2 });
    expect(meansOf(outcomes, 'defaults', day)[0]!.costRatio).toBeCloseTo(1.1, 12);
  });

  test('leave out what only one of the two ran on', () => {
    const outcomes = [outcome('a', 'cartwright'), outcome('b', 'hpa')];
    expect(comparisonsOf(outcomes, 'defaults', 'cartwright', day)).toEqual([]);
  });
});

describe('a report', () => {
  const outcomes = [
    outcome('a<b>|c', 'cartwright', { thetaUnder: 0.1234 }),
    outcome('a<b>|c', 'hpa', { isNearestOnly: true, thetaUnder: 4 }, 'equal-cost'),
    outcome('day', 'cartwright'),
  ];
  const charts = outcomes.map(({ trace, scaler, table }) => {
    const builder = new SeriesBuilder(1000);
    for (let t = 0; t < 1000; t += 1) builder.add(second(t, t < 500 ? 1 : 3, 2));
    return { trace, scaler, table, series: builder.build() };
  });
  const report = reportOf([['seed', '1']], outcomes, charts);

  test('has the same figures in Markdown and on the page', () => {
    const [markdown, html] = [markdownOf(report), htmlOf(report)];
    for (const text of ['0.1234', '4.0000', '1.100', 'hpa', 'seed'])
      for (const page of [markdown, html]) expect(page).toContain(text);
    expect(markdown).toContain('## a\\<b\\>\\|c');
    expect(markdown).toContain('| hpa \\* |');
  });

  test('needs nothing from elsewhere, and says in words what it draws', () => {
    const html = htmlOf(report);
    expect(html).not.toMatch(/<script|https?:|@import|url\(|a<b>/);
    expect(html.match(/<svg role="img" aria-label="[^"]{20,}"/g)).toHaveLength(5);
    expect(html).toContain('Up to 3 replicas ready, up to 2 required; fewer than required in 50.00 % of the time.');
    expect(html).toContain('prefers-color-scheme:dark');
  });

  test('of one trace has nothing to average', () => {
    const one = reportOf([], outcomes.slice(2), charts.slice(2));
    expect(htmlOf(one)).not.toContain('Over all traces');
    expect(markdownOf(one)).not.toContain('Geometric means over the traces,');
  });
});
