/** The store: MikroORM behind the port that the app knows. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { join } from 'node:path';
import type { SqlEntityManager } from '@mikro-orm/sql';
import { CartwrightError, StoreUnavailable } from '../../app/errors.ts';
import type { Store } from '../../app/ports/store.ts';
import { reading } from './engine.ts';
import type { Durability, Engine } from './engine.ts';
import { isDamage, isTransient, translated } from './failure.ts';
import { Idempotency } from './idempotency.ts';
import { checkFence, raiseFence, readFence } from './lease.ts';
import { eventRows, repositoriesOver } from './repositories.ts';
import type { Access } from './repositories.ts';
import { forgetTenant, prune } from './retention.ts';
import type { PruneReport } from './retention.ts';
import { openPostgresEngine } from './postgres/engine.ts';
import type { PostgresSettings } from './postgres/settings.ts';
import { openSqliteEngine } from './sqlite/engine.ts';
import { tablesOver } from './tables.ts';
import { patiently, within } from './waiting.ts';
import { WriteQueue } from './write-queue.ts';
import { WriteHealth, type WriteHealthChange } from './write-health.ts';
import type { Write, WriteOptions } from './write-queue.ts';

export interface DatabaseStore extends Store {
  /** Removes what is older than its time; small transactions, so that nothing waits long. `now`: milliseconds since the epoch. */
  prune(now: number): Promise<PruneReport>;
  /** Writes everything, as it was last committed, to a new SQLite file for its owner only. */
  snapshot(file: string): Promise<void>;
  /** Why nothing can be written, while reading goes on; null: it can. */
  readonly writeFailure: StoreUnavailable | null;
  /** Writes that wait for the database (a metric). */
  readonly queueLength: number;
}

export interface StoreOptions {
  readonly now?: () => number;
  /** The fencing number under which this store writes; what is in force when it is opened, unless said otherwise. */
  readonly fence?: number;
  /** Told of the copy that was made of a SQLite database before these migrations. */
  readonly onCopied?: (copy: string, migrations: readonly string[]) => void;
  /** Told when the database stops taking what is written (read-only, full, failing), and when it does again. */
  readonly onWriteHealth?: (change: WriteHealthChange) => void;
  /** How long a write waits for a locked database before `StoreUnavailable`; 10 s unless said otherwise. */
  readonly patienceMilliseconds?: number;
}

/** A SQLite file by itself or in a data folder, or a database on a PostgreSQL server. */
type Place = { readonly directory: string } | { readonly file: string } | { readonly postgres: PostgresSettings };

/** Name of the database file in a data folder. */
const DATABASE_FILE = 'cartwright.db';

const PATIENCE_MILLISECONDS = 10_000;
/** Events tell what has happened already: refusing them early would only lose them. */
const APPEND_PATIENCE_FACTOR = 6;
/** How often it is tried whether what failed to be written can be again, and the setting that is written for it. */
const PROBE_MILLISECONDS = 2000;
const PROBE = 'write-probe';
/** A transaction's work waits for nothing but the store; one that takes this long waits for itself. */
const WORK_MILLISECONDS = 30_000;

/**
 * Opens the database of a data folder, a file or a PostgreSQL database, and migrates it to this program's schema.
 *
 * Throws `StoreUnavailable` with DATABASE_NOT_WRITABLE, DATABASE_READ_ONLY, DATABASE_INVALID, DATABASE_CORRUPT,
 * DATABASE_LOCKED, DATABASE_FOREIGN or DATABASE_NEWER, for PostgreSQL also DATABASE_UNREACHABLE, DATABASE_REFUSED or
 * DATABASE_UNSUPPORTED; the message is one line and says what to do.
 */
export async function openStore(options: StoreOptions & Place): Promise<DatabaseStore> {
  const patience = options.patienceMilliseconds ?? PATIENCE_MILLISECONDS;
  const engine = await patiently(patience, mayComeBack, () => openEngine(options));
  try {
    return await storeOver(engine, { now: Date.now, ...options }, patience);
  } catch (error) {
    await engine.close();
    throw translated(error, engine.failureOf(error), engine.name);
  }
}

function openEngine(place: Place & StoreOptions): Promise<Engine> {
  if ('postgres' in place) return openPostgresEngine(place.postgres);
  return openSqliteEngine('file' in place ? place.file : join(place.directory, DATABASE_FILE), place);
}

/** The store over any engine; closing the store closes the engine. For tests, which may do something to the engine. */
export async function storeOver(
  engine: Engine,
  options: StoreOptions & { readonly now: () => number },
  patience: number,
): Promise<DatabaseStore> {
  const { now } = options;
  const tables = tablesOver(reading(engine));
  const { leases } = tables;
  // Whoever opens the database sees who holds it; from then on only taking it over moves this number.
  let fence = options.fence ?? (await readFence(reading(engine), leases));
  let probing: NodeJS.Timeout | undefined;
  const health = new WriteHealth((change) => {
    clearInterval(probing);
    // Nobody may have anything to store, and what is mended is to be noticed.
    if (change.kind === 'failed') probing = setInterval(() => void probe().catch(() => undefined), PROBE_MILLISECONDS);
    options.onWriteHealth?.(change);
  });
  const queue = new WriteQueue(engine, (em) => checkFence(em, leases, fence), health);
  const open = new AsyncLocalStorage<{ isOver: boolean }>();

  const read: Access['read'] = async (work) => {
    try {
      return await patiently(
        patience,
        (error) => isTransient(engine.failureOf(error)),
        () => work(reading(engine)),
      );
    } catch (error) {
      const kind = engine.failureOf(error);
      const failure = translated(error, kind, engine.name);
      if (isDamage(kind)) queue.refuse(failure);
      throw failure;
    }
  };
  const write = <T>(work: Write<T>, durability: Durability, transaction: WriteOptions['transaction']): Promise<T> => {
    if (open.getStore()?.isOver === false) return Promise.reject(nestedWrite());
    return queue.add(work, { durability, transaction, patienceMilliseconds: patience });
  };
  const access: Access = {
    read,
    write: (work) => write(work, 'power', 'shared'),
    observe: (work) => write(work, 'process', 'shared'),
    append: (work) =>
      queue.add(work, {
        durability: 'process',
        transaction: 'shared',
        patienceMilliseconds: APPEND_PATIENCE_FACTOR * patience,
      }),
  };
  const idempotency = new Idempotency(tables.idempotency, access, now);

  const repositories = repositoriesOver(tables, access);
  const probe = (): Promise<void> => repositories.settings.save({ uid: PROBE, value: now() });

  return {
    ...repositories,
    transaction: async (work) => {
      const answer = idempotency.pending();
      const result = await write(
        (em) => {
          const scope = { isOver: false };
          const inside = (task: (em: SqlEntityManager) => Promise<unknown>) =>
            scope.isOver ? Promise.reject(overdue()) : task(em);
          const repositories = repositoriesOver(tables, {
            read: inside as Access['read'],
            write: inside as Access['write'],
            observe: inside as Access['observe'],
            append: inside as Access['append'],
          });
          const transaction = {
            ...repositories,
            answer: (value: unknown) => inside((em) => answer.write(em, value)) as Promise<void>,
          };
          return within(
            WORK_MILLISECONDS,
            open.run(scope, async () => work(transaction)),
          ).finally(() => {
            scope.isOver = true;
          });
        },
        'power',
        'alone',
      );
      answer.committed();
      return result;
    },
    observe: (instance, events) =>
      access.observe(async (em) => {
        await tables.instances.upsert(em, instance);
        if (events.length > 0) await tables.events.insert(em, eventRows(events), 'sequence');
      }),
    acquireLease: async (holder) => {
      // Resolved before the queue goes on, so that the writes behind this one are checked against the new number.
      fence = await write((em) => raiseFence(em, leases, holder, now()), 'power', 'take-over');
      return fence;
    },
    currentFence: () => read((em) => readFence(em, leases)),
    idempotent: (question, work) => idempotency.run(question, work),
    forgetTenant: (name) => forgetTenant(tables, access, name),
    snapshot: async (file) => {
      try {
        await engine.snapshot(file);
      } catch (error) {
        throw translated(error, engine.failureOf(error), engine.name);
      }
    },
    prune: (at) => prune(tables, access, at),
    ping: () => read(async (em) => void (await readFence(em, leases))),
    get writeFailure() {
      return health.failure;
    },
    get queueLength() {
      return queue.length;
    },
    close: async () => {
      clearInterval(probing);
      await queue.close();
      await engine.close();
    },
  };
}

function mayComeBack(error: unknown): boolean {
  return error instanceof StoreUnavailable && ['DATABASE_LOCKED', 'DATABASE_UNREACHABLE'].includes(error.code);
}

function nestedWrite(): CartwrightError {
  return new CartwrightError(
    'NESTED_WRITE',
    'a write outside of the open transaction would wait for that transaction, which waits for it; use the repositories that the transaction gives',
  );
}

function overdue(): CartwrightError {
  return new CartwrightError('TRANSACTION_OVER', 'the transaction that these repositories belong to has ended');
}
