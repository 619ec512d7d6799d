/** A SQLite database that takes no writes any more while it is open: its reader goes on, everybody is told, and it heals by itself. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import type { Engine } from './engine.ts';
import { openSqliteEngine } from './sqlite/engine.ts';
import { storeOver, type DatabaseStore } from './store.ts';
import { Folder } from './testing/folder.ts';
import { event, instance } from './testing/records.ts';
import type { WriteHealthChange } from './write-health.ts';

let folder: Folder;
let engine: Engine;
let store: DatabaseStore;
let changes: WriteHealthChange[];

beforeEach(async () => {
  folder = await Folder.make();
  engine = await openSqliteEngine(folder.file('cartwright.db'));
  changes = [];
  store = await storeOver(engine, { now: Date.now, onWriteHealth: (change) => changes.push(change) }, 10_000);
  await store.instances.save(instance({ uid: 'before' }));
});
afterEach(async () => {
  await store.close();
  await folder.close();
});

/** SQLite refuses every write of the connection that writes, by the code that it has for read-only files and disks. */
const makeReadOnly = (isReadOnly: boolean): Promise<unknown> =>
  engine.orm.em.getConnection('write').execute(`pragma query_only = ${isReadOnly ? 'on' : 'off'}`);

test('writes are refused at once and by name, reads go on, and it is told once', async () => {
  await makeReadOnly(true);
  const begun = performance.now();
  const refused = { code: 'DATABASE_READ_ONLY' };
  await expect(store.instances.save(instance({ uid: 'after' }))).rejects.toMatchObject(refused);
  await expect(store.observe(instance(), [event()])).rejects.toMatchObject(refused);
  await expect(store.transaction((tx) => tx.settings.save({ uid: 'x', value: 1 }))).rejects.toMatchObject(refused);
  await expect(store.events.append([event()])).rejects.toMatchObject(refused);
  expect(performance.now() - begun).toBeLessThan(5000);
  expect((await store.instances.find({})).map(({ uid }) => uid)).toEqual(['before']);
  await store.ping();
  expect(store.writeFailure).toMatchObject(refused);
  expect(changes.map(({ kind }) => kind)).toEqual(['failed']);
});

test('it heals by itself, also when nobody has anything to store, and nothing of what was refused is there by half', async () => {
  await makeReadOnly(true);
  await expect(
    store.transaction(async (tx) => {
      await tx.instances.save(instance({ uid: 'half' }));
      await tx.settings.save({ uid: 'x', value: 1 });
    }),
  ).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY' });
  await makeReadOnly(false);
  await eventually('it is told', () => changes.length === 2, 10_000);
  expect(changes[1]).toMatchObject({ kind: 'recovered', afterMilliseconds: expect.any(Number) });
  expect(store.writeFailure).toBeNull();
  await store.instances.save(instance({ uid: 'after' }));
  expect((await store.instances.find({})).map(({ uid }) => uid).toSorted()).toEqual(['after', 'before']);
});
