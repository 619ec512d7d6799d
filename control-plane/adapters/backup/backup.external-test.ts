/** A backup is the same from both databases, and goes into either. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWriteStream } from 'node:fs';
import type { PostgresSettings } from '../database/postgres/settings.ts';
import { openStore } from '../database/store.ts';
import type { DatabaseStore } from '../database/store.ts';
import { Folder } from '../database/testing/folder.ts';
import { PostgresServer } from '../database/testing/postgres-server.ts';
import { event } from '../database/testing/records.ts';
import { expectAll, releasedRecords } from '../database/testing/released.ts';
import { unpackFixture } from '../database/testing/unpack.ts';
import { restoreBackup } from './restore.ts';
import { writeBackup } from './write.ts';

let server: PostgresServer;
let folder: Folder;
beforeAll(async () => {
  server = await PostgresServer.start();
  folder = await Folder.make();
});
afterAll(async () => {
  await folder.close();
  await server.close();
});

async function save(store: DatabaseStore, archive: string): Promise<Record<string, number>> {
  const source = { dataDirectory: folder.path, version: '1', keyReference: null, now: 0 };
  const { rows } = await writeBackup({ ...source, snapshot: (file) => store.snapshot(file) }, () =>
    createWriteStream(archive),
  );
  await store.close();
  return rows;
}

test('from SQLite into PostgreSQL and back: every row, and no number of an event is given twice', async () => {
  const written = await releasedRecords('0.1.0');
  const file = folder.file('first.db');
  await unpackFixture('0.1.0', 'db', file);
  const first = await openStore({ file });
  const last = (await first.events.append([event({ at: 0 })]))[0]?.sequence ?? 0;
  await first.prune(Date.UTC(2026, 0, 1));
  expect(await first.events.last()).toBeLessThan(last);
  const rows = await save(first, folder.file('sqlite.tar'));

  const postgres: PostgresSettings = await server.database();
  const dataDirectory = folder.file('data');
  const now = Date.now();
  await restoreBackup({ file: folder.file('sqlite.tar'), dataDirectory, postgres, now });
  const second = await openStore({ postgres });
  const after = await second.events.append([event()]);
  expect(after[0]?.sequence).toBe(last + 1);
  const again = await save(second, folder.file('postgres.tar'));
  expect(again).toMatchObject({ ...rows, event: (rows.event ?? 0) + 1 });

  await restoreBackup({ file: folder.file('postgres.tar'), dataDirectory, now });
  const third = await openStore({ directory: dataDirectory });
  try {
    // What pruning took is gone in all of them.
    const pruned = ['events', 'decisions', 'instances', 'releases'];
    await expectAll(third, Object.fromEntries(Object.entries(written).filter(([noun]) => !pruned.includes(noun))));
    expect((await third.events.append([event()]))[0]?.sequence).toBe(last + 2);
  } finally {
    await third.close();
  }
});

test('a database that holds something is not restored into', async () => {
  const store = await openStore({ file: folder.file('some.db') });
  await save(store, folder.file('some.tar'));
  const postgres = await server.database();
  await (await openStore({ postgres })).close();
  const restoring = restoreBackup({
    file: folder.file('some.tar'),
    dataDirectory: folder.file('other'),
    postgres,
    now: 0,
  });
  await expect(restoring).rejects.toMatchObject({ code: 'DATABASE_NOT_EMPTY' });
});
