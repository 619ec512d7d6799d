/** What the store needs of a database driver. SQLite has one; PostgreSQL gets another behind the same interface. */
import type { MikroORM, SqlEntityManager } from '@mikro-orm/sql';
import type { FailureOf } from './failure.ts';

/**
 * What a commit survives. `process`: the end of this process, SIGKILL included, but the last moments before a power cut may
 * be gone (never half of them). `power`: the loss of power as well; the commit waits for the disk.
 */
export type Durability = 'process' | 'power';

export interface Engine {
  readonly orm: MikroORM;
  /** What to call the database in a message. */
  readonly name: string;
  readonly failureOf: FailureOf;
  /** Sets what the next transaction's commit survives. */
  setDurability(durability: Durability): void;
  close(): Promise<void>;
}

/** One transaction on a database: all of `work` or nothing. Never retried here. */
export function inTransaction<T>(
  engine: Engine,
  durability: Durability,
  work: (em: SqlEntityManager) => Promise<T>,
): Promise<T> {
  engine.setDurability(durability);
  return (engine.orm.em.fork() as SqlEntityManager).transactional((em) => work(em));
}

/** An entity manager for reading, outside of any transaction; nothing is remembered in it. */
export function reading(engine: Engine): SqlEntityManager {
  return engine.orm.em.fork();
}
