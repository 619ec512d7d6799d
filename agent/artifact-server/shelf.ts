/** Archives on a disk that outlives the server, each under its digest once it is whole and was verified. */
import { accessSync, constants, mkdirSync, readdirSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { join } from 'node:path';

const DIGEST = /^sha256-[0-9a-f]{64}$/;

export class Shelf {
  readonly #directory: string;
  readonly #held = new Set<string>();

  /** What an earlier run has left there is there again; what it was fetching is carried on. Throws where the folder cannot be written. */
  constructor(directory: string) {
    this.#directory = directory;
    mkdirSync(join(directory, 'coming'), { recursive: true, mode: 0o700 });
    for (const one of [directory, join(directory, 'coming')]) accessSync(one, constants.R_OK | constants.W_OK);
    for (const name of readdirSync(directory)) if (DIGEST.test(name)) this.#held.add(name);
  }

  get held(): ReadonlySet<string> {
    return this.#held;
  }

  /** `undefined` where it is not held. */
  path(digest: string): string | undefined {
    return this.#held.has(digest) ? join(this.#directory, digest) : undefined;
  }

  /** Where one is put together that is not held yet. */
  coming(digest: string): string {
    return join(this.#directory, 'coming', digest);
  }

  /** It is whole, and verified. */
  async arrived(digest: string): Promise<void> {
    await rename(this.coming(digest), join(this.#directory, digest));
    this.#held.add(digest);
  }

  /** Whoever reads it reads it to its end. Parts of what is not wanted any more go as well. */
  async drop(digests: readonly string[], stillWanted: ReadonlySet<string>): Promise<void> {
    for (const digest of digests) {
      this.#held.delete(digest);
      await rm(join(this.#directory, digest), { force: true });
    }
    for (const name of readdirSync(join(this.#directory, 'coming')))
      if (!stillWanted.has(name)) await rm(this.coming(name), { force: true });
  }
}
