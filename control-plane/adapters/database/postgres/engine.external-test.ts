/** What is PostgreSQL's own: its schema, who is let in, locks, time limits, and connections that are lost. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmod, chown, readFile, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import type { Engine } from '../engine.ts';
import { MIGRATIONS } from '../migrations/all.ts';
import { openSqliteEngine } from '../sqlite/engine.ts';
import { openStore } from '../store.ts';
import { CuttingProxy } from '../testing/cutting-proxy.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import { Folder } from '../testing/folder.ts';
import { PostgresServer } from '../testing/postgres-server.ts';
import { event, instance } from '../testing/records.ts';
import { connectionOptions } from './connection.ts';
import { openPostgresEngine } from './engine.ts';
import { readPostgresSettings } from './settings.ts';
import type { PostgresSettings } from './settings.ts';

const run = promisify(execFile);

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start({ lines: ['max_prepared_transactions = 2'] });
});
afterAll(() => server.close());

const owned: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of owned.splice(0).reverse()) await one.close();
});
const own = <T extends { close(): Promise<unknown> }>(one: T): T => {
  owned.push(one);
  return one;
};

async function connect(settings: PostgresSettings): Promise<pg.Client> {
  const client = new pg.Client(connectionOptions(settings, { limited: false }));
  await client.connect();
  own({ close: () => client.end() });
  return client;
}

async function refusal(settings: PostgresSettings): Promise<Error> {
  const error: unknown = await openStore({ postgres: settings, patienceMilliseconds: 100 }).then(
    async (store) => {
      await store.close();
      throw new Error('the store opened');
    },
    (reason: unknown) => reason,
  );
  expect((error as Error).message.split('\n')).toHaveLength(1);
  return error as Error;
}

describe('the schema', () => {
  test('entities and migrations agree', async () => {
    const engine = own(await openPostgresEngine(await server.database()));
    expect(await engine.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
    expect(await engine.orm.migrator.getPending()).toEqual([]);
  });

  test('has the tables, columns and keys of SQLite', async () => {
    const folder = own(await Folder.make());
    const postgres = own(await openPostgresEngine(await server.database()));
    const sqlite = own(await openSqliteEngine(folder.file('x.db')));
    expect(await columnsOfPostgres(postgres)).toEqual(await columnsOfSqlite(sqlite));
  });

  test('orders every text by its bytes', async () => {
    const engine = own(await openPostgresEngine(await server.database()));
    const rows = await engine.orm.em.fork().execute(
      `select table_name, column_name from information_schema.columns
         where table_schema = 'public' and data_type = 'text' and collation_name is distinct from 'C'`,
    );
    expect(rows).toEqual([]);
  });

  test('is made once when several programs start at the same time', async () => {
    const settings = await server.database();
    const stores = await Promise.all([1, 2, 3].map(async () => own(await openStore({ postgres: settings }))));
    await stores[0]?.settings.save({ uid: 'x', value: 1 });
    expect(await stores[2]?.settings.get('x')).toEqual({ uid: 'x', value: 1 });
    expect(await server.sql('select name from migration order by id', settings.database)).toEqual(
      MIGRATIONS.map(({ name }) => ({ name })),
    );
  });
});

describe('what cannot be used is refused and left as it is', () => {
  test('a database that a newer program has migrated', async () => {
    const settings = await server.database();
    await (await openStore({ postgres: settings })).close();
    await server.sql("insert into migration (name, executed_at) values ('9999-future', now())", settings.database);
    expect(await refusal(settings)).toMatchObject({ code: 'DATABASE_NEWER' });
  });

  test("another program's database", async () => {
    const settings = await server.database();
    await server.sql('create table bookmark (url text)', settings.database);
    expect(await refusal(settings)).toMatchObject({ code: 'DATABASE_FOREIGN' });
    expect(
      await server.sql("select count(*)::int as n from pg_tables where schemaname = 'public'", settings.database),
    ).toEqual([{ n: 1 }]);
  });

  test('a database in another encoding', async () => {
    const settings = await server.database("encoding 'SQL_ASCII' locale 'C' template template0");
    expect(await refusal(settings)).toMatchObject({ code: 'DATABASE_UNSUPPORTED' });
  });

  test('no such database, a wrong password, no rights: told apart from a server that is away, and without the password', async () => {
    const settings = await server.database();
    expect(await refusal({ ...settings, database: 'nowhere' })).toMatchObject({ code: 'DATABASE_REFUSED' });
    const wrong = await refusal({ ...settings, host: '127.0.0.1', password: 'wrong-secret' });
    expect(wrong).toMatchObject({ code: 'DATABASE_REFUSED' });
    expect(wrong.message).not.toContain('wrong-secret');
    await server.sql('create role guest login');
    expect(await refusal({ ...settings, user: 'guest' })).toMatchObject({ code: 'DATABASE_REFUSED' });
    expect(await refusal({ ...settings, host: '127.0.0.1', port: 1 })).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
    expect(await refusal({ ...settings, host: '/nowhere' })).toMatchObject({ code: 'DATABASE_UNREACHABLE' });
  });

  test('a server that only reads', async () => {
    const settings = await server.database();
    await (await openStore({ postgres: settings })).close();
    await server.sql(`alter database ${settings.database} set default_transaction_read_only = on`);
    const store = own(await openStore({ postgres: settings }));
    await expect(store.instances.save(instance())).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY' });
  });
});

test('a password from a URL gets in over the network', async () => {
  const { database } = await server.database();
  const url = `postgres://keeper:${server.password}@127.0.0.1:${server.port}/${database}`;
  const store = own(await openStore({ postgres: await readPostgresSettings({ url }) }));
  await store.ping();
});

test('TLS: the certificate and the name are verified as asked for', async () => {
  const folder = own(await Folder.make());
  const [key, certificate] = [folder.file('server.key'), folder.file('server.crt')];
  await run('openssl', [
    ...['req', '-new', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost'],
    ...['-addext', 'subjectAltName=DNS:localhost', '-keyout', key, '-out', certificate],
  ]);
  const { uid, gid } = await stat(server.directory);
  await chmod(folder.path, 0o755);
  for (const file of [key, certificate]) await chown(file, uid, gid);
  await chmod(key, 0o600);
  const secured = own(
    await PostgresServer.start({ lines: ['ssl = on', `ssl_key_file = '${key}'`, `ssl_cert_file = '${certificate}'`] }),
  );
  const { database } = await secured.database();
  const caFile = folder.file('ca.crt');
  await writeFile(caFile, await readFile(certificate));
  const open = async (host: string, mode: string, ca?: string) => {
    const url = `postgres://keeper:${secured.password}@${host}:${secured.port}/${database}?sslmode=${mode}`;
    return await readPostgresSettings({ url, ...(ca === undefined ? {} : { caFile: ca }) });
  };
  for (const settings of [
    await open('localhost', 'verify-full', caFile),
    await open('127.0.0.1', 'verify-ca', caFile),
    await open('127.0.0.1', 'require'),
  ]) {
    const store = own(await openStore({ postgres: settings }));
    await store.ping();
  }
  expect(
    await secured.sql(
      'select bool_and(ssl) as ssl from pg_stat_ssl join pg_stat_activity using (pid) where client_port > 0',
    ),
  ).toEqual([{ ssl: true }]);
  expect(await refusal(await open('127.0.0.1', 'verify-full', caFile))).toMatchObject({ code: 'DATABASE_REFUSED' });
  expect(await refusal(await open('localhost', 'verify-full'))).toMatchObject({ code: 'DATABASE_REFUSED' });
  const { database: plain } = await server.database();
  const none = await readPostgresSettings({
    url: `postgres://keeper:${server.password}@localhost:${server.port}/${plain}?sslmode=require`,
  });
  expect(await refusal(none)).toMatchObject({ code: 'DATABASE_REFUSED' });
});

describe('when others are at work in the database', () => {
  test('a row that somebody else holds for long: writes wait, reads go on, and nothing is lost', async () => {
    const settings = await server.database();
    const store = own(await openStore({ postgres: settings }));
    const other = await connect(settings);
    await other.query('begin');
    await other.query('select * from lease for update');
    const written = [store.instances.save(instance({ uid: 'a' })), store.events.append([event()])];
    // Longer than the server lets a statement wait for a lock.
    const end = performance.now() + 4000;
    while (performance.now() < end) expect(await store.instances.find({})).toEqual([]);
    await other.query('rollback');
    await Promise.all(written);
    expect(await store.instances.find({})).toHaveLength(1);
    expect(await store.events.last()).toBe(1);
  });

  test('a deadlock ends with both written', async () => {
    const settings = await server.database();
    const store = own(await openStore({ postgres: settings }));
    await store.settings.save({ uid: 'a', value: 0 });
    await store.settings.save({ uid: 'b', value: 0 });
    const other = await connect({ ...settings });
    await other.query('begin');
    await other.query("update setting set value = '1' where uid = 'b'");
    let runs = 0;
    let crossed: Promise<unknown> = Promise.resolve();
    await store.transaction(async ({ settings: rows }) => {
      runs += 1;
      await rows.save({ uid: 'a', value: 2 });
      if (runs === 1)
        crossed = other.query("update setting set value = '1' where uid = 'a'").then(() => other.query('commit'));
      await rows.save({ uid: 'b', value: 2 });
    });
    await crossed.catch(() => other.query('rollback'));
    expect(await store.settings.find({})).toEqual([
      { uid: 'a', value: 2 },
      { uid: 'b', value: 2 },
    ]);
  });

  test('no more connections than asked for, however many ask', async () => {
    const settings = { ...(await server.database()), connections: 3 };
    const store = own(await openStore({ postgres: settings }));
    await Promise.all(Array.from({ length: 200 }, () => store.instances.find({})));
    const count = await server.sql(
      `select count(*)::int as n from pg_stat_activity where datname = '${settings.database}' and application_name = 'cartwright'`,
    );
    expect(count[0]?.n).toBeLessThanOrEqual(3);
  });

  test('a statement that takes too long is ended by the server', async () => {
    const engine = own(await openPostgresEngine(await server.database()));
    const started = performance.now();
    const error: unknown = await engine.orm.em
      .fork()
      .execute('select pg_sleep(30)')
      .catch((reason: unknown) => reason);
    expect(engine.failureOf(error)).toBe('slow');
    expect(performance.now() - started).toBeLessThan(14_000);
  });
});

describe('a connection that is lost', () => {
  /** Ends every session of the store. */
  const cut = async ({ database }: PostgresSettings) =>
    await server.sql(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${database}' and application_name = 'cartwright'`,
    );

  test('in the middle of a transaction: it is done again, once, and no connection is used up', async () => {
    const settings = { ...(await server.database()), connections: 2 };
    const store = own(await openStore({ postgres: settings }));
    await store.settings.save({ uid: 'count', value: 0 });
    for (let round = 1; round <= 5; round += 1) {
      let runs = 0;
      await store.transaction(async (repositories) => {
        runs += 1;
        const value = (await repositories.settings.get('count'))?.value as number;
        await repositories.events.append([event()]);
        if (runs === 1) await cut(settings);
        await repositories.settings.save({ uid: 'count', value: value + 1 });
      });
      expect(runs).toBe(2);
      expect((await store.settings.get('count'))?.value).toBe(round);
    }
    expect(await store.events.after(0, {}, 100)).toHaveLength(5);
  });

  test('while it commits, and the commit happened: it is not done again', async () => {
    const settings = await server.database();
    const proxy = own(await CuttingProxy.open(server.port));
    const store = own(await openStore({ postgres: { ...settings, ...(await proxied(proxy)) } }));
    await store.settings.save({ uid: 'count', value: 0 });
    let runs = 0;
    await store.transaction(async (repositories) => {
      runs += 1;
      const value = (await repositories.settings.get('count'))?.value as number;
      await repositories.settings.save({ uid: 'count', value: value + 1 });
      proxy.swallowAnswersAfter('commit');
    });
    expect(proxy.swallowed).toBe(1);
    expect(runs).toBe(1);
    expect((await store.settings.get('count'))?.value).toBe(1);
  });

  test('before the commit arrives: it did not happen, and is done again', async () => {
    const settings = await server.database();
    const proxy = own(await CuttingProxy.open(server.port));
    const store = own(await openStore({ postgres: { ...settings, ...(await proxied(proxy)) } }));
    await store.settings.save({ uid: 'count', value: 0 });
    let runs = 0;
    await store.transaction(async (repositories) => {
      runs += 1;
      const value = (await repositories.settings.get('count'))?.value as number;
      await repositories.settings.save({ uid: 'count', value: value + 1 });
      if (runs === 1) proxy.cutBefore('commit');
    });
    expect(runs).toBe(2);
    expect((await store.settings.get('count'))?.value).toBe(1);
  });

  test.each(['fast', 'immediate'] as const)(
    'because the server restarts (%s): what was asked for is there, once',
    async (mode) => {
      const restarted = own(await PostgresServer.start());
      const store = own(await openStore({ postgres: await restarted.database() }));
      let stop = false;
      let asked = 0;
      const answered: number[] = [];
      const asking = (async () => {
        while (!stop) {
          const number = (asked += 1);
          await store.transaction(async (repositories) => {
            await repositories.instances.save(instance({ uid: `i-${number}` }));
            await repositories.events.append([event({ subject: { kind: 'Instance', uid: `i-${number}`, name: 'x' } })]);
          });
          answered.push(number);
        }
      })();
      await eventually('some are there', () => answered.length > 20);
      await restarted.stop(mode);
      await restarted.run();
      const back = answered.length;
      await eventually('it goes on', () => answered.length > back + 20, 10_000);
      stop = true;
      await asking;
      const events = await store.events.after(0, {}, 100_000);
      expect(new Set(events.map(({ subject }) => subject.uid)).size).toBe(events.length);
      expect(events).toHaveLength(asked);
      expect(await store.instances.find({})).toHaveLength(asked);
    },
  );

  test('a server that stays away: callers are told, and it goes on when it is back', async () => {
    const restarted = own(await PostgresServer.start());
    const store = own(await openStore({ postgres: await restarted.database(), patienceMilliseconds: 300 }));
    await restarted.stop();
    const told = { code: 'DATABASE_UNREACHABLE', name: 'StoreUnavailable' };
    await expect(store.instances.save(instance({ uid: 'a' }))).rejects.toMatchObject(told);
    await expect(store.instances.find({})).rejects.toMatchObject(told);
    await restarted.run();
    await store.instances.save(instance({ uid: 'b' }));
    expect((await store.instances.find({})).map(({ uid }) => uid)).toEqual(['b']);
  });
});

async function proxied(proxy: CuttingProxy): Promise<Partial<PostgresSettings>> {
  return { host: '127.0.0.1', port: proxy.port, password: server.password };
}

type Columns = Record<string, { columns: string[]; keys: string[] }>;

async function columnsOfSqlite({ orm }: Engine): Promise<Columns> {
  const rows = await orm.em.fork().execute<{ table: string; name: string; required: number }[]>(
    `select m.name as "table", c.name as name, c."notnull" as required from sqlite_master m, pragma_table_info(m.name) c
     where m.type = 'table' and m.name not like 'sqlite_%'`,
  );
  const keys = await orm.em.fork().execute<{ table: string; columns: string }[]>(
    `select m.name as "table", group_concat(c.name, ',') as columns from sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) c
     where m.type = 'table' and i."unique" and i.origin = 'c' group by m.name, i.name`,
  );
  return gather(rows, keys);
}

async function columnsOfPostgres({ orm }: Engine): Promise<Columns> {
  const rows = await orm.em.fork().execute<{ table: string; name: string; required: number }[]>(
    `select table_name as "table", column_name as name, (is_nullable = 'NO')::int as required from information_schema.columns
     where table_schema = current_schema()`,
  );
  const keys = await orm.em.fork().execute<{ table: string; columns: string }[]>(
    `select table_name as "table", string_agg(column_name, ',' order by ordinal_position) as columns
     from information_schema.table_constraints join information_schema.key_column_usage using (table_name, constraint_name)
     where constraint_type = 'UNIQUE' group by table_name, constraint_name`,
  );
  return gather(rows, keys);
}

/** MikroORM's own table has other columns, and SQLite's rowid is never said to be required. */
function gather(
  rows: readonly { table: string; name: string; required: number }[],
  keys: readonly { table: string; columns: string }[],
): Columns {
  const tables: Columns = {};
  for (const { table, name, required } of rows) {
    if (table === 'migration') continue;
    tables[table] ??= { columns: [], keys: [] };
    tables[table].columns.push(`${name}${required ? '' : '?'}`);
  }
  for (const { table, columns } of keys) tables[table]?.keys.push(columns);
  for (const table of Object.values(tables)) {
    table.columns.sort();
    table.keys.sort();
  }
  return tables;
}
