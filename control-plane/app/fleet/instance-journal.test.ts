import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { Folder } from '../../adapters/database/testing/folder.ts';
import type { DatabaseStore } from '../../adapters/database/store.ts';
import { StoreUnavailable } from '../errors.ts';
import { EventRecorder } from '../events.ts';
import { addInstance, CLOCK, clusterOf, NOW } from '../testing/records.ts';
import { hooked } from '../testing/store.ts';
import { Fleet } from './fleet.ts';
import { InstanceJournal } from './instance-journal.ts';

let folder: Folder;
let store: DatabaseStore;
let journal: InstanceJournal;
let isAway: boolean;
const failures: unknown[] = [];
const cluster = clusterOf();

beforeEach(async () => {
  folder = await Folder.make();
  store = await folder.open();
  isAway = false;
  failures.length = 0;
  const hooks = {
    before: async () => {
      if (isAway) throw new StoreUnavailable('DATABASE_LOCKED', 'locked');
    },
  };
  const events = new EventRecorder(
    store,
    () => NOW,
    (error) => failures.push(error),
  );
  journal = new InstanceJournal(hooked(store, hooks), events, CLOCK, (error) => failures.push(error));
});
afterEach(async () => {
  await journal.close();
  await folder.close();
});

test('memory changes at once, the record follows, the newest version wins', async () => {
  const instance = addInstance(new Fleet(), cluster, { state: 'starting' });
  const { version } = cluster.changed;
  journal.update(cluster, instance, { state: 'active', activeAt: NOW });
  journal.update(cluster, instance, { port: 5000 });
  expect(instance.record).toMatchObject({ state: 'active', port: 5000 });
  expect(cluster.changed.version).toBeGreaterThan(version);
  await journal.settle();
  expect(await store.instances.get(instance.record.uid)).toEqual(instance.record);
});

test('changes of state and reachability are events, with their cause and reason; other changes are none', async () => {
  const instance = addInstance(new Fleet(), cluster, { cause: 'asked-by' });
  journal.update(cluster, instance, { port: 5000 });
  journal.update(cluster, instance, { unreachable: true });
  const reason = { code: 'exited', message: 'code 1' };
  journal.update(cluster, instance, { state: 'faulty', reason, unreachable: false }, 'decision-1');
  journal.update(cluster, instance, { state: 'terminated', unreachable: true });
  const subjectUid = instance.record.uid;
  const events = await eventually('four events', async () => {
    const found = await store.events.after(0, { subjectUid }, 10);
    return found.length === 4 && found;
  });
  expect(events.map(({ type, cause }) => [type, cause])).toEqual([
    ['instance.unreachable', null],
    ['instance.faulty', 'decision-1'],
    ['instance.reachable', 'decision-1'],
    ['instance.terminated', 'asked-by'],
  ]);
  expect(events[1]!.data).toEqual({ from: 'active', to: 'faulty', reason });
});

test('while the database is away it goes on in memory, and stores the last word when it is back', async () => {
  const instance = addInstance(new Fleet(), cluster, { state: 'created' });
  isAway = true;
  journal.update(cluster, instance, { state: 'starting' });
  await eventually('a failure', () => failures.length > 0);
  journal.update(cluster, instance, { state: 'active' });
  isAway = false;
  await eventually('the record', async () => (await store.instances.get(instance.record.uid))?.state === 'active');
});

test('a record with a text that no database holds does not keep the others from theirs', async () => {
  const fleet = new Fleet();
  const hostile = addInstance(fleet, cluster);
  const other = addInstance(fleet, cluster);
  journal.update(cluster, hostile, { host: 'ho\0st' });
  journal.update(cluster, other, { port: 6000 });
  await journal.settle();
  expect((await store.instances.get(other.record.uid))?.port).toBe(6000);
  expect(failures).toMatchObject([{ code: 'INVALID' }]);
});

test('closing stores what is left', async () => {
  const instance = addInstance(new Fleet(), cluster);
  isAway = true;
  journal.update(cluster, instance, { port: 7000 });
  await eventually('a failure', () => failures.length > 0);
  isAway = false;
  await journal.close();
  expect((await store.instances.get(instance.record.uid))?.port).toBe(7000);
});

test('every change is told, with what was before', async () => {
  const told: string[] = [];
  const events = new EventRecorder(
    store,
    () => NOW,
    (error) => failures.push(error),
  );
  const telling = new InstanceJournal(
    store,
    events,
    CLOCK,
    (error) => failures.push(error),
    (before, after) => told.push(`${before?.state ?? 'nothing'} → ${after.state}`),
  );
  const instance = addInstance(new Fleet(), cluster, { state: 'created' });
  telling.created(instance);
  telling.update(cluster, instance, { state: 'active' });
  expect(told).toEqual(['nothing → created', 'created → active']);
  await telling.close();
});
