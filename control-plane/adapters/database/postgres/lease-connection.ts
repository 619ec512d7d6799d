/** The statements of the lease, on a connection of their own: neither slow reads nor the queue of writes may keep it from being renewed. */
import type pg from 'pg';
import { LEASE } from '../lease.ts';
import { connectionOptions, CutOffClient } from './connection.ts';
import type { PostgresSettings } from './settings.ts';

export interface Holder {
  readonly holder: string;
  readonly fence: number;
}

type Taken =
  | { readonly kind: 'taken'; readonly fence: number }
  | { readonly kind: 'held'; readonly by: Holder; readonly leftMilliseconds: number };

/** The server's clock, in milliseconds since the epoch. */
const NOW = 'extract(epoch from clock_timestamp())::double precision * 1000';

export class LeaseConnection {
  readonly #settings: PostgresSettings;
  readonly #holder: string;
  readonly #leaseMilliseconds: number;
  #client: pg.Client | undefined;

  constructor(settings: PostgresSettings, holder: string, leaseMilliseconds: number) {
    this.#settings = settings;
    this.#holder = holder;
    this.#leaseMilliseconds = leaseMilliseconds;
  }

  async read(): Promise<Holder & { readonly leftMilliseconds: number }> {
    const [row] = await this.#query<Holder & { left: number }>(
      `select holder, fence, coalesce(expires_at - ${NOW}, 0) as left from lease where uid = '${LEASE}'`,
      [],
    );
    if (row === undefined) throw new Error('the table "lease" has lost its row; restore a backup');
    return { holder: row.holder, fence: row.fence, leftMilliseconds: Math.max(0, row.left) };
  }

  /**
   * Takes it over if nobody holds it any more, with a fencing number that is the next one and at least the seconds of the clock, as
   * on SQLite. Waits for a transaction that is open.
   */
  async take(): Promise<Taken> {
    const [row] = await this.#query<{ fence: number }>(
      `update lease set holder = $1, fence = greatest(fence + 1, floor(${NOW} / 1000)), acquired_at = ${NOW}, expires_at = ${NOW} + $2
       where uid = '${LEASE}' and (expires_at is null or expires_at <= ${NOW}) returning fence`,
      [this.#holder, this.#leaseMilliseconds],
    );
    if (row !== undefined) return { kind: 'taken', fence: row.fence };
    const { leftMilliseconds, ...by } = await this.read();
    return { kind: 'held', by, leftMilliseconds };
  }

  /** `undefined`: renewed; otherwise who holds it now. */
  async renew(fence: number): Promise<Holder | undefined> {
    const rows = await this.#query(
      `update lease set expires_at = ${NOW} + $2 where uid = '${LEASE}' and fence = $1 returning fence`,
      [fence, this.#leaseMilliseconds],
    );
    return rows.length > 0 ? undefined : await this.read();
  }

  async giveBack(fence: number): Promise<void> {
    await this.#query(`update lease set expires_at = null where uid = '${LEASE}' and fence = $1`, [fence]);
  }

  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.end();
  }

  async #query<R extends object>(text: string, values: readonly unknown[]): Promise<R[]> {
    const client = (this.#client ??= await this.#connect());
    try {
      return (await client.query<R>(text, [...values])).rows;
    } catch (error) {
      // The next statement gets a new connection: this one may be broken, or not answer.
      this.#client = undefined;
      client.end().catch(() => undefined);
      throw error;
    }
  }

  async #connect(): Promise<pg.Client> {
    // Each step is given up before the lease is over.
    const step = Math.ceil(this.#leaseMilliseconds / 4);
    const client = new CutOffClient({
      ...connectionOptions(this.#settings),
      connectionTimeoutMillis: step,
      lock_timeout: step,
      statement_timeout: step,
      query_timeout: 2 * step,
    });
    // A connection that is lost fails the next statement; without a listener it would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }
}
