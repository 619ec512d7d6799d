/** What the store needs of a database driver: SQLite and PostgreSQL are behind it. */
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
  /** One transaction: all of `work` or nothing. Only one at a time; never tried again here. */
  transaction<T>(durability: Durability, work: (em: SqlEntityManager) => Promise<T>): Promise<T>;
  /** Writes everything, as it was last committed, to a new SQLite file. */
  snapshot(file: string): Promise<void>;
  close(): Promise<void>;
}

/** An entity manager for reading, outside of any transaction; nothing is remembered in it. */
export function reading(engine: Engine): SqlEntityManager {
  return engine.orm.em.fork();
}
