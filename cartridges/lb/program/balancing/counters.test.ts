import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { LATENCY_BUCKETS_MILLISECONDS, targetDemand } from '../../../../schema/mqtt/demand.ts';
import { latencyBucket, SHED_SATURATES_SECONDS, TargetCounters } from './counters.ts';

/** One request's story: when it comes, how long it waits, how long it is served, and how it ends. */
const story = fc.record({
  arrivedAt: fc.double({ min: 0, max: 100, noNaN: true }),
  queuedFor: fc.oneof(fc.constant(0), fc.double({ min: 0, max: 30, noNaN: true })),
  servedFor: fc.double({ min: 0, max: 60, noNaN: true }),
  instance: fc.constantFrom('a', 'b', 'c'),
  status: fc.constantFrom(200, 204, 301, 404, 500),
  end: fc.constantFrom('completed', 'failed', 'abandoned', 'shed'),
});
type Story = typeof story extends fc.Arbitrary<infer T> ? T : never;

interface Step {
  readonly at: number;
  readonly run: (counters: TargetCounters, now: number) => void;
}

function steps({ arrivedAt, queuedFor, servedFor, instance, status, end }: Story): Step[] {
  const forwardedAt = arrivedAt + queuedFor;
  const list: Step[] = [{ at: arrivedAt, run: (counters) => counters.arrived() }];
  if (queuedFor > 0) {
    list.push({ at: arrivedAt, run: (counters, now) => counters.enqueued(now) });
    list.push({ at: forwardedAt, run: (counters, now) => counters.dequeued(now) });
  }
  if (end === 'shed') return [...list, { at: forwardedAt, run: (counters, now) => counters.shed(now) }];
  list.push({ at: forwardedAt, run: (counters, now) => counters.forwarded(instance, now) });
  list.push({
    at: forwardedAt + servedFor,
    run: (counters, now) => {
      counters.attemptEnded(instance, end, now);
      if (end === 'completed') counters.completed({ status, arrivedAt, forwardedAt }, now);
      else if (end === 'failed') counters.failed();
      else counters.abandoned();
    },
  });
  return list;
}

function play(stories: readonly Story[], until = Number.POSITIVE_INFINITY): TargetCounters {
  const counters = new TargetCounters(0);
  const all = stories.flatMap(steps).filter(({ at }) => at <= until);
  for (const { at, run } of all.sort((a, b) => a.at - b.at)) run(counters, at);
  return counters;
}

function sum(values: Iterable<number>): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}

const END = 1000;

describe('the counters of a service cluster', () => {
  test('integrate requests over time to exactly the sum of how long each was there', () => {
    fc.assert(
      fc.property(fc.array(story, { maxLength: 60 }), (stories) => {
        const report = play(stories).report(END);
        const served = stories.filter(({ end }) => end !== 'shed');
        expect(report.queuedSeconds).toBeCloseTo(sum(stories.map(({ queuedFor }) => queuedFor)), 6);
        expect(report.inFlightSeconds - report.queuedSeconds).toBeCloseTo(sum(served.map((one) => one.servedFor)), 6);
        expect(sum(Object.values(report.instances).map((one) => one.inFlightSeconds))).toBeCloseTo(
          sum(served.map((one) => one.servedFor)),
          6,
        );
        const completed = stories.filter(({ end }) => end === 'completed');
        expect(report.serviceSeconds).toBeCloseTo(sum(completed.map((one) => one.servedFor)), 6);
      }),
    );
  });

  test('account for every request that arrived, at any moment', () => {
    fc.assert(
      fc.property(
        fc.array(story, { maxLength: 60 }),
        fc.double({ min: 0, max: 200, noNaN: true }),
        (stories, until) => {
          const report = play(stories, until).report(until);
          expect(report.arrivals).toBe(
            sum(report.completions) +
              report.sheds +
              report.failures +
              (report.abandoned ?? 0) +
              report.inFlight +
              report.queued,
          );
          expect(sum(report.latency)).toBe(sum(report.completions));
          expect(sum(Object.values(report.instances).map(({ inFlight }) => inFlight))).toBe(report.inFlight);
        },
      ),
    );
  });

  test('never go back from one report to the next, and always fit the contract', () => {
    fc.assert(
      fc.property(fc.array(story, { maxLength: 40 }), (stories) => {
        const counters = new TargetCounters(0);
        let before = counters.report(0);
        for (const { at, run } of stories.flatMap(steps).sort((a, b) => a.at - b.at)) {
          run(counters, at);
          const now = counters.report(at);
          expect(targetDemand.safeParse(now).success).toBe(true);
          expect(now.inFlightSeconds).toBeGreaterThanOrEqual(before.inFlightSeconds - 1e-9);
          expect(now.queuedSeconds).toBeGreaterThanOrEqual(before.queuedSeconds);
          expect(now.saturatedSeconds).toBeGreaterThanOrEqual(before.saturatedSeconds);
          before = now;
        }
      }),
    );
  });

  test('reporting often or seldom changes no total', () => {
    fc.assert(
      fc.property(fc.array(story, { maxLength: 40 }), (stories) => {
        const seldom = play(stories).report(END);
        const often = new TargetCounters(0);
        for (const { at, run } of stories.flatMap(steps).sort((a, b) => a.at - b.at)) {
          often.report(at);
          run(often, at);
        }
        const last = often.report(END);
        expect(last.saturatedSeconds).toBeCloseTo(seldom.saturatedSeconds, 6);
        expect(last.inFlightSeconds).toBeCloseTo(seldom.inFlightSeconds, 6);
      }),
    );
  });

  test('are saturated while anything is queued, and for a second after a shed', () => {
    const counters = new TargetCounters(0);
    counters.enqueued(10);
    counters.enqueued(11);
    counters.dequeued(12);
    counters.dequeued(14);
    expect(counters.report(20).saturatedSeconds).toBe(4);
    counters.shed(20);
    counters.shed(20.5);
    expect(counters.report(30).saturatedSeconds).toBe(4 + 0.5 + SHED_SATURATES_SECONDS);
  });

  test('report an instance before its first request and forget it when told', () => {
    const counters = new TargetCounters(0);
    counters.track('a', 1);
    expect(counters.report(2).instances).toEqual({
      a: { inFlight: 0, inFlightSeconds: 0, completions: 0, failures: 0 },
    });
    counters.forget('a');
    expect(counters.report(2).instances).toEqual({});
  });

  test('put a latency into the bucket whose upper bound it does not exceed', () => {
    expect(latencyBucket(0)).toBe(0);
    expect(latencyBucket(1)).toBe(0);
    expect(latencyBucket(1.001)).toBe(1);
    expect(latencyBucket(30_000)).toBe(LATENCY_BUCKETS_MILLISECONDS.length - 1);
    expect(latencyBucket(30_001)).toBe(LATENCY_BUCKETS_MILLISECONDS.length);
  });
});
