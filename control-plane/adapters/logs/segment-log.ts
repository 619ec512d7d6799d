/**
 * Applications' logs in segment files: `<directory>/<tenant>/<application>/<first sequence>.log`.
 *
 * Appending never waits and never fails; what cannot be kept is counted and leaves a gap in the sequence. A line is whole or
 * not there at all, also after SIGKILL; a power cut may take the last moments, and the sequence then jumps.
 */
import type { Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isId } from '../../../schema/ids.ts';
import { RequestError } from '../../app/errors.ts';
import type { ApplicationLogs, LogFilter, LogOwner, NewLogLine } from '../../app/ports/logs.ts';
import type { FeedItem, LogLine } from '../../app/use-cases.ts';
import { ApplicationLog } from './application-log.ts';
import type { Segment } from './segments.ts';

export interface SegmentLogOptions {
  readonly directory: string;
  /** Told when lines could not be written (a full disk); the lines are counted in {@link SegmentLog.droppedLines}. */
  readonly onFailure: (error: unknown) => void;
  /** Default 8 MiB. */
  readonly segmentBytes?: number;
  /** Characters that may wait to be written, for each application. Default 4 Mi. */
  readonly queueCharacters?: number;
  /** A tenant's logs together; the oldest segments go first. Default 1 GiB. */
  readonly tenantBytes?: number;
  /** Default 7 days. */
  readonly maximumAgeMilliseconds?: number;
}

const MEBIBYTE = 1024 * 1024;
const DAY_MILLISECONDS = 24 * 3600 * 1000;
/** Lines that one step of a follower holds in memory. */
const FOLLOW_LINES = 200;

export class SegmentLog implements ApplicationLogs {
  readonly #options: Required<SegmentLogOptions>;
  readonly #logs = new Map<string, ApplicationLog>();
  readonly #pruning = new Map<string, Promise<void>>();
  /** Tenants with a new segment since they were last looked at. */
  readonly #grown = new Set<string>();
  #droppedLines = 0;
  #isClosed = false;

  constructor(options: SegmentLogOptions) {
    this.#options = {
      segmentBytes: 8 * MEBIBYTE,
      queueCharacters: 4 * MEBIBYTE,
      tenantBytes: 1024 * MEBIBYTE,
      maximumAgeMilliseconds: 7 * DAY_MILLISECONDS,
      ...options,
    };
  }

  /** Lines dropped since the start (a metric). */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  append(application: LogOwner, lines: readonly NewLogLine[]): void {
    if (this.#isClosed) this.#droppedLines += lines.length;
    else this.#log(application).append(lines);
  }

  async read(
    application: LogOwner,
    options: LogFilter & { readonly after?: number; readonly last?: number; readonly limit: number },
  ): Promise<LogLine[]> {
    const log = this.#log(application);
    const { after, last = options.limit, limit } = options;
    if (after === undefined) return await log.newest(options, Math.min(last, limit));
    const lines: LogLine[] = [];
    let position = await log.behind(after);
    for (;;) {
      const batch = await log.batch(position, options, limit - lines.length);
      for (const item of batch.items) if (item.kind === 'item') lines.push(item.item);
      if (batch.isAtEnd || lines.length >= limit) return lines.slice(0, limit);
      position = batch.position;
    }
  }

  async *follow(
    application: LogOwner,
    options: LogFilter & { readonly after: number | null },
    signal: AbortSignal,
  ): AsyncGenerator<FeedItem<LogLine>> {
    const log = this.#log(application);
    let position = options.after === null ? await log.end() : await log.behind(options.after);
    while (!signal.aborted) {
      const version = log.changed.version;
      const isLast = log.isClosed;
      const batch = await log.batch(position, options, FOLLOW_LINES);
      position = batch.position;
      for (const item of batch.items) {
        if (signal.aborted) return;
        yield item;
      }
      if (batch.isAtEnd && isLast) return;
      if (batch.isAtEnd) await log.changed.after(version, signal);
    }
  }

  async remove(application: LogOwner): Promise<void> {
    const log = this.#log(application);
    this.#logs.delete(keyOf(application));
    await log.remove();
  }

  /** Removes what is too old, and the oldest of what is too much. `now`: milliseconds since the epoch. */
  async prune(now: number): Promise<void> {
    for (const tenant of await folders(this.#options.directory)) await this.#pruneTenant(tenant, now);
  }

  /** Writes what waits and ends every follower. Lines that come later are dropped and counted. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#logs.values()].map((log) => log.close()));
    await Promise.all(this.#pruning.values());
  }

  #log(application: LogOwner): ApplicationLog {
    const key = keyOf(application);
    const known = this.#logs.get(key);
    if (known !== undefined) return known;
    const { directory, segmentBytes, queueCharacters, onFailure } = this.#options;
    const log = new ApplicationLog(join(directory, application.tenant, application.name), {
      segmentBytes,
      queueCharacters,
      onFailure,
      onDrop: (lines) => {
        this.#droppedLines += lines;
      },
      onRotate: () => this.#pruneSoon(application.tenant),
    });
    this.#logs.set(key, log);
    return log;
  }

  /** Looks at the size only: the age is the caller's clock's. */
  #pruneSoon(tenant: string): void {
    if (this.#isClosed) return;
    this.#grown.add(tenant);
    if (!this.#pruning.has(tenant)) this.#pruning.set(tenant, this.#pruneWhileGrowing(tenant));
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
    const stored: { log: ApplicationLog; segment: Segment; bytes: number; changedAt: number }[] = [];
    for (const name of await folders(join(this.#options.directory, tenant))) {
      const log = this.#log({ tenant, name });
      for (const segment of await log.segments()) {
        const found = await statIfThere(segment.file);
        if (found !== undefined && found.size > 0) {
          stored.push({ log, segment, bytes: found.size, changedAt: found.mtimeMs });
        }
      }
    }
    stored.sort((a, b) => a.changedAt - b.changedAt || a.segment.first - b.segment.first);
    let bytes = stored.reduce((sum, entry) => sum + entry.bytes, 0);
    for (const entry of stored) {
      const isOld = entry.changedAt < now - this.#options.maximumAgeMilliseconds;
      if (!isOld && bytes <= this.#options.tenantBytes) return;
      if ((await entry.log.segments()).at(-1)?.first === entry.segment.first) await entry.log.rotate();
      await entry.log.forget(entry.segment);
      bytes -= entry.bytes;
    }
  }
}

/** Names become folders, so only ids are taken. */
function keyOf({ tenant, name }: LogOwner): string {
  if (!isId(tenant) || !isId(name)) {
    throw new RequestError(
      'INVALID',
      'a tenant and an application are named by lower-case letters, digits and hyphens',
    );
  }
  return `${tenant}/${name}`;
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
