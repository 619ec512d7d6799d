import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DemandReport, TargetDemand } from '../../../schema/mqtt/demand.ts';
import { demandDelta } from './demand-delta.ts';
import { DemandTracker } from './demand-tracker.ts';

const EPOCH = 1_700_000_000_000;

/** Counters of a balancer after `seconds` of 50 requests a second that take 0.1 s each. */
function counters(seconds: number, change: Partial<TargetDemand> = {}): TargetDemand {
  return {
    inFlight: 5,
    queued: 0,
    inFlightSeconds: 5 * seconds,
    queuedSeconds: 0,
    saturatedSeconds: 0,
    arrivals: 50 * seconds,
    completions: [0, 50 * seconds, 0, 0, 0],
    serviceSeconds: 5 * seconds,
    sheds: 0,
    failures: 0,
    bytesIn: 0,
    bytesOut: 0,
    latency: new Array<number>(15).fill(0),
    instances: {},
    ...change,
  };
}

function point(seconds: number, change: Partial<TargetDemand> = {}) {
  return { at: EPOCH + seconds * 1000, uptimeSeconds: seconds, target: counters(seconds, change) };
}

function report(seconds: number, change: Partial<DemandReport> = {}): DemandReport {
  return {
    v: 1,
    session: 's1',
    sequence: seconds,
    ageMilliseconds: 0,
    uptimeSeconds: seconds,
    targets: { php: counters(seconds) },
    ...change,
  };
}

describe('the difference of two reports', () => {
  test('is the mean in flight, the rates and the time between them', () => {
    expect(demandDelta(point(10), point(11))).toEqual({
      kind: 'interval',
      interval: {
        from: EPOCH + 10_000,
        to: EPOCH + 11_000,
        throttled: 0,
        affinityBroken: 0,
        ejections: 0,
        inFlight: 5,
        queued: 0,
        arrivalsPerSecond: 50,
        completionsPerSecond: 50,
        errorsPerSecond: 0,
        endedPerSecond: 50,
        saturated: false,
        completions: 50,
        serviceSeconds: 5,
        queuedNow: 0,
      },
    });
  });

  test('over a lost report is the same, with less resolution', () => {
    const delta = demandDelta(point(10), point(13));
    expect(delta).toMatchObject({
      interval: { from: EPOCH + 10_000, inFlight: 5, arrivalsPerSecond: 50, completions: 150 },
    });
  });

  test('is saturated when something was queued or shed in between', () => {
    expect(demandDelta(point(10), point(11, { saturatedSeconds: 0.2, queuedSeconds: 0.1 }))).toMatchObject({
      interval: { saturated: true, queued: 0.1 },
    });
    expect(demandDelta(point(10), point(11, { sheds: 3 }))).toMatchObject({
      interval: { saturated: true, errorsPerSecond: 3, endedPerSecond: 53 },
    });
  });

  test('counts 5xx answers, failures and sheds as errors', () => {
    const next = point(11, { completions: [0, 530, 0, 0, 20], failures: 4, sheds: 1 });
    expect(demandDelta(point(10), next)).toMatchObject({
      interval: { completionsPerSecond: 50, errorsPerSecond: 25, endedPerSecond: 55 },
    });
  });

  test('of a target that was not there before counts from zero', () => {
    const previous = { at: EPOCH, uptimeSeconds: 10, target: undefined };
    const next = { at: EPOCH + 1000, uptimeSeconds: 11, target: counters(1) };
    expect(demandDelta(previous, next)).toMatchObject({ interval: { inFlight: 5, arrivalsPerSecond: 50 } });
  });

  test('says nothing when no time has passed or a counter went back', () => {
    expect(demandDelta(point(10), point(10))).toEqual({ kind: 'no-time' });
    expect(demandDelta(point(10), point(9))).toEqual({ kind: 'no-time' });
    expect(demandDelta(point(10), point(11, { arrivals: 3 }))).toEqual({ kind: 'counter-back', counter: 'arrivals' });
    expect(demandDelta(point(10), point(11, { completions: [0, 3, 0, 0, 0] }))).toEqual({
      kind: 'counter-back',
      counter: 'completions.2xx',
    });
  });
});

describe('the reports of one balancer', () => {
  test('count from the beginning of a young session', () => {
    const { intervals } = new DemandTracker().accept(report(2), EPOCH + 2000);
    expect(intervals).toMatchObject([{ alias: 'php', interval: { from: EPOCH, to: EPOCH + 2000, inFlight: 5 } }]);
  });

  test('of a session that has long been running only count from the second one on', () => {
    const tracker = new DemandTracker();
    expect(tracker.accept(report(5000), EPOCH)).toEqual({ intervals: [], ignored: ['too-long'] });
    expect(tracker.accept(report(5001), EPOCH + 1000).intervals).toHaveLength(1);
  });

  test('are placed by receipt and age, not by any clock of the balancer', () => {
    const tracker = new DemandTracker();
    tracker.accept(report(5), EPOCH);
    const { intervals } = tracker.accept(report(6, { ageMilliseconds: 400 }), EPOCH + 1400);
    expect(intervals).toMatchObject([{ interval: { from: EPOCH, to: EPOCH + 1000 } }]);
  });

  test('begin again with a new session, and an ended session says nothing any more', () => {
    const tracker = new DemandTracker();
    tracker.accept(report(30), EPOCH);
    const restarted = tracker.accept(report(1, { session: 's2' }), EPOCH + 3000);
    expect(restarted.intervals).toMatchObject([{ interval: { from: EPOCH + 2000, inFlight: 5 } }]);
    expect(tracker.accept(report(32), EPOCH + 3100)).toEqual({ intervals: [], ignored: ['old-session'] });
  });

  test('keep a target that is left out for a while', () => {
    const tracker = new DemandTracker();
    tracker.accept(report(10), EPOCH);
    tracker.accept(report(11, { targets: {} }), EPOCH + 1000);
    const { intervals } = tracker.accept(report(12), EPOCH + 2000);
    expect(intervals).toMatchObject([{ interval: { from: EPOCH, to: EPOCH + 2000, arrivalsPerSecond: 50 } }]);
  });

  test('that are lost, late, repeated or out of order lose no request and invent none', () => {
    const order = fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(order, (sequence) => {
        const tracker = new DemandTracker();
        let completions = 0;
        let last = 0;
        for (const second of sequence) {
          for (const { interval } of tracker.accept(report(second), EPOCH + second * 1000).intervals) {
            completions += interval.completions;
            expect(interval.inFlight).toBeCloseTo(5, 9);
            expect(interval.arrivalsPerSecond).toBeCloseTo(50, 9);
          }
          last = Math.max(last, second);
        }
        expect(completions).toBeCloseTo(50 * last, 6);
      }),
    );
  });
});
