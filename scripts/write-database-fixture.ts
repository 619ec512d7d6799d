/**
 * `node scripts/write-database-fixture.ts`: at a release, a database as this version makes it, with rows of every kind, for the
 * tests of later versions to migrate. Writes VERSION.db.gz (SQLite), VERSION.json.gz (the records as they went in) and
 * VERSION.sql.gz (the same rows in PostgreSQL, by pg_dump) into control-plane/adapters/database/testing/fixtures; what is there is
 * left as it is.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { Arbitrary } from 'fast-check';
import pg from 'pg';
import { MIGRATIONS, MIGRATIONS_TABLE } from '../control-plane/adapters/database/migrations/all.ts';
import { openStore } from '../control-plane/adapters/database/store.ts';
import { executedIn, statementsOf } from '../control-plane/adapters/database/testing/migrating.ts';
import { PostgresServer } from '../control-plane/adapters/database/testing/postgres-server.ts';
import * as records from '../control-plane/adapters/database/testing/records.ts';

const root = join(import.meta.dirname, '..');
const fixtures = join(root, 'control-plane/adapters/database/testing/fixtures');
const SAMPLES = 12;

interface Saving {
  save(record: unknown): Promise<void>;
}

/** Always the same records, hostile texts and extreme numbers among them. */
function sample(arbitrary: Arbitrary<unknown>): unknown[] {
  return fc.sample(arbitrary, { numRuns: SAMPLES, seed: 4748 });
}

async function writeSqlite(version: string, scratch: string): Promise<void> {
  const file = join(scratch, 'fixture.db');
  const store = await openStore({ file, now: () => 1_796_000_000_000 });
  const written: Record<string, unknown[]> = {};
  for (const [noun, arbitrary] of Object.entries(records)) {
    if (!(noun in store) || typeof arbitrary === 'function' || noun === 'events') continue;
    written[noun] = sample(arbitrary as Arbitrary<unknown>);
    for (const record of written[noun]) await (store[noun as keyof typeof store] as Saving).save(record);
  }
  written.events = await store.events.append(sample(records.events) as never);
  await store.idempotent({ scope: 'scope', key: 'key', asked: 'asked' }, async () => ({ answer: 42 }));
  await store.acquireLease('the holder of the fixture');
  await store.close();
  const database = new DatabaseSync(file);
  database.exec('vacuum');
  database.close();
  writeFileSync(join(fixtures, `${version}.db.gz`), gzipSync(readFileSync(file), { level: 9 }));
  writeFileSync(join(fixtures, `${version}.json.gz`), gzipSync(JSON.stringify(written), { level: 9 }));
}

/** The rows of the SQLite fixture in the schema that PostgreSQL has after the same migrations. */
async function writePostgres(made: string, directory: string): Promise<void> {
  const file = join(directory, `${made}.db`);
  writeFileSync(file, gunzipSync(readFileSync(join(fixtures, `${made}.db.gz`))));
  const source = new DatabaseSync(file, { readOnly: true });
  const server = await PostgresServer.start();
  const { database } = await server.database();
  const client = new pg.Client({ ...server.settings(database), ssl: false });
  await client.connect();
  try {
    const executed = executedIn(source);
    await client.query(
      `create table ${MIGRATIONS_TABLE} (id serial primary key, name varchar(255), executed_at timestamptz default current_timestamp)`,
    );
    for (const entry of MIGRATIONS.filter(({ name }) => executed.includes(name))) {
      for (const statement of statementsOf(entry, 'postgres')) await client.query(statement);
      await client.query(`insert into ${MIGRATIONS_TABLE} (name) values ($1)`, [entry.name]);
    }
    await client.query('delete from lease');
    const tables = source
      .prepare("select name from sqlite_master where type = 'table' and name not like 'sqlite_%'")
      .all();
    for (const { name } of tables) if (name !== MIGRATIONS_TABLE) await copyTable(source, client, String(name));
    const last = "select setval(pg_get_serial_sequence('event', 'sequence'), (select max(sequence) from event))";
    await client.query(last);
    const dump = await server.tool('pg_dump', '--inserts', '--no-owner', '--no-privileges', '-d', database);
    writeFileSync(join(fixtures, `${made}.sql.gz`), gzipSync(dump, { level: 9 }));
  } finally {
    await client.end();
    await server.close();
    source.close();
  }
}

async function copyTable(source: DatabaseSync, target: pg.Client, table: string): Promise<void> {
  const { rows: flags } = await target.query<{ name: string }>(
    "select column_name as name from information_schema.columns where table_name = $1 and data_type = 'boolean'",
    [table],
  );
  for (const row of source.prepare(`select * from "${table}"`).all()) {
    for (const { name } of flags) row[name] = row[name] === 1 ? 'true' : 'false';
    const columns = Object.keys(row).map((column) => `"${column}"`);
    const places = columns.map((_column, index) => `$${index + 1}`);
    await target.query(`insert into "${table}" (${columns.join()}) values (${places.join()})`, Object.values(row));
  }
}

for (const folder of readdirSync('/usr/lib/postgresql')) process.env.PATH += `:/usr/lib/postgresql/${folder}/bin`;
mkdirSync(fixtures, { recursive: true });
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
const scratch = mkdtempSync(join(tmpdir(), 'fixture-'));
try {
  // A version that is not released yet may still change its migrations.
  if (!version.includes('-') && !existsSync(join(fixtures, `${version}.db.gz`))) await writeSqlite(version, scratch);
  for (const file of readdirSync(fixtures)) {
    const made = /^(.+)\.db\.gz$/.exec(file)?.[1];
    if (made !== undefined && !existsSync(join(fixtures, `${made}.sql.gz`))) await writePostgres(made, scratch);
  }
  console.log(readdirSync(fixtures).join('\n'));
} finally {
  rmSync(scratch, { recursive: true });
}
