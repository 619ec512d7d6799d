/** Answers to mutations by the key that the client gave: the same question gets the same answer, and is worked on once. */
import { createHash } from 'node:crypto';
import type { IdempotencyRow } from './entities/idempotency.ts';
import type { Access } from './repositories.ts';
import type { Table } from './table.ts';

/** How long an answer is kept. */
export const IDEMPOTENCY_MILLISECONDS = 24 * 3600 * 1000;

export class Idempotency {
  readonly #table: Table<IdempotencyRow>;
  readonly #access: Access;
  readonly #now: () => number;
  readonly #running = new Map<string, Promise<string | null>>();

  constructor(table: Table<IdempotencyRow>, access: Access, now: () => number) {
    this.#table = table;
    this.#access = access;
    this.#now = now;
  }

  /**
   * The answer is what JSON makes of it, for the first caller as for the later ones. Nothing is stored when `work` throws:
   * those who waited with the first caller get its error, the next one tries again.
   */
  async run<T>(scope: string, key: string, work: () => Promise<T>): Promise<T> {
    const uid = createHash('sha256').update(`${scope.length}:${scope}:${key}`).digest('hex');
    let running = this.#running.get(uid);
    if (running === undefined) {
      running = this.#answer(uid, work).finally(() => this.#running.delete(uid));
      this.#running.set(uid, running);
    }
    const answer = await running;
    return (answer === null ? undefined : JSON.parse(answer)) as T;
  }

  async #answer(uid: string, work: () => Promise<unknown>): Promise<string | null> {
    const stored = await this.#access.read((em) => this.#table.get(em, { uid }));
    if (stored !== undefined && stored.at > this.#now() - IDEMPOTENCY_MILLISECONDS) return stored.result;
    const result = JSON.stringify(await work()) as string | undefined;
    const row = { uid, at: this.#now(), result: result ?? null };
    await this.#access.write((em) => this.#table.upsert(em, row));
    return row.result;
  }
}
