/** The SQLite engine: MikroORM over two connections to one file in WAL mode, one that writes and one that reads. */
import { MikroORM, SqliteDriver } from '@mikro-orm/sql';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { Migrator } from '@mikro-orm/migrations';
import { closeSync, openSync, unlinkSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { Durability, Engine } from '../engine.ts';
import { ENTITIES } from '../entities/all.ts';
import { codeOf, translated, type FailureKind, type FailureOf } from '../failure.ts';
import { MIGRATIONS_TABLE, migrationsOf } from '../migrations/all.ts';
import { checkMigrations, foreign } from '../migrations/check.ts';
import { copyDatabase } from '../snapshot.ts';
import { copyBefore } from './copy-before.ts';
import { OpenedSqliteDialect } from './dialect.ts';
import { sqliteFailureOf } from './failure.ts';
import { openSqliteFile, tablesOf } from './open-file.ts';

interface SqliteOptions {
  readonly now?: () => number;
  /** Told of the copy that was made of the database before these migrations. */
  readonly onCopied?: (copy: string, migrations: readonly string[]) => void;
}

/**
 * Opens the file and brings its schema up to this program's.
 *
 * A database that has to be migrated is copied first; the newest three copies are kept.
 *
 * Throws what {@link openSqliteFile} and {@link copyBefore} throw, and `StoreUnavailable` with DATABASE_NEWER (a later program has migrated it) or
 * DATABASE_FOREIGN (another program's database); nothing is changed in these cases.
 */
export async function openSqliteEngine(file: string, options: SqliteOptions = {}): Promise<Engine> {
  let pending: readonly string[] = [];
  const { writer, reader } = await openSqliteFile(file, (database) => {
    pending = checkSchema(database, file);
  });
  try {
    if (pending[0] !== undefined) {
      const copy = await copyBefore(reader, file, pending[0], (options.now ?? Date.now)());
      options.onCopied?.(copy, pending);
    }
    const ormOptions = {
      driver: SqliteDriver,
      // MikroORM finds an open transaction by this name: two databases at once must not find each other's.
      contextName: 'sqlite',
      dbName: file,
      entities: ENTITIES,
      extensions: [Migrator],
      driverOptions: () => new OpenedSqliteDialect(writer),
      replicas: [{ name: 'reader', driverOptions: () => new OpenedSqliteDialect(reader) }],
      migrations: {
        tableName: MIGRATIONS_TABLE,
        migrationsList: migrationsOf('sqlite'),
        snapshot: false,
        silent: true,
      },
      debug: false,
      // Failures come as errors; nothing may write to the console beside the program's own log.
      logger: () => undefined,
    };
    const orm = (await MikroORM.init(ormOptions)) as unknown as MikroORM;
    const engine = new SqliteEngine(orm, file, writer, reader);
    engine.setDurability('power');
    await orm.migrator.up();
    return engine;
  } catch (error) {
    for (const database of [writer, reader]) if (database.isOpen) database.close();
    throw translated(error, sqliteFailureOf(error), file);
  }
}

/**
 * A disk that became read-only fails in many ways, by what was written just then. What it is says the kernel when a file is made, and
 * not before: after an error of the disk it may still call the file writable.
 */
function failureOn(file: string, error: unknown): FailureKind {
  const kind = sqliteFailureOf(error);
  if (kind !== 'input-output' && kind !== 'not-writable') return kind;
  const probe = `${file}.${process.pid}.probe`;
  try {
    closeSync(openSync(probe, 'w', 0o600));
    unlinkSync(probe);
  } catch (refusal) {
    if (['EROFS', 'EACCES', 'EPERM'].includes(String(codeOf(refusal)))) return 'read-only';
  }
  return kind;
}

class SqliteEngine implements Engine {
  readonly orm: MikroORM;
  readonly name: string;
  readonly failureOf: FailureOf;
  readonly #writer: DatabaseSync;
  readonly #reader: DatabaseSync;
  #durability: Durability = 'process';

  constructor(orm: MikroORM, file: string, writer: DatabaseSync, reader: DatabaseSync) {
    this.orm = orm;
    this.name = file;
    this.failureOf = (error) => failureOn(file, error);
    this.#writer = writer;
    this.#reader = reader;
  }

  transaction<T>(durability: Durability, work: (em: SqlEntityManager) => Promise<T>): Promise<T> {
    this.setDurability(durability);
    return (this.orm.em.fork() as SqlEntityManager).transactional((em) => work(em));
  }

  /** In WAL mode FULL syncs the log at each commit, and with it every earlier commit; NORMAL only before a checkpoint. */
  setDurability(durability: Durability): void {
    if (durability === this.#durability) return;
    this.#writer.exec(`pragma synchronous = ${durability === 'power' ? 'full' : 'normal'}`);
    this.#durability = durability;
  }

  snapshot(file: string): Promise<void> {
    return copyDatabase(this.#reader, file);
  }

  async close(): Promise<void> {
    await this.orm.close(true);
  }
}

/** The migrations that a database which had some lacks. */
function checkSchema(database: DatabaseSync, file: string): string[] {
  const tables = tablesOf(database);
  if (tables.size === 0) return [];
  if (!tables.has(MIGRATIONS_TABLE)) throw foreign(file);
  const executed = database.prepare(`select name from ${MIGRATIONS_TABLE}`).all();
  return checkMigrations(
    executed.map((row) => String(row.name)),
    file,
  );
}
