import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readdir, stat, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { MIGRATIONS } from '../migrations/all.ts';
import { openStore } from '../store.ts';
import { Folder } from '../testing/folder.ts';
import { expectAll, releasedRecords } from '../testing/released.ts';
import { unpackFixture } from '../testing/unpack.ts';
import { COPIES_KEPT } from './copy-before.ts';

let folder: Folder;
let file: string;
beforeEach(async () => {
  folder = await Folder.make();
  file = folder.file('cartwright.db');
});
afterEach(() => folder.close());

const copies = async () => (await readdir(folder.path)).filter((name) => name.includes('.before-')).sort();

test('a database is copied before it is migrated, for its owner only, and the copy is as it was', async () => {
  await unpackFixture('0.1.0', 'db', file);
  const told: unknown[] = [];
  const now = () => Date.UTC(2026, 10, 28, 20, 15, 30);
  const store = await openStore({ file, now, onCopied: (...parameters) => told.push(parameters) });
  await store.close();
  const copy = `${file}.20261128T201530Z.before-${MIGRATIONS[1]?.name}`;
  expect(told).toEqual([[copy, MIGRATIONS.slice(1).map(({ name }) => name)]]);
  expect(await copies()).toEqual([basename(copy)]);
  expect((await stat(copy)).mode & 0o077).toBe(0);
  const database = new DatabaseSync(copy, { readOnly: true });
  expect(database.prepare('select name from migration').all()).toEqual([{ name: '0001-initial' }]);
  expect(database.prepare('pragma integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
  database.close();
  // The way back and forth again.
  const again = await openStore({ file: copy });
  await expectAll(again, await releasedRecords('0.1.0'));
  await again.close();
});

test('nothing is copied when there is nothing to migrate', async () => {
  await (await openStore({ file })).close();
  await (await openStore({ file })).close();
  expect(await copies()).toEqual([]);
});

test('the newest three are kept, and what is not a copy of this database is left alone', async () => {
  const others = ['other.db.20200101T000000Z.before-0002-x', 'cartwright.db.before-lunch'];
  for (const name of others) await writeFile(folder.file(name), '');
  for (let day = 1; day <= COPIES_KEPT + 2; day += 1) {
    await unpackFixture('0.1.0', 'db', file);
    await (await openStore({ file, now: () => Date.UTC(2026, 0, day) })).close();
  }
  const times = (await copies()).filter((name) => !others.includes(name)).map((name) => name.split('.')[2]);
  expect(times).toEqual(['20260103T000000Z', '20260104T000000Z', '20260105T000000Z']);
  expect(await readdir(folder.path)).toEqual(expect.arrayContaining(others));
});
