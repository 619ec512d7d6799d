/** What an earlier release has stored is there after the migrations, as the records of today. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../store.ts';
import { Folder } from '../../testing/folder.ts';
import { Initial } from './0001-initial.ts';

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(() => folder.close());

/** A database as release 0.1.0 made it. */
function first(file: string, ...statements: string[]): void {
  const database = new DatabaseSync(file);
  database.exec('create table migration (id integer primary key, name text, executed_at text)');
  database.exec("insert into migration (name, executed_at) values ('0001-initial', '2026-11-28')");
  const initial = new Initial(undefined as never, undefined as never);
  initial.up();
  for (const query of [...(initial.getQueries() as string[]), ...statements]) database.exec(query);
  database.close();
}

test('a tenant keeps its quota, a token is for all applications, events know their application', async () => {
  const event = (uid: string, kind: string, name: string) =>
    `insert into event (uid, at, tenant, subject_kind, subject_uid, subject_name, type, data) values ('${uid}', 1, 'acme', '${kind}', 's', '${name}', 'x', '{}')`;
  const file = folder.file('cartwright.db');
  first(
    file,
    "insert into tenant values ('t1', 'acme', 1.5, 7)",
    "insert into token (uid, name, hash, tenant, role, created_at) values ('k1', 'ci', 'h', 'acme', 'viewer', 1)",
    event('e1', 'Application', 'shop'),
    event('e2', 'Instance', 'shop/web'),
    event('e3', 'ServiceCluster', 'blog/web'),
    event('e4', 'Policy', 'calm'),
  );
  const store = await openStore({ file });
  try {
    const quota = { instances: 7, applications: 50, memoryBytes: 2 ** 36, buildsAtOnce: 2, logBytes: 2 ** 30 };
    const tenant = { uid: 't1', name: 'acme', createdAt: 1.5, quota, deletingSince: null };
    expect(await store.tenants.find({})).toEqual([tenant]);
    expect(await store.tokens.get('k1')).toMatchObject({ application: null, role: 'viewer' });
    const events = await store.events.after(0, {}, 10);
    expect(events.map(({ application }) => application)).toEqual(['shop', 'shop', 'blog', null]);
    expect(await store.events.after(0, { application: 'shop' }, 10)).toHaveLength(2);
  } finally {
    await store.close();
  }
});
