/** Puts a `node:sqlite` connection that we opened ourselves under MikroORM. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { NodeSqliteDialect } from '@mikro-orm/sql';

type Driver = ReturnType<NodeSqliteDialect['createDriver']>;
type Connection = Awaited<ReturnType<Driver['acquireConnection']>>;
type Query = Parameters<Connection['executeQuery']>[0];

const RETURNS_ROWS = /^\s*(?:select|pragma|explain|with)|\breturning\b/i;

/**
 * The stock dialect opens its file by itself, with no busy timeout that one could set and with `begin`, which takes the
 * write lock only at the first write and then fails at once when another connection wrote in between. This one is given the
 * connection and begins with `begin immediate`: a transaction that has begun can no longer meet a lock.
 */
export class OpenedSqliteDialect extends NodeSqliteDialect {
  readonly #database: DatabaseSync;

  constructor(database: DatabaseSync) {
    super('');
    this.#database = database;
  }

  /**
   * Kysely guards a lone connection with a mutex, and keeps it for ever when beginning a transaction fails (0.29: `execute`
   * of its controlled transactions takes the connection and does not give it back). One lock met, and every later write
   * would wait in vain. The write queue already sees to it that one transaction runs at a time, so there is no need of it.
   */
  override createAdapter(): ReturnType<NodeSqliteDialect['createAdapter']> {
    return Object.defineProperty(super.createAdapter(), 'supportsMultipleConnections', { value: true });
  }

  override createDriver(): Driver {
    const database = this.#database;
    const connection = connectionOf(database);
    // Savepoints are statements on the connection that they are given. The stock driver opens no file before its `init`.
    const stock = super.createDriver();
    return {
      savepoint: async (...parameters) => stock.savepoint?.(...parameters),
      rollbackToSavepoint: async (...parameters) => stock.rollbackToSavepoint?.(...parameters),
      releaseSavepoint: async (...parameters) => stock.releaseSavepoint?.(...parameters),
      init: async () => undefined,
      acquireConnection: async () => connection,
      beginTransaction: async () => {
        // Left open by a commit that failed: nobody is in it any more.
        if (database.isTransaction) database.exec('rollback');
        database.exec('begin immediate');
      },
      commitTransaction: async () => database.exec('commit'),
      rollbackTransaction: async () => {
        // SQLite has already rolled back by itself after a full disk or an I/O error.
        if (database.isTransaction) database.exec('rollback');
      },
      releaseConnection: async () => undefined,
      destroy: async () => {
        if (database.isOpen) database.close();
      },
    };
  }
}

function connectionOf(database: DatabaseSync): Connection {
  return {
    async executeQuery<R>(query: Query) {
      const statement = database.prepare(query.sql);
      const parameters = query.parameters as SQLInputValue[];
      if (RETURNS_ROWS.test(query.sql)) return { rows: statement.all(...parameters) as R[] };
      const { changes, lastInsertRowid } = statement.run(...parameters);
      return { rows: [], numAffectedRows: BigInt(changes), insertId: BigInt(lastInsertRowid) };
    },
    async *streamQuery<R>(query: Query) {
      for (const row of database.prepare(query.sql).iterate(...(query.parameters as SQLInputValue[]))) {
        yield { rows: [row as R] };
      }
    },
  };
}
