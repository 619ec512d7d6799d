import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DemandInterval } from './demand-delta.ts';
import { ClusterWindows } from './windows.ts';

const EPOCH = 1_700_000_000_000;
const at = (seconds: number) => EPOCH + seconds * 1000;

/** Instances that are active from second 0 and report 10 each at the middle of every second up to `seconds`. */
function running(instances: number, seconds: number): ClusterWindows {
  const windows = new ClusterWindows();
  for (let index = 0; index < instances; index += 1) windows.setInstanceState(`i${index}`, 'active', at(0));
  for (let second = 0; second < seconds; second += 1)
    for (let index = 0; index < instances; index += 1) gauge(windows, `i${index}`, second, 10);
  return windows;
}

function gauge(windows: ClusterWindows, instance: string, second: number, value: number, now = second + 0.6): boolean {
  return windows.observeGauge(instance, 'loadAverage', at(second + 0.5), value, at(now));
}

function totals(windows: ClusterWindows, now: number, seconds = 60, factor = 'loadAverage'): Record<number, number> {
  const { window } = windows.read(factor, at(now), seconds, 70);
  return Object.fromEntries(window.map(({ second, total }) => [second - EPOCH / 1000, total]));
}

function interval(from: number, to: number, change: Partial<DemandInterval> = {}): DemandInterval {
  return {
    from: at(from),
    to: at(to),
    inFlight: 8,
    queued: 0,
    arrivalsPerSecond: 80,
    completionsPerSecond: 80,
    errorsPerSecond: 0,
    endedPerSecond: 80,
    throttled: 0,
    affinityBroken: 0,
    ejections: 0,
    saturated: false,
    completions: 80 * (to - from),
    serviceSeconds: 8 * (to - from),
    queuedNow: 0,
    ...change,
  };
}

describe('gauges of instances', () => {
  test('add up to one total a second', () => {
    expect(totals(running(3, 4), 4)).toEqual({ 0: 30, 1: 30, 2: 30, 3: 30 });
  });

  test('keep the second of the ring that the window asks for, and no more', () => {
    expect(Object.keys(totals(running(1, 100), 100, 20))).toHaveLength(19);
  });

  test('of an instance that starts or warms up are no load', () => {
    const windows = running(1, 5);
    windows.setInstanceState('new', 'starting', at(1));
    expect(gauge(windows, 'new', 2, 500)).toBe(false);
    windows.setInstanceState('new', 'active', at(3), at(6));
    expect(gauge(windows, 'new', 4, 500, 5)).toBe(false);
    gauge(windows, 'i0', 6, 10);
    expect(gauge(windows, 'new', 6, 8)).toBe(true);
    expect(totals(windows, 7)).toMatchObject({ 4: 10, 6: 18 });
    expect(windows.dropped.notCounting).toBe(2);
  });

  test('of a new instance are no more than the mean of those that were there before, for five minutes', () => {
    const windows = running(2, 20);
    windows.setInstanceState('new', 'active', at(20));
    windows.setInstanceState('another', 'active', at(21));
    for (let second = 20; second < 360; second += 1) {
      const values = { i0: 10, i1: 30, new: second < 30 ? 15 : 80, another: second < 21 ? null : 80 };
      for (const [instance, value] of Object.entries(values))
        if (value !== null) gauge(windows, instance, second, value);
      if (second === 40) expect(totals(windows, 40.7)).toMatchObject({ 19: 20, 20: 55, 29: 80, 35: 80 });
    }
    // The one that came first is no longer new; the other one is, for a second more.
    expect(totals(windows, 320.7, 1)).toEqual({ 320: 160 });
    expect(totals(windows, 330.7, 1)).toEqual({ 330: 200 });
  });

  test('of a first instance count whole, and so do those of instances that began together', () => {
    const windows = running(3, 4);
    for (let index = 0; index < 3; index += 1) gauge(windows, `i${index}`, 4, 100);
    expect(totals(windows, 5)).toMatchObject({ 4: 300 });
  });

  test('hold for three seconds without a new one', () => {
    const windows = running(2, 3);
    for (const second of [3, 4, 5]) gauge(windows, 'i0', second, 10);
    expect(totals(windows, 6)).toMatchObject({ 3: 20, 4: 20, 5: 20 });
    expect(windows.read('loadAverage', at(6), 60, 70).shrinkWindow).toBeUndefined();
  });

  test('of a silent instance count as the mean of the others when growing and as the target when shrinking', () => {
    const windows = running(3, 3);
    for (let second = 3; second < 8; second += 1) {
      gauge(windows, 'i0', second, 10);
      gauge(windows, 'i1', second, 30);
    }
    const { window, shrinkWindow } = windows.read('loadAverage', at(8), 60, 70);
    expect(window.at(-1)).toEqual({ second: EPOCH / 1000 + 7, total: 60, instances: 3 });
    expect(shrinkWindow!.at(-1)).toEqual({ second: EPOCH / 1000 + 7, total: 110, instances: 3 });
    expect(shrinkWindow!.slice(0, 5)).toEqual(window.slice(0, 5));
  });

  test('hold as long as the report interval where agents report seldom', () => {
    const windows = running(2, 2);
    windows.setReportInterval(10);
    for (let second = 2; second < 12; second += 1) gauge(windows, 'i0', second, 10);
    expect(windows.read('loadAverage', at(12), 60, 70).shrinkWindow).toBeUndefined();
  });

  test('that come late in a batch rewrite the seconds that they belong to', () => {
    const windows = running(2, 2);
    for (let second = 2; second < 40; second += 1) gauge(windows, 'i0', second, 10);
    for (let second = 2; second < 40; second += 1) gauge(windows, 'i1', second, second, 40);
    expect(totals(windows, 40, 40)).toMatchObject({ 2: 12, 20: 30, 39: 49 });
    expect(windows.read('loadAverage', at(40), 40, 70).shrinkWindow).toBeUndefined();
  });

  test('said twice or in any order make the same totals', () => {
    const samples = Array.from({ length: 60 }, (_, index) => ({ instance: `i${index % 3}`, second: index / 3 }));
    const expected = totals(running(3, 20), 20, 20);
    fc.assert(
      fc.property(fc.shuffledSubarray(samples, { minLength: 60 }), fc.nat(20), (order, repeats) => {
        const windows = running(3, 0);
        for (const { instance, second } of [...order, ...order.slice(0, repeats)])
          gauge(windows, instance, Math.floor(second), 10, 20);
        expect(totals(windows, 20, 20)).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  test('come to the same in columns as one by one', () => {
    const value = fc.oneof(fc.double({ min: -10, max: 1000 }), fc.constant(Number.NaN));
    const sample = fc.record({ second: fc.double({ min: -10, max: 25, noNaN: true }), load: value, memory: value });
    const batch = fc.record({ instance: fc.integer({ min: 0, max: 2 }), samples: fc.array(sample, { maxLength: 12 }) });
    fc.assert(
      fc.property(fc.array(batch, { maxLength: 8 }), (batches) => {
        const [columns, singly] = [running(2, 5), running(2, 5)];
        for (const { instance, samples } of batches) {
          const name = `i${instance}`;
          const times = samples.map(({ second }) => at(second));
          const gauges = {
            loadAverage: samples.map(({ load }) => load),
            memory: samples.map(({ memory }) => memory),
          };
          const used = columns.observeGauges(name, times, gauges, at(20));
          const each = samples.flatMap(({ second, load, memory }) => [
            singly.observeGauge(name, 'loadAverage', at(second), load, at(20)),
            singly.observeGauge(name, 'memory', at(second), memory, at(20)),
          ]);
          expect(used).toBe(each.filter(Boolean).length);
        }
        for (const factor of ['loadAverage', 'memory'])
          expect(columns.read(factor, at(20), 60, 70)).toEqual(singly.read(factor, at(20), 60, 70));
        expect(columns.dropped).toEqual(singly.dropped);
        expect(columns.freshnessSeconds(at(20))).toBe(singly.freshnessSeconds(at(20)));
      }),
    );
  });

  test('older than two minutes or from the future are dropped and counted', () => {
    const windows = running(1, 200);
    expect(gauge(windows, 'i0', 20, 99, 200)).toBe(false);
    expect(gauge(windows, 'i0', 300, 99, 200)).toBe(false);
    expect(windows.observeGauge('i0', 'loadAverage', at(199), Number.NaN, at(200))).toBe(false);
    expect(windows.dropped.outOfWindow).toBe(3);
    expect(totals(windows, 200, 3)).toEqual({ 198: 10, 199: 10 });
  });

  test('of an instance that is gone stay in the seconds before and leave those after', () => {
    const windows = running(2, 5);
    windows.remove('i1', at(3));
    gauge(windows, 'i0', 5, 10);
    expect(totals(windows, 6)).toEqual({ 0: 20, 1: 20, 2: 20, 3: 10, 4: 10, 5: 10 });
    expect(gauge(windows, 'i1', 5, 10)).toBe(false);
  });

  test('leave seconds without any sample out instead of calling them zero', () => {
    const windows = running(1, 3);
    gauge(windows, 'i0', 20, 10);
    expect(Object.keys(totals(windows, 21))).toEqual(['0', '1', '2', '3', '4', '5', '20']);
  });

  test('are forgotten when the clock is set back by an hour, and learnt again', () => {
    const windows = running(1, 5);
    expect(gauge(windows, 'i0', -3600, 7)).toBe(true);
    expect(totals(windows, -3599)).toEqual({ '-3600': 7 });
  });

  test('of more than 32 names are refused and counted', () => {
    const windows = running(1, 1);
    for (let index = 0; index < 40; index += 1) windows.observeGauge('i0', `app-${index}`, at(1), 1, at(1));
    expect(windows.dropped.tooManyGauges).toBe(9);
  });
});

describe('demand from load balancers', () => {
  test('adds up over balancers', () => {
    const windows = new ClusterWindows();
    windows.observeDemand('lb-1', interval(0, 1, { inFlight: 5 }), at(1));
    windows.observeDemand('lb-2', interval(0, 1, { inFlight: 7 }), at(1));
    expect(totals(windows, 1.05, 60, 'requestsInFlight')).toEqual({ 0: 12 });
    expect(totals(windows, 1.05, 60, 'requestsPerSecond')).toEqual({ 0: 160 });
  });

  test('is spread over the seconds that an interval covers', () => {
    const windows = new ClusterWindows();
    windows.observeDemand('lb', interval(0, 1, { inFlight: 4 }), at(1));
    windows.observeDemand('lb', interval(1, 4, { inFlight: 10 }), at(4));
    expect(totals(windows, 4.05, 60, 'requestsInFlight')).toEqual({ 0: 4, 1: 10, 2: 10, 3: 10 });
  });

  test('is weighted by time where intervals meet within a second, and known before the second is over', () => {
    const windows = new ClusterWindows();
    windows.observeDemand('lb', interval(0.5, 1.5, { inFlight: 4 }), at(1.5));
    windows.observeDemand('lb', interval(1.5, 2.5, { inFlight: 10 }), at(2.5));
    expect(totals(windows, 2.55, 60, 'requestsInFlight')).toEqual({ 0: 4, 1: 7, 2: 10 });
  });

  test('while saturated is arrivals by the service time that was measured before', () => {
    const windows = new ClusterWindows();
    for (let second = 0; second < 30; second += 1)
      windows.observeDemand('lb', interval(second, second + 1), at(second + 1));
    const saturated = { saturated: true, inFlight: 60, queued: 44, arrivalsPerSecond: 200, queuedNow: 80 };
    windows.observeDemand('lb', interval(30, 31, { ...saturated, completions: 160, serviceSeconds: 40 }), at(31));
    const { window } = windows.read('requestsInFlight', at(31.05), 60, 6);
    expect(window.at(-1)).toMatchObject({ saturated: true });
    expect(window.at(-1)!.total).toBeGreaterThan(19);
    expect(window.at(-1)!.total).toBeLessThan(23);
    expect(windows.queued(at(31.05))).toBe(80);
  });

  test('does not fall while a backlog is drained', () => {
    const windows = new ClusterWindows();
    for (let second = 0; second < 30; second += 1)
      windows.observeDemand('lb', interval(second, second + 1), at(second + 1));
    for (let second = 30; second < 40; second += 1) {
      const backlog = 100 - 10 * (second - 30);
      windows.observeDemand(
        'lb',
        interval(second, second + 1, { saturated: true, inFlight: 8 + backlog, queued: backlog }),
        at(second + 1),
      );
    }
    const { window } = windows.read('requestsInFlight', at(40.05), 60, 6);
    for (const { total } of window.slice(-10)) expect(total).toBeCloseTo(8, 6);
  });

  test('of an unknown service time is what is being served', () => {
    const windows = new ClusterWindows();
    const nothing = {
      saturated: true,
      inFlight: 30,
      queued: 30,
      completions: 0,
      serviceSeconds: 0,
      completionsPerSecond: 0,
    };
    windows.observeDemand('lb', interval(0, 1, nothing), at(1));
    expect(totals(windows, 1.05, 60, 'requestsInFlight')).toEqual({ 0: 1 });
  });

  test('of a balancer that fell silent is kept for shrinking until it is removed', () => {
    const windows = new ClusterWindows();
    for (let second = 0; second < 20; second += 1) {
      windows.observeDemand('lb-1', interval(second, second + 1, { inFlight: 5 }), at(second + 1));
      if (second < 10) windows.observeDemand('lb-2', interval(second, second + 1, { inFlight: 7 }), at(second + 1));
    }
    const { window, shrinkWindow } = windows.read('requestsInFlight', at(20.05), 60, 6);
    expect(window.at(-1)!.total).toBe(5);
    expect(shrinkWindow!.at(-1)!.total).toBe(12);
    windows.remove('lb-2', at(20));
    expect(windows.read('requestsInFlight', at(20.05), 60, 6).shrinkWindow).toBeUndefined();
  });

  test('says what share of requests fails and how many are completed', () => {
    const windows = new ClusterWindows();
    for (let second = 0; second < 10; second += 1)
      windows.observeDemand(
        'lb',
        interval(second, second + 1, { completionsPerSecond: 60, errorsPerSecond: 30, endedPerSecond: 80 }),
        at(second + 1),
      );
    expect(windows.throughput(at(10.05))).toBeCloseTo(60, 9);
    expect(windows.errorShare(at(10.05))).toBeCloseTo(30 / 80, 9);
    expect(windows.throughput(at(60))).toBeNull();
  });

  test('queued at a balancer that is silent says nothing of now', () => {
    const windows = new ClusterWindows();
    windows.observeDemand('lb', interval(0, 1, { queuedNow: 4 }), at(1));
    expect(windows.queued(at(2))).toBe(4);
    expect(windows.queued(at(20))).toBe(0);
  });
});

describe('how much is known', () => {
  test('is nothing before the first sample', () => {
    const windows = new ClusterWindows();
    expect(windows.freshnessSeconds(at(5))).toBeNull();
    expect(windows.isFull(at(5), 60)).toBe(false);
    expect(windows.read('loadAverage', at(5), 60, 70)).toEqual({ window: [] });
    expect(windows.read('requestsInFlight', at(5), 60, 70)).toEqual({ window: [] });
  });

  test('is a full window once the first sample is that old', () => {
    const windows = running(1, 61);
    expect(windows.isFull(at(59), 60)).toBe(false);
    expect(windows.isFull(at(60.5), 60)).toBe(true);
    expect(windows.freshnessSeconds(at(61))).toBeCloseTo(0.5, 6);
  });
});
