import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import type { DemandReport } from '../../../schema/mqtt/demand.ts';
import type { StatsReport } from '../../../schema/mqtt/stats.ts';
import { Folder } from '../../adapters/database/testing/folder.ts';
import type { DatabaseStore } from '../../adapters/database/store.ts';
import { addUsage, NO_USAGE, type Usage } from '../../domain/metering/usage.ts';
import { StoreUnavailable } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { target } from '../testing/agents.ts';
import { addInstance, CLOCK, clusterOf, NOW, seenOf } from '../testing/records.ts';
import { Meter } from './meter.ts';

const HOUR = 3_600_000;
const logger = pino({ level: 'silent' });

let folder: Folder;
let store: DatabaseStore;
let fleet: Fleet;
let web: ClusterState;
let instance: InstanceState;
let balancer: InstanceState;
let now: number;
let meter: Meter;
/** What happens to the next transaction. */
let fate: 'done' | 'refused' | 'answer lost';

beforeEach(async () => {
  folder = await Folder.make();
  store = await folder.open();
  fleet = new Fleet();
  web = clusterOf('web');
  const lb = clusterOf('lb', 'lb');
  for (const cluster of [web, lb]) fleet.addCluster(cluster);
  instance = addInstance(fleet, web);
  balancer = addInstance(fleet, lb);
  now = NOW;
  fate = 'done';
  meter = await started();
});
afterEach(() => folder.close());

/** A meter of a new control plane. */
async function started(): Promise<Meter> {
  const transaction: DatabaseStore['transaction'] = async (work) => {
    if (fate === 'refused') throw new StoreUnavailable('DATABASE_LOCKED', 'locked');
    const result = await store.transaction(work);
    if (fate === 'answer lost') throw new StoreUnavailable('DATABASE_IO', 'the connection broke');
    return result;
  };
  const next = new Meter({ fleet, store: { ...store, transaction }, logger, clock: { ...CLOCK, now: () => now } });
  await next.restore();
  return next;
}

const stats = (cpuSeconds: number, session = 's1'): StatsReport => ({
  v: 1,
  session,
  sequence: [1],
  ageMilliseconds: [0],
  gauges: {},
  counters: { cpuSeconds: [cpuSeconds], memoryByteSeconds: [100 * cpuSeconds] },
});
const demand = (completions: number): DemandReport => ({
  v: 1,
  session: 'b1',
  sequence: completions,
  ageMilliseconds: 0,
  uptimeSeconds: 10,
  targets: { web: { ...target(new Map(), 0), completions: [0, completions, 0, 1, 0], bytesIn: 7, bytesOut: 70 } },
});

async function stored(cluster = web): Promise<Usage> {
  const records = await store.usage.find({ cluster: cluster.record.uid });
  return records.reduce((sum, { usage }) => addUsage(sum, usage), NO_USAGE);
}

test('what agents and load balancers count is stored by the hour', async () => {
  meter.stats(web, instance, stats(3), now);
  meter.demand(web, balancer, demand(40), 'web', now);
  now += 1000;
  meter.stats(web, instance, stats(5), now);
  meter.demand(web, balancer, demand(50), 'web', now);
  await meter.store();
  expect(await stored()).toMatchObject({
    cpuSeconds: 5,
    memoryByteSeconds: 500,
    requests: 51,
    bytesIn: 7,
    bytesOut: 70,
  });
  const [record] = await store.usage.find({ tenant: 'acme' });
  expect(record).toMatchObject({ tenant: 'acme', application: 'shop', alias: 'web', cluster: web.record.uid });
});

test('time is metered by what instances are: up while active, down while none is and one is wanted', async () => {
  web.stable = {} as never;
  for (let second = 0; second < 10; second += 1) {
    now += 1000;
    meter.pass();
  }
  instance.record = { ...instance.record, unreachable: true };
  for (let second = 0; second < 5; second += 1) {
    now += 1000;
    meter.pass();
  }
  instance.observed = seenOf(instance, 'gone');
  now += 2000;
  meter.pass();
  await meter.store();
  expect(await stored()).toMatchObject({ instanceSeconds: 15, activeSeconds: 10, upSeconds: 10, downSeconds: 7 });
});

test('an interval that spans the end of an hour belongs to both', async () => {
  now = Math.ceil(NOW / HOUR) * HOUR - 4000;
  meter.pass();
  meter.stats(web, instance, stats(0), now);
  now += 8000;
  meter.stats(web, instance, stats(8), now);
  await meter.store();
  const records = await store.usage.find({ cluster: web.record.uid });
  const [before, after] = records.slice(-2);
  expect(after!.hour - before!.hour).toBe(HOUR);
  expect([before!.usage.cpuSeconds, after!.usage.cpuSeconds]).toEqual([4, 4]);
});

test.each(['refused', 'answer lost'] as const)(
  'a write that was %s counts nothing twice and loses nothing',
  async (how) => {
    meter.stats(web, instance, stats(3), now);
    fate = how;
    await meter.store();
    now += 1000;
    meter.stats(web, instance, stats(10), now);
    await meter.store();
    fate = 'done';
    await meter.store();
    await meter.store();
    expect((await stored()).cpuSeconds).toBe(10);
  },
);

test('a control plane that dies at any point meters exactly once', async () => {
  for (const point of ['before the first store', 'after it', 'with a lost answer'] as const) {
    const before = (await stored()).cpuSeconds;
    const session = `session of ${point}`;
    meter.stats(web, instance, stats(4, session), now);
    fate = point === 'with a lost answer' ? 'answer lost' : 'done';
    if (point !== 'before the first store') await meter.store();
    fate = 'done';
    meter.stats(web, instance, stats(6, session), now + 1000);
    // Killed; the next one hears the session's counters again.
    meter = await started();
    now += 2000;
    meter.stats(web, instance, stats(9, session), now);
    await meter.store();
    expect((await stored()).cpuSeconds - before).toBe(9);
  }
});

test('instances that lived through an outage of the control plane are metered for it', async () => {
  now += 1000;
  meter.pass();
  await meter.store();
  now += 600_000;
  meter = await started();
  meter.pass();
  await meter.store();
  expect((await stored()).instanceSeconds).toBe(601);
});

test('a report that comes after the end of its instance counts nothing again', async () => {
  meter.stats(web, instance, stats(3), now);
  await meter.store();
  instance.record = { ...instance.record, state: 'terminated' };
  meter.stats(web, instance, stats(3), now + 1000);
  meter.pass();
  await meter.store();
  meter.stats(web, instance, stats(3), now + 2000);
  await meter.store();
  expect((await stored()).cpuSeconds).toBe(3);
});

test('what a deleted service cluster used is stored, and its meters go', async () => {
  meter.stats(web, instance, stats(3), now);
  await meter.store();
  meter.stats(web, instance, stats(5), now + 1000);
  fleet.removeCluster(web);
  await meter.store();
  await meter.store();
  expect((await stored()).cpuSeconds).toBe(5);
  expect(await store.meters.find({ uid: web.record.uid })).toEqual([]);
});
