/** Brings a PostgreSQL database up to this program's schema: one program at a time, all of it or nothing. */
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { MikroORM } from '@mikro-orm/sql';
import pg from 'pg';
import { StoreUnavailable } from '../../../app/errors.ts';
import { checkMigrations, foreign } from '../migrations/check.ts';
import { MIGRATIONS_TABLE } from '../migrations/all.ts';
import { connectionOptions } from './connection.ts';
import { postgresOrmOptions } from './orm.ts';
import { nameOf } from './settings.ts';
import type { PostgresSettings } from './settings.ts';

/** `pg_current_xact_id` and `pg_xact_status` by 64 bit numbers. */
const LEAST_VERSION = 130_000;
/** Any number, the same in every program that migrates. */
const MIGRATION_LOCK = 4_748_001;

/** `behind`: some migrations are missing. */
type SchemaState = 'empty' | 'behind' | 'current';

/** Throws `StoreUnavailable` DATABASE_UNSUPPORTED, DATABASE_FOREIGN or DATABASE_NEWER. */
export async function inspectPostgres(settings: PostgresSettings): Promise<SchemaState> {
  return await connected(settings, (client) => stateOf(client, nameOf(settings)));
}

/** Throws what {@link inspectPostgres} throws, and then has changed nothing. */
export async function migratePostgres(settings: PostgresSettings): Promise<void> {
  await connected(settings, async (client) => {
    // Held by the connection, and gone with it.
    await client.query(`select pg_advisory_lock(${MIGRATION_LOCK})`);
    if ((await stateOf(client, nameOf(settings))) === 'current') return;
    const orm = await MikroORM.init({
      ...postgresOrmOptions(settings.database),
      driver: PostgreSqlDriver,
      pool: { min: 0, max: 2 },
      driverOptions: connectionOptions(settings, { limited: false }),
    });
    try {
      await orm.migrator.up();
    } finally {
      await orm.close(true);
    }
  });
}

async function connected<T>(settings: PostgresSettings, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client(connectionOptions(settings, { limited: false }));
  // A connection that is lost between two statements fails the next one; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await checkServer(client, nameOf(settings));
    return await work(client);
  } finally {
    await client.end();
  }
}

async function checkServer(client: pg.Client, name: string): Promise<void> {
  const { rows } = await client.query<{ version: number; encoding: string }>(
    "select current_setting('server_version_num')::int as version, current_setting('server_encoding') as encoding",
  );
  const { version, encoding } = rows[0] ?? { version: 0, encoding: '' };
  if (version < LEAST_VERSION) {
    throw unsupported(
      `the server of the database ${name} is PostgreSQL ${Math.floor(version / 10_000)}; 13 is the least`,
    );
  }
  if (encoding !== 'UTF8') {
    throw unsupported(
      `the database ${name} has the encoding ${encoding}; make one with "encoding 'UTF8' template template0"`,
    );
  }
}

function unsupported(text: string): StoreUnavailable {
  return new StoreUnavailable('DATABASE_UNSUPPORTED', text);
}

async function stateOf(client: pg.Client, name: string): Promise<SchemaState> {
  const { rows: tables } = await client.query<{ name: string }>(
    "select table_name as name from information_schema.tables where table_schema = current_schema() and table_type = 'BASE TABLE'",
  );
  if (tables.length === 0) return 'empty';
  if (!tables.some((table) => table.name === MIGRATIONS_TABLE)) throw foreign(name);
  const { rows } = await client.query<{ name: string }>(`select name from ${MIGRATIONS_TABLE}`);
  const executed = rows.map((row) => row.name);
  return checkMigrations(executed, name).length === 0 ? 'current' : 'behind';
}
