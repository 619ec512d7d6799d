/** Databases of released versions, with rows of every kind, go through every later migration, and nothing is lost on the way. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../store.ts';
import { Folder } from '../testing/folder.ts';
import { executedIn, migrateFile, pendingAfter } from '../testing/migrating.ts';
import { expectAll, releasedRecords, releasedVersions } from '../testing/released.ts';
import { unpackFixture } from '../testing/unpack.ts';
import { MIGRATIONS } from './all.ts';

let folder: Folder;
let file: string;
beforeEach(async () => {
  folder = await Folder.make();
  file = folder.file('cartwright.db');
});
afterEach(() => folder.close());

function inspect(): { counts: Record<string, number>; executed: string[] } {
  const database = new DatabaseSync(file);
  try {
    expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    const tables = database
      .prepare(
        "select name from sqlite_master where type = 'table' and name not like 'sqlite_%' and name <> 'migration'",
      )
      .all();
    const count = (table: string) => Number(database.prepare(`select count(*) as n from "${table}"`).get()?.n);
    return {
      counts: Object.fromEntries(tables.map(({ name }) => [String(name), count(String(name))])),
      executed: executedIn(database),
    };
  } finally {
    database.close();
  }
}

const versions = await releasedVersions();

test('there is a database of the first release, with rows in each of its tables', async () => {
  expect(versions[0]).toBe('0.1.0');
  await unpackFixture('0.1.0', 'db', file);
  const { counts, executed } = inspect();
  expect(executed).toEqual(['0001-initial']);
  expect(Object.keys(counts)).toHaveLength(17);
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(0);
});

test.each(versions)('the database of %s is opened: every record is there, and it can be written', async (version) => {
  await unpackFixture(version, 'db', file);
  const before = inspect();
  const store = await openStore({ file });
  await expectAll(store, await releasedRecords(version));
  const fence = await store.currentFence();
  expect(await store.acquireLease('today')).toBeGreaterThan(fence);
  await store.settings.save({ uid: 'written today', value: 1 });
  await store.close();
  const after = inspect();
  expect(after.executed).toEqual(MIGRATIONS.map(({ name }) => name));
  expect(after.counts).toMatchObject({ ...before.counts, setting: (before.counts.setting ?? 0) + 1 });
});

test.each(versions)(
  'the database of %s walks through the later migrations, one by one, and keeps every row',
  async (version) => {
    await unpackFixture(version, 'db', file);
    let { counts, executed } = inspect();
    for (const entry of pendingAfter(executed)) {
      migrateFile(file, entry);
      const next = inspect();
      expect(next.executed).toEqual([...executed, entry.name]);
      expect(next.counts).toMatchObject(counts);
      ({ counts, executed } = next);
    }
    const store = await openStore({ file });
    await expectAll(store, await releasedRecords(version));
    await store.close();
  },
);
