/**
 * Applications' logs in segment files: `<directory>/<tenant>/<application>/<first sequence>.log`.
 *
 * Appending never waits and never fails; what cannot be kept is counted, and a gap stands in its place. An entry is whole or
 * not there at all, also after SIGKILL; a power cut may take the last moments, and a gap says so.
 */
import { join } from 'node:path';
import { isId } from '../../../schema/ids.ts';
import { RequestError } from '../../app/errors.ts';
import type { ApplicationLogs, LogFilter, LogOwner, LogPage, LogQuery } from '../../app/ports/logs.ts';
import type { LogEntry, NewLogEntry } from '../../domain/logs/entry.ts';
import { behind, nextPiece } from './follow.ts';
import { FreeSpace } from './free-space.ts';
import { LogWriter, type Written } from './log-writer.ts';
import { matcherOf } from './matcher.ts';
import { Retention } from './retention.ts';
import { SearchThread } from './search-thread.ts';
import type { ScanJob } from './scan.ts';

export interface SegmentLogOptions {
  readonly directory: string;
  /** Told when lines could not be written (a full disk); the lines are counted in {@link SegmentLog.droppedLines}. */
  readonly onFailure: (error: unknown) => void;
  /** Default 8 MiB. */
  readonly segmentBytes?: number;
  /** Characters that may wait to be written, for each application. Default 4 Mi. */
  readonly queueCharacters?: number;
  /** A tenant's logs together; the oldest segments go first. Default 1 GiB. */
  readonly tenantBytes?: (tenant: string) => Promise<number>;
  /** Default 7 days. */
  readonly maximumAgeMilliseconds?: number;
  /** What one request for a page may cost. Default 256 MiB, 1 s. */
  readonly searchBudget?: ScanJob['budget'];
  /** Below this share of free space lines are dropped, so that others can write. 0 to 1, default 0.1. */
  readonly minimumFreeShare?: number;
  /** The share of the disk that is free; the file system's if absent. */
  readonly freeShare?: (directory: string) => Promise<number>;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const MEBIBYTE = 1024 * 1024;
const DAY_MILLISECONDS = 24 * 3600 * 1000;
/** Lines that one step of a follower holds in memory. */
const FOLLOW_LINES = 200;

export class SegmentLog implements ApplicationLogs {
  readonly #options;
  readonly #writers = new Map<string, LogWriter>();
  readonly #thread = new SearchThread();
  readonly #retention: Retention;
  readonly #space: FreeSpace;
  #droppedLines = 0;
  #isClosed = false;

  constructor(options: SegmentLogOptions) {
    this.#options = {
      segmentBytes: 8 * MEBIBYTE,
      queueCharacters: 4 * MEBIBYTE,
      searchBudget: { bytes: 256 * MEBIBYTE, milliseconds: 1000 },
      now: Date.now,
      ...options,
    };
    this.#space = new FreeSpace(this.#options);
    this.#retention = new Retention({
      directory: options.directory,
      tenantBytes: options.tenantBytes ?? (async () => 1024 * MEBIBYTE),
      maximumAgeMilliseconds: options.maximumAgeMilliseconds ?? 7 * DAY_MILLISECONDS,
      onFailure: options.onFailure,
      writer: (application) => this.#writer(application),
    });
  }

  async bytes(tenant: string): Promise<number> {
    return isId(tenant) ? this.#retention.bytes(tenant) : 0;
  }

  /** Lines dropped since the start (a metric). */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  append(application: LogOwner, entries: readonly NewLogEntry[]): void {
    if (this.#isClosed) this.#droppedLines += entries.filter(({ kind }) => kind === 'line').length;
    else this.#writer(application).append(entries);
  }

  async search(application: LogOwner, query: LogQuery): Promise<LogPage> {
    const written = await this.#writer(application).written();
    return this.#thread.search(application.tenant, {
      segments: segmentsOf(written),
      query,
      budget: this.#options.searchBudget,
    });
  }

  follow(
    application: LogOwner,
    options: { readonly filter: LogFilter; readonly after: number | null },
    signal: AbortSignal,
  ): AsyncGenerator<LogEntry> {
    // A pattern is matched where it can hold nobody up.
    return options.filter.pattern === undefined
      ? this.#followFiles(application, options, signal)
      : this.#followPages(application, options, signal);
  }

  async newest(application: LogOwner): Promise<number> {
    return (await this.#writer(application).written()).nextSequence - 1;
  }

  async remove(application: LogOwner): Promise<void> {
    const writer = this.#writer(application);
    this.#writers.delete(keyOf(application));
    await writer.remove();
  }

  /** Removes what is too old, and the oldest of what is too much. `now`: milliseconds since the epoch. */
  async prune(now: number): Promise<void> {
    await this.#retention.prune(now);
  }

  /** Writes what waits and ends every follower and search. Lines that come later are dropped and counted. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#writers.values()].map((writer) => writer.close()));
    await Promise.all([this.#retention.close(), this.#thread.close()]);
  }

  async *#followFiles(
    application: LogOwner,
    { filter, after }: { readonly filter: LogFilter; readonly after: number | null },
    signal: AbortSignal,
  ): AsyncGenerator<LogEntry> {
    const writer = this.#writer(application);
    const matches = matcherOf(filter);
    const written = await writer.written();
    let position = behind(after ?? written.nextSequence, written);
    while (!signal.aborted) {
      const { version } = writer.changed;
      const isLast = writer.isClosed;
      const piece = await nextPiece(position, writer.now(), matches, FOLLOW_LINES);
      position = piece.position;
      for (const entry of piece.entries) {
        if (signal.aborted) return;
        yield entry;
      }
      if (piece.isAtEnd && isLast) return;
      if (piece.isAtEnd) await writer.changed.after(version, signal);
    }
  }

  async *#followPages(
    application: LogOwner,
    options: { readonly filter: LogFilter; readonly after: number | null },
    signal: AbortSignal,
  ): AsyncGenerator<LogEntry> {
    const { filter } = options;
    const writer = this.#writer(application);
    let after = options.after ?? (await this.newest(application));
    while (!signal.aborted && !writer.isClosed) {
      const { version } = writer.changed;
      const page = await this.search(application, { filter, limit: FOLLOW_LINES, range: { after } });
      for (const entry of page.entries) {
        if (signal.aborted) return;
        yield entry;
      }
      after = page.reached?.sequence ?? after;
      if (page.stopped === 'end') await writer.changed.after(version, signal);
    }
  }

  #writer(application: LogOwner): LogWriter {
    const key = keyOf(application);
    const known = this.#writers.get(key);
    if (known !== undefined) return known;
    const { directory, segmentBytes, queueCharacters, onFailure, now } = this.#options;
    const writer = new LogWriter(join(directory, application.tenant, application.name), {
      segmentBytes,
      queueCharacters,
      onFailure,
      onDrop: (lines) => {
        this.#droppedLines += lines;
      },
      onRotate: () => {
        if (!this.#isClosed) this.#retention.grown(application.tenant);
      },
      hasRoom: () => this.#space.hasRoom(),
      now,
    });
    this.#writers.set(key, writer);
    return writer;
  }
}

function segmentsOf({ segments, newestBytes }: Written): ScanJob['segments'] {
  const newest = segments.length - 1;
  return segments.map(({ file, first }, index) => ({ file, first, bytes: index === newest ? newestBytes : null }));
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
