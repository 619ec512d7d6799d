/** The PostgreSQL engine: MikroORM over a bounded pool, each transaction behind the row of the lease. */
import { setTimeout as delay } from 'node:timers/promises';
import { PostgreSqlDriver } from '@mikro-orm/postgresql';
import { IsolationLevel } from '@mikro-orm/core';
import { MikroORM } from '@mikro-orm/sql';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { StoreUnavailable } from '../../../app/errors.ts';
import type { Durability, Engine } from '../engine.ts';
import { translated } from '../failure.ts';
import { LEASE } from '../lease.ts';
import { connectionOptions, CutOffClient } from './connection.ts';
import { postgresFailureOf } from './failure.ts';
import { migratePostgres } from './migrate.ts';
import { postgresOrmOptions } from './orm.ts';
import { snapshotPostgres } from './snapshot.ts';
import { nameOf } from './settings.ts';
import type { PostgresSettings } from './settings.ts';

/** How long the outcome of a commit is asked for that got no answer. */
const OUTCOME_MILLISECONDS = 60_000;
const OUTCOME_PAUSE_MILLISECONDS = 200;

/**
 * Connects and brings the schema up to this program's.
 *
 * Throws `StoreUnavailable` with DATABASE_UNREACHABLE, DATABASE_REFUSED, DATABASE_UNSUPPORTED, DATABASE_NEWER or DATABASE_FOREIGN.
 */
export async function openPostgresEngine(settings: PostgresSettings): Promise<Engine> {
  const name = nameOf(settings);
  try {
    await migratePostgres(settings);
    const orm = (await MikroORM.init({
      ...postgresOrmOptions(settings.database),
      driver: PostgreSqlDriver,
      pool: { min: 0, max: settings.connections },
      driverOptions: { ...connectionOptions(settings), Client: CutOffClient },
    })) as unknown as MikroORM;
    return new PostgresEngine(orm, name);
  } catch (error) {
    throw translated(error, postgresFailureOf(error), name);
  }
}

class PostgresEngine implements Engine {
  readonly orm: MikroORM;
  readonly name: string;
  readonly failureOf = postgresFailureOf;

  constructor(orm: MikroORM, name: string) {
    this.orm = orm;
    this.name = name;
  }

  /**
   * Every writing transaction takes the row of the lease first, also that of another control plane: they run one after another, so
   * that READ COMMITTED is as good as serial, and none that began before a take-over ends after it.
   *
   * A connection that is lost while the commit is on its way leaves open whether it happened. The transaction's number tells.
   */
  async transaction<T>(durability: Durability, work: (em: SqlEntityManager) => Promise<T>): Promise<T> {
    let done: { readonly value: T; readonly transaction: string } | undefined;
    try {
      return await (this.orm.em.fork() as SqlEntityManager).transactional(
        async (em) => {
          const transaction = await begin(em, durability);
          const value = await work(em);
          done = { value, transaction };
          return value;
        },
        { isolationLevel: IsolationLevel.READ_COMMITTED },
      );
    } catch (error) {
      if (done === undefined || postgresFailureOf(error) !== 'unreachable') throw error;
      if (await this.#isCommitted(done.transaction, error)) return done.value;
      throw error;
    }
  }

  /** Asks until the server is back. Throws `StoreUnavailable` DATABASE_OUTCOME_UNKNOWN when it does not come back. */
  async #isCommitted(transaction: string, cause: unknown): Promise<boolean> {
    for (const deadline = performance.now() + OUTCOME_MILLISECONDS; performance.now() < deadline;) {
      const status = await this.#statusOf(transaction);
      if (status !== undefined && status !== 'in progress') return status === 'committed';
      await delay(OUTCOME_PAUSE_MILLISECONDS);
    }
    throw new StoreUnavailable(
      'DATABASE_OUTCOME_UNKNOWN',
      `the connection to the database ${this.name} was lost while a transaction was committed, and the server did not come back to say whether it was; look at what was asked for before asking again`,
      { cause },
    );
  }

  /** `undefined`: not reached. A number that the server has not given yet belonged to a transaction that a crash took along. */
  async #statusOf(transaction: string): Promise<string | undefined> {
    try {
      const [row] = await this.orm.em
        .fork()
        .getConnection()
        .execute<{ status: string | null }[]>(
          `select case when '${transaction}'::xid8 < pg_snapshot_xmax(pg_current_snapshot()) then pg_xact_status('${transaction}'::xid8) else 'aborted' end as status`,
        );
      return row?.status ?? 'aborted';
    } catch (error) {
      if (postgresFailureOf(error) !== 'unreachable') throw error;
      return undefined;
    }
  }

  snapshot(file: string): Promise<void> {
    return snapshotPostgres(this, file);
  }

  async close(): Promise<void> {
    await this.orm.close(true);
  }
}

/** Takes the row of the lease and says how the commit is to be kept; returns the transaction's number. */
async function begin(em: SqlEntityManager, durability: Durability): Promise<string> {
  const asynchronous = durability === 'process' ? ", set_config('synchronous_commit', 'off', true)" : '';
  const [row] = await em.execute<{ transaction: string }[]>(
    `select pg_current_xact_id()::text as transaction${asynchronous} from lease where uid = '${LEASE}' for no key update`,
  );
  if (row === undefined) throw new Error('the table "lease" has lost its row; restore a backup');
  return row.transaction;
}
