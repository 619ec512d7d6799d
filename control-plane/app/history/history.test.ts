import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import { Folder } from '../../adapters/database/testing/folder.ts';
import type { DatabaseStore } from '../../adapters/database/store.ts';
import { blockStart, TIERS } from '../../domain/history/tiers.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Fleet } from '../fleet/fleet.ts';
import { addInstance, CLOCK, clusterOf, NOW } from '../testing/records.ts';
import { readHistory, type HistorySeries } from './read.ts';
import { HistoryRecorder } from './recorder.ts';
import { HistoryStore } from './store.ts';

const logger = pino({ level: 'silent' });
const [FINEST] = TIERS;

let folder: Folder;
let database: DatabaseStore;
let blocks: HistoryStore;
let fleet: Fleet;
let web: ClusterState;
let instance: string;
let now: number;
let recorder: HistoryRecorder;

beforeEach(async () => {
  folder = await Folder.make();
  database = await folder.open();
  blocks = new HistoryStore(database.history);
  fleet = new Fleet();
  web = clusterOf('web');
  fleet.addCluster(web);
  // The start of an hour: blocks of every tier but the coarsest begin there.
  now = Math.ceil(NOW / 86_400_000) * 86_400_000;
  instance = addInstance(fleet, web).record.uid;
  web.windows.setInstanceState(instance, 'active', now - 1000);
  recorder = started();
});
afterEach(() => folder.close());

function started(): HistoryRecorder {
  return new HistoryRecorder({ fleet, store: blocks, logger, clock: { ...CLOCK, now: () => now } });
}

/** Lets seconds pass; the instance reports the load of each. */
async function live(seconds: number, load: (second: number) => number): Promise<void> {
  for (let index = 0; index < seconds; index += 1) {
    web.windows.observeGauge(instance, 'loadAverage', now + 100, load(now / 1000), now + 200);
    now += 1000;
    recorder.tick();
  }
  await recorder.settle();
}

async function read(from: number, to: number, stepSeconds = 1, points?: number) {
  const history = await readHistory(blocks, recorder, web, {
    ...{ from, to, stepSeconds, now },
    ...(points === undefined ? {} : { points }),
  });
  const series = (name: string): HistorySeries | undefined => history.series.find((one) => one.name === name);
  return { ...history, series };
}

test('each second of the last minutes is there, as the windows saw it, and how many instances there were', async () => {
  const start = now;
  await live(20, (second) => second % 100);
  const { series, stepSeconds, points } = await read(start, start + 17_000);
  expect([stepSeconds, points]).toEqual([1, 17]);
  const expected = Array.from({ length: 17 }, (_, index) => (start / 1000 + index) % 100);
  expect(series('loadAverage')?.mean).toEqual(expected);
  expect(series('loadAverage')?.maximum).toEqual(expected);
  expect(series('instances.active')?.mean.slice(1)).toEqual(Array.from({ length: 16 }, () => 1));
  expect(series('instances.wanted')?.mean.at(-1)).toBe(1);
  expect((await read(start - 10_000, start)).series('loadAverage')).toBeUndefined();
});

test('what was asked for is there as arrivals times the time of service, however much waited or was in flight', async () => {
  const start = now;
  const interval = { inFlight: 40, queued: 30, arrivalsPerSecond: 20, completionsPerSecond: 10, errorsPerSecond: 0 };
  const counts = { throttled: 0, affinityBroken: 0, ejections: 0, queuedNow: 30, endedPerSecond: 10 };
  for (let second = 0; second < 20; second += 1) {
    const isBusy = second >= 5 && second < 15;
    web.windows.observeDemand(
      'lb',
      {
        ...(isBusy ? interval : { ...interval, inFlight: 0, queued: 0, arrivalsPerSecond: 0 }),
        ...counts,
        ...{ from: now, to: now + 1000, saturated: isBusy, completions: isBusy ? 10 : 0 },
        serviceSeconds: isBusy ? 2.5 : 0,
      },
      now + 1000,
    );
    now += 1000;
    recorder.tick();
  }
  const { series } = await read(start, start + 17_000);
  const expected = Array.from({ length: 17 }, (_, second) => (second >= 5 && second < 15 ? 5 : 0));
  expect(series('demand')?.mean).toEqual(expected);
});

test('a full block is rolled up, and every tier gives the same mean and maximum', async () => {
  const start = now;
  await live(1300, (second) => (second % 60 === 7 ? 90 : 30));
  for (const stepSeconds of [10, 60, 3600]) {
    const { series, stepSeconds: step } = await read(start, start + 1_200_000, stepSeconds);
    expect(step).toBe(stepSeconds);
    const { mean, maximum } = series('loadAverage')!;
    expect(Math.max(...maximum.map((value) => value ?? 0))).toBe(90);
    const known = mean.filter((value) => value !== null);
    expect(known.reduce((sum, value) => sum + value, 0) / known.length).toBeCloseTo(31, 1);
  }
  // The newest part, which no coarser block holds yet, is there all the same.
  const { series } = await read(start + 1_200_000, start + 1_290_000, 10);
  expect(series('loadAverage')?.mean.every((value) => value !== null)).toBe(true);
});

test('what a control plane that was killed had stored goes on in the next one, in the same block', async () => {
  const start = now;
  await live(150, () => 40);
  // Killed: what was not stored since the last minute is gone.
  recorder = started();
  await recorder.restore();
  now += 10_000;
  await live(30, () => 80);
  await recorder.close();
  const { series } = await read(start, now - 5000);
  const values = series('loadAverage')!.mean;
  const lost = values.filter((value) => value === null).length;
  expect(lost).toBeLessThanOrEqual(60 + 10 + 5);
  expect(values.filter((value) => value === 40).length).toBeGreaterThanOrEqual(80);
  expect(values.at(-1)).toBe(80);
});

test('a control plane that was away for days rolls up what it left', async () => {
  const start = now;
  await live(400, () => 20);
  await recorder.close();
  now += 2 * 86_400_000;
  recorder = started();
  await recorder.restore();
  await database.prune(now);
  expect(await blocks.load(web.record.uid, FINEST, blockStart(FINEST, start / 1000))).toBeUndefined();
  const { series, stepSeconds } = await read(start, start + 390_000, 10);
  expect(stepSeconds).toBe(10);
  expect(series('loadAverage')!.mean.slice(0, 39)).toEqual(Array.from({ length: 39 }, () => 20));
});

test('a tick that comes late counts for the seconds that had none', async () => {
  const start = now;
  await live(5, () => 50);
  // As behind a pause of four seconds, and with a timer that runs a little slow.
  now += 4_000;
  await live(5, () => 50);
  now += 900;
  recorder.tick();
  await live(5, () => 50);
  const { series } = await read(start, start + 16_000);
  expect(series('instances.active')?.mean.slice(1)).toEqual(Array.from({ length: 15 }, () => 1));
});

test('a block that cannot be read is a hole and stops nothing', async () => {
  const start = now;
  await live(700, () => 20);
  await recorder.close();
  const [first] = await database.history.find({ cluster: web.record.uid, tier: '1s' });
  await database.history.save({ ...first!, block: Uint8Array.from([9, 9, 9]) });
  const { series } = await read(start, start + 690_000);
  const { mean } = series('loadAverage')!;
  expect(mean[0]).toBeNull();
  expect(mean.at(-1)).toBe(20);
  await recorder.restore();
});

test('a question for more points than fit gets wider steps', async () => {
  await live(5, () => 1);
  const { points, stepSeconds } = await read(now - 3_000_000, now);
  expect(points).toBeLessThanOrEqual(2001);
  expect(stepSeconds).toBe(2);
});

test.each([
  ['two minutes', 120, 120, 1],
  ['two minutes that begin within a step', 120.5, 120, 2],
  ['an hour', 3600, 200, 20],
  ['an hour in few points', 3600, 10, 420],
  ['a day', 86_400, 300, 300],
  ['a week', 7 * 86_400, 500, 1260],
  ['four months', 120 * 86_400, 100, 29 * 3600],
])('%s has no more points than are asked for, and steps of equal length', async (_what, seconds, most, step) => {
  await live(5, () => 1);
  const { points, stepSeconds, from } = await read(now - seconds * 1000, now, 1, most);
  expect(points).toBeLessThanOrEqual(most);
  expect(stepSeconds).toBe(step);
  expect(from).toBeLessThanOrEqual(now - seconds * 1000);
  expect(from + points * stepSeconds * 1000).toBeGreaterThanOrEqual(now);
});

test('what one instance shall carry is told with each factor, and with nothing else', async () => {
  const start = now;
  await live(20, () => 30);
  const { series } = await read(start, start + 17_000);
  expect(series('loadAverage')?.target).toBe(70);
  expect(series('instances.active')?.target).toBeNull();
});

test('what the last minutes were is there without the store, across the end of a block', async () => {
  await live(650, (second) => second % 100);
  const recent = recorder.recent(web, 'loadAverage', 300)!;
  expect(recent.from + 300).toBe(now / 1000 - 2);
  expect([...recent.values]).toEqual(Array.from({ length: 300 }, (_, index) => (recent.from + index) % 100));
  expect(recorder.recent(web, 'loadAverage', 1000)!.values).toHaveLength(300);
  expect([...recorder.recent(web, 'memory', 3)!.values]).toEqual([NaN, NaN, NaN]);
});

test('a clock that is set back records anew what it comes to again', async () => {
  const start = now;
  await live(300, () => 10);
  now = start + 10_000;
  web.windows.observeGauge(instance, 'loadAverage', now, 1, now);
  await live(60, () => 70);
  const { series } = await read(start + 20_000, start + 60_000);
  expect(series('loadAverage')!.mean.filter((value) => value === 70).length).toBeGreaterThan(30);
});

test('nothing is left of a service cluster whose history is removed', async () => {
  await live(700, () => 10);
  await recorder.close();
  await blocks.remove(web.record.uid);
  expect(await database.history.find({})).toEqual([]);
});
