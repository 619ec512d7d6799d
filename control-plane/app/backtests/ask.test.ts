import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import type { BacktestJob } from '../ports/backtests.ts';
import { application, document } from '../testing/manifests.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { recordPast } from '../testing/recorded-demand.ts';
import type { Backtest } from './use-cases.ts';

const HOUR = 3_600_000;
const REF = { tenant: 'acme', application: 'shop', alias: 'web' };
const CALM = document('AutoscalingPolicy', 'calm', { maximum: 50, factors: { requestsInFlight: { target: 7 } } });

let platform: Platform;
beforeEach(async () => {
  platform = await Platform.open();
  await platform.apply(
    application('shop', [
      { alias: 'web', cartridge: 'node', autoscaling: { minimum: 1, maximum: 2 } },
      { alias: 'jobs', cartridge: 'worker' },
    ]),
  );
});
afterEach(() => platform[Symbol.asyncDispose]());

const ask = (input: object = {}): Promise<Backtest> =>
  platform.parts.mutations.backtestPolicy(OPERATOR, { ...REF, policy: CALM, from: platform.now - HOUR, ...input });

async function ended(input: object = {}): Promise<Backtest> {
  const { uid } = await ask(input);
  return eventually('the backtest', async () => {
    const found = await platform.parts.queries.backtest(OPERATOR, uid);
    return found?.finishedAt === null ? undefined : found;
  });
}
const refusal = (input: object) =>
  ask(input).then(String, ({ code, message }: { code: string; message: string }) => `${code}: ${message}`);

/** 21 in flight for half of the last hour, of which three instances are required. */
const record = (): Promise<void> =>
  recordPast(platform.database.history, platform.cluster('web'), {
    ...{ from: platform.now - HOUR, to: platform.now - HOUR / 2, serviceSeconds: 0.25, active: 2 },
    demand: () => 21,
  });

test('a policy is tried beside the one in force and what really ran, on what is recorded alone', async () => {
  await record();
  const { outcome, ...rest } = await ended();
  expect(rest).toMatchObject({ ...REF, policy: 'calm', createdBy: 'operator', progress: 1 });
  if (outcome.state !== 'succeeded') throw new Error(JSON.stringify(outcome));
  const { result } = outcome;
  expect(result).toMatchObject({ concurrency: 10, startSeconds: 2 });
  expect(result.coveredSeconds).toBeGreaterThan(1780);
  expect(result.coveredSeconds).toBeLessThanOrEqual(1800);
  expect(result.seconds).toBeGreaterThan(3580);
  expect(result.serviceSeconds).toBeCloseTo(0.25, 3);
  expect(result.proposed.replicaHours).toBeCloseTo(1.5, 1);
  expect(result.proposed.shortSeconds).toBe(0);
  // At most two: all of the time short.
  expect(result.inForce?.shortSeconds).toBe(result.coveredSeconds);
  expect(result.recorded?.replicaHours).toBeCloseTo(1, 1);
  expect(result.recorded?.shortSeconds).toBe(result.coveredSeconds);
  const { course } = result;
  expect(course.points).toBeGreaterThan(350);
  expect(course.proposed).toHaveLength(course.points);
  // Nothing is recorded of the second half of the hour.
  expect([course.demand[100], course.required[100], course.recorded?.[100]]).toEqual([21, 3, 2]);
  expect([course.proposed[100], course.inForce?.[100]]).toEqual([3, 2]);
  expect([course.demand.at(-1), course.proposed.at(-1)]).toEqual([Number.NaN, Number.NaN]);
  expect(result.notes).toEqual([expect.stringContaining('the policy in force is simulated without loadAverage')]);
  expect(result.sentence).toMatch(
    /^With this policy the 60 minutes to .+, of which \d+ % are recorded, would have cost/,
  );
});

test('nothing of it is stored, and who asked stands in the audit records', async () => {
  await record();
  await ended();
  expect(await platform.database.policies.find({})).toEqual([]);
  const records = await platform.database.audit.find({}, { limit: 10, newestFirst: true });
  expect(records[0]).toMatchObject({ mutation: 'backtestPolicy', outcome: 'unchanged', object: { name: 'shop/web' } });
});

test('starts take as long as nine of ten that were measured', async () => {
  await record();
  const jobs: BacktestJob[] = [];
  const { backtestRunner } = platform;
  const run = backtestRunner.run.bind(backtestRunner);
  backtestRunner.run = (job, options) => {
    jobs.push(job);
    return run(job, options);
  };
  const web = platform.cluster('web');
  web.record = { ...web.record, startSeconds: [9, 1, 2, 3, 4, 5, 6, 7, 8, 30] };
  await ended();
  expect(jobs).toMatchObject([{ startSeconds: 9, concurrency: 10, policies: [{}, { policy: { maximum: 2 } }] }]);
});

test('it is followed to its end', async () => {
  await record();
  const { uid } = await ask();
  const states: string[] = [];
  const { signal } = new AbortController();
  for await (const { outcome } of platform.parts.feeds.backtest(OPERATOR, uid, signal)) states.push(outcome.state);
  expect(states.at(-1)).toBe('succeeded');
  // Who comes late sees the end.
  for await (const { outcome } of platform.parts.feeds.backtest(OPERATOR, uid, signal))
    expect(outcome.state).toBe('succeeded');
});

describe('it is said what is wrong', () => {
  test('when too little is recorded', async () => {
    const { outcome } = await ended();
    expect(outcome).toMatchObject({ state: 'failed', reason: { code: 'NOTHING_RECORDED' } });
  });

  test.each([
    ['an unknown application', { application: 'nobody' }, /^NOT_FOUND: there is no application "nobody"/],
    ['an unknown alias', { alias: 'nobody' }, /^NOT_FOUND: .+ it has web, jobs, lb/],
    ['no manifest', { policy: 'nothing: [' }, /^INVALID: policy/],
    ['another kind', { policy: application('x', []) }, /^INVALID: .+kind/],
    ['two policies', { policy: CALM + CALM.replace('calm', 'other') }, /^INVALID: .+found 2 objects/],
    [
      'a hostile size',
      { policy: `# ${'x'.repeat(70_000)}` },
      /^INVALID: policy: a policy has at most 65536 characters/,
    ],
    [
      'a bound that is none',
      { policy: document('AutoscalingPolicy', 'calm', { minimum: 5, maximum: 2 }), fileName: 'calm.yaml' },
      /^INVALID: calm\.yaml:\d+:\d+: spec\.maximum: expected at least the minimum, 5, found 2/,
    ],
    [
      'an unknown factor',
      { policy: document('AutoscalingPolicy', 'calm', { factors: { requestInFlight: { target: 5 } } }) },
      /^INVALID: policy:\d+:\d+: spec\.factors\.requestInFlight: expected a factor/,
    ],
    [
      'gauges alone',
      { policy: document('AutoscalingPolicy', 'calm', { factors: { loadAverage: { target: 70 } } }) },
      /^POLICY_NOT_SIMULATED: policy calm cannot be simulated: it scales by loadAverage alone.+give it requestsInFlight/,
    ],
    [
      'a service cluster of unknown concurrency',
      {
        alias: 'jobs',
        policy: document('AutoscalingPolicy', 'calm', { factors: { requestsPerSecond: { target: 70 } } }),
      },
      /^CONCURRENCY_UNKNOWN: .+set concurrency at its component/,
    ],
    ['a time of nothing', { from: 1_800_000_000_000 }, /^INVALID: from: expected at least a minute/],
    ['a time that is none', { from: Number.NaN }, /^INVALID: from/],
    ['a year', { from: 1_770_000_000_000 }, /^INVALID: a backtest is over at most 31 days/],
  ])('with %s', async (_what, input, expected) => {
    expect(await refusal(input)).toMatch(expected);
  });

  test('when a backtest is not there', async () => {
    await expect(platform.parts.mutations.cancelBacktest(OPERATOR, 'nobody')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(await platform.parts.queries.backtest(OPERATOR, 'nobody')).toBeUndefined();
    const feed = platform.parts.feeds.backtest(OPERATOR, 'nobody', new AbortController().signal);
    await expect(feed[Symbol.asyncIterator]().next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
