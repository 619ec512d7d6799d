/** A database of its own for a test on a running server, and stores on it. */
import type { PostgresSettings } from '../postgres/settings.ts';
import { openStore } from '../store.ts';
import type { DatabaseStore, StoreOptions } from '../store.ts';
import type { PostgresServer } from './postgres-server.ts';
import type { StoreFixture } from './store/given.ts';

export class PostgresFixture implements StoreFixture {
  readonly settings: PostgresSettings;
  readonly #stores: DatabaseStore[] = [];

  private constructor(settings: PostgresSettings) {
    this.settings = settings;
  }

  /** `options`: those of `create database`. */
  static async make(server: PostgresServer, options?: string): Promise<PostgresFixture> {
    return new PostgresFixture(await server.database(options));
  }

  async open(options: StoreOptions = {}): Promise<DatabaseStore> {
    const store = await openStore({ postgres: this.settings, ...options });
    this.#stores.push(store);
    return store;
  }

  async close(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
  }
}
