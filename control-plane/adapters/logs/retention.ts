/** Removes the segments that are too old, and the oldest of what is too much for a tenant, whichever application's they are. */
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isId } from '../../../schema/ids.ts';
import type { LogOwner } from '../../app/ports/logs.ts';
import type { LogWriter } from './log-writer.ts';
import type { Segment } from './segments.ts';

export interface RetentionOptions {
  readonly directory: string;
  /** What a tenant's logs together may take. */
  readonly tenantBytes: (tenant: string) => Promise<number>;
  readonly maximumAgeMilliseconds: number;
  readonly onFailure: (error: unknown) => void;
  readonly writer: (application: LogOwner) => LogWriter;
}

interface Stored {
  readonly writer: LogWriter;
  readonly segment: Segment;
  readonly bytes: number;
  readonly changedAt: number;
}

export class Retention {
  readonly #options: RetentionOptions;
  readonly #pruning = new Map<string, Promise<void>>();
  /** Tenants with a new segment since they were last looked at. */
  readonly #grown = new Set<string>();

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** `now`: milliseconds since the epoch. */
  async prune(now: number): Promise<void> {
    for (const tenant of await folders(this.#options.directory)) await this.#pruneTenant(tenant, now);
  }

  /** A tenant has more than before: looks soon, at the size only; the age is the caller's clock's. */
  grown(tenant: string): void {
    this.#grown.add(tenant);
    if (!this.#pruning.has(tenant)) this.#pruning.set(tenant, this.#pruneWhileGrowing(tenant));
  }

  /** What a tenant's logs take, in bytes. */
  async bytes(tenant: string): Promise<number> {
    return (await this.#stored(tenant)).reduce((sum, entry) => sum + entry.bytes, 0);
  }

  /** Resolves when nothing is under way. */
  async close(): Promise<void> {
    await Promise.all(this.#pruning.values());
  }

  async #pruneWhileGrowing(tenant: string): Promise<void> {
    try {
      while (this.#grown.delete(tenant)) await this.#pruneTenant(tenant, -Infinity);
    } catch (error) {
      this.#options.onFailure(error);
    } finally {
      this.#pruning.delete(tenant);
    }
  }

  async #pruneTenant(tenant: string, now: number): Promise<void> {
    const stored = await this.#stored(tenant);
    const allowed = await this.#options.tenantBytes(tenant);
    let bytes = stored.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of stored) {
      const isOld = entry.changedAt < now - this.#options.maximumAgeMilliseconds;
      if (!isOld && bytes <= allowed) return;
      const newest = (await entry.writer.written()).segments.at(-1);
      if (newest?.first === entry.segment.first) await entry.writer.rotate();
      await entry.writer.forget(entry.segment);
      bytes -= entry.bytes;
    }
  }

  /** Oldest first. */
  async #stored(tenant: string): Promise<Stored[]> {
    const stored: Stored[] = [];
    for (const name of await folders(join(this.#options.directory, tenant))) {
      const writer = this.#options.writer({ tenant, name });
      for (const segment of (await writer.written()).segments) {
        const found = await statIfThere(segment.file);
        if (found === undefined || found.size === 0) continue;
        stored.push({ writer, segment, bytes: found.size, changedAt: found.mtimeMs });
      }
    }
    return stored.sort((a, b) => a.changedAt - b.changedAt || a.segment.first - b.segment.first);
  }
}

async function statIfThere(file: string): Promise<Stats | undefined> {
  return await stat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}

async function folders(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter((entry) => entry.isDirectory() && isId(entry.name)).map(({ name }) => name);
}
