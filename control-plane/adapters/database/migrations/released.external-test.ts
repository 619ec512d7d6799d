/** As on SQLite: the rows of released versions go through every later migration on PostgreSQL. */
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { chmod } from 'node:fs/promises';
import type { PostgresSettings } from '../postgres/settings.ts';
import { openStore } from '../store.ts';
import { Folder } from '../testing/folder.ts';
import { pendingAfter, statementsOf } from '../testing/migrating.ts';
import { PostgresServer } from '../testing/postgres-server.ts';
import { event } from '../testing/records.ts';
import { expectAll, releasedRecords, releasedVersions } from '../testing/released.ts';
import { unpackFixture } from '../testing/unpack.ts';

let server: PostgresServer;
let folder: Folder;
let settings: PostgresSettings;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.close());
beforeEach(async () => {
  folder = await Folder.make();
  settings = await server.database();
});
afterEach(() => folder.close());

async function load(version: string): Promise<void> {
  const file = folder.file('fixture.sql');
  await unpackFixture(version, 'sql', file);
  // Read by the server's user.
  await chmod(folder.path, 0o755);
  await server.tool('psql', '-q', '-v', 'ON_ERROR_STOP=1', '-d', settings.database, '-f', file);
}

async function counts(): Promise<Record<string, number>> {
  const tables = await server.sql(
    "select tablename as name from pg_tables where schemaname = 'public' and tablename <> 'migration'",
    settings.database,
  );
  const counted = await Promise.all(
    tables.map(async ({ name }) => {
      const [row] = await server.sql(`select count(*)::int as n from "${String(name)}"`, settings.database);
      return [String(name), Number(row?.n)] as const;
    }),
  );
  return Object.fromEntries(counted);
}

const versions = await releasedVersions();

test.each(versions)('the rows of %s are there after all migrations, and more can be written', async (version) => {
  await load(version);
  const before = await counts();
  expect(Math.min(...Object.values(before))).toBeGreaterThan(0);
  const store = await openStore({ postgres: settings });
  try {
    await expectAll(store, await releasedRecords(version));
    expect(await counts()).toMatchObject(before);
    const last = await store.events.last();
    expect((await store.events.append([event()]))[0]?.sequence).toBe(last + 1);
  } finally {
    await store.close();
  }
});

test.each(versions)('the rows of %s walk through the later migrations, one by one', async (version) => {
  await load(version);
  const names = await server.sql('select name from migration order by id', settings.database);
  let before = await counts();
  for (const entry of pendingAfter(names.map(({ name }) => String(name)))) {
    await server.sql(`begin; ${statementsOf(entry, 'postgres').join('; ')}; commit`, settings.database);
    await server.sql(`insert into migration (name) values ('${entry.name}')`, settings.database);
    const after = await counts();
    expect(after).toMatchObject(before);
    before = after;
  }
  const store = await openStore({ postgres: settings });
  await expectAll(store, await releasedRecords(version)).finally(() => store.close());
});
