/** Positions of drains in files: `<directory>/<tenant>/<application>.json`. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { DrainPositions } from '../../app/ports/drains.ts';
import type { LogOwner } from '../../app/ports/logs.ts';

const stored = z.object({ v: z.literal(1), positions: z.record(z.string(), z.int().min(0)) });

export class FileDrainPositions implements DrainPositions {
  readonly #directory: string;
  /** What was read or written last, by application. */
  readonly #known = new Map<string, Promise<Map<string, number>>>();
  /** Writes of an application come one after another. */
  readonly #writing = new Map<string, Promise<void>>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async load(application: LogOwner, drain: string): Promise<number | null> {
    return (await this.#of(application)).get(drain) ?? null;
  }

  async save(application: LogOwner, drain: string, sequence: number): Promise<void> {
    (await this.#of(application)).set(drain, sequence);
    await this.#write(application);
  }

  async forget(application: LogOwner, keep: readonly string[]): Promise<void> {
    const positions = await this.#of(application);
    for (const drain of positions.keys()) if (!keep.includes(drain)) positions.delete(drain);
    await this.#write(application);
  }

  #path({ tenant, name }: LogOwner): string {
    return join(this.#directory, tenant, `${name}.json`);
  }

  #of(application: LogOwner): Promise<Map<string, number>> {
    const path = this.#path(application);
    const known = this.#known.get(path) ?? read(path);
    this.#known.set(path, known);
    return known;
  }

  #write(application: LogOwner): Promise<void> {
    const path = this.#path(application);
    const write = (this.#writing.get(path) ?? Promise.resolve())
      .catch(() => undefined)
      .then(async () => {
        const positions = await this.#of(application);
        if (positions.size === 0) return rm(path, { force: true });
        await mkdir(join(path, '..'), { recursive: true, mode: 0o700 });
        await writeFile(`${path}.new`, JSON.stringify({ v: 1, positions: Object.fromEntries(positions) }), {
          mode: 0o600,
        });
        await rename(`${path}.new`, path);
      });
    this.#writing.set(path, write);
    return write;
  }
}

/** A file that is damaged is as good as none: the drain begins with what is new. */
async function read(path: string): Promise<Map<string, number>> {
  try {
    const text = await readFile(path, 'utf8');
    return new Map(Object.entries(stored.parse(JSON.parse(text)).positions));
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || name === 'SyntaxError' || error instanceof z.ZodError) return new Map();
    throw error;
  }
}
