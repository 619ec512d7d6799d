/** Answers to mutations by the key that the client gave: the same question gets the same answer, and is worked on once. */
import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { Answered, Question } from '../../app/ports/store.ts';
import type { IdempotencyRow } from './entities/idempotency.ts';
import type { Access } from './repositories.ts';
import type { Table } from './table.ts';

/** How long an answer is kept. */
export const IDEMPOTENCY_MILLISECONDS = 24 * 3600 * 1000;

/** Work whose answer is not known yet. */
interface Asking {
  readonly uid: string;
  readonly asked: string;
  /** The row that a transaction has committed with its changes. */
  committed: IdempotencyRow | undefined;
}

/** The answer of one transaction on its way. */
export interface PendingAnswer {
  /** Writes it in the transaction; to be called again when that is run again. */
  write(em: SqlEntityManager, result: unknown): Promise<void>;
  /** The transaction is committed. */
  committed(): void;
}

export class Idempotency {
  readonly #table: Table<IdempotencyRow>;
  readonly #access: Access;
  readonly #now: () => number;
  readonly #running = new Map<string, Promise<string>>();
  readonly #asking = new AsyncLocalStorage<Asking>();

  constructor(table: Table<IdempotencyRow>, access: Access, now: () => number) {
    this.#table = table;
    this.#access = access;
    this.#now = now;
  }

  /**
   * The answer is what JSON makes of it, for the first caller as for the later ones. Nothing is stored when `work` throws:
   * those who waited with the first caller get its error, the next one tries again.
   */
  async run<T>({ scope, key, asked }: Question, work: () => Promise<T>): Promise<Answered<T>> {
    const uid = createHash('sha256').update(`${scope.length}:${scope}:${key}`).digest('hex');
    let running = this.#running.get(uid);
    if (running === undefined) {
      running = this.#answer({ uid, asked, committed: undefined }, work).finally(() => this.#running.delete(uid));
      this.#running.set(uid, running);
    }
    return JSON.parse(await running) as Answered<T>;
  }

  /** For a transaction that begins now. */
  pending(): PendingAnswer {
    const asking = this.#asking.getStore();
    let row: IdempotencyRow | undefined;
    return {
      write: async (em, result) => {
        if (asking === undefined) return;
        row = this.#rowOf(asking, result);
        await this.#table.upsert(em, row);
      },
      committed: () => {
        if (asking !== undefined) asking.committed ??= row;
      },
    };
  }

  async #answer(asking: Asking, work: () => Promise<unknown>): Promise<string> {
    const stored = await this.#access.read((em) => this.#table.get(em, { uid: asking.uid }));
    if (stored !== undefined && stored.result !== null && stored.at > this.#now() - IDEMPOTENCY_MILLISECONDS)
      return stored.result;
    try {
      const result = await this.#asking.run(asking, work);
      if (asking.committed !== undefined) return asking.committed.result!;
      const row = this.#rowOf(asking, result);
      await this.#access.write((em) => this.#table.upsert(em, row));
      return row.result!;
    } catch (error) {
      // It was changed and answered, and what had to follow failed: who asks again shall have that tried again.
      if (asking.committed !== undefined) await this.#access.write((em) => this.#table.delete(em, { uid: asking.uid }));
      throw error;
    }
  }

  #rowOf({ uid, asked }: Asking, result: unknown): IdempotencyRow {
    return { uid, at: this.#now(), result: JSON.stringify({ asked, result } satisfies Answered<unknown>) };
  }
}
