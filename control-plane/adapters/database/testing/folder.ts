/** A folder of its own for a test, and stores in it; everything is closed and removed at the end. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../store.ts';
import type { DatabaseStore, StoreOptions } from '../store.ts';
import { putMigrated } from './fresh.ts';

export class Folder {
  readonly path: string;
  readonly #stores: DatabaseStore[] = [];

  private constructor(path: string) {
    this.path = path;
  }

  static async make(): Promise<Folder> {
    return new Folder(await mkdtemp(join(tmpdir(), 'cartwright-database-')));
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** The store of this folder; a new one is migrated already. */
  async open(options: StoreOptions = {}): Promise<DatabaseStore> {
    await putMigrated(this.path);
    const store = await openStore({ directory: this.path, ...options });
    this.#stores.push(store);
    return store;
  }

  async close(): Promise<void> {
    await Promise.all(this.#stores.map((store) => store.close()));
    await rm(this.path, { recursive: true, force: true });
  }
}
