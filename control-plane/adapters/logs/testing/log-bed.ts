/** A log in a folder of its own, with short ways to write and read it. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readLines } from '../../../app/ask/logs.ts';
import type { LogFilter, LogOwner } from '../../../app/ports/logs.ts';
import type { LogEntry, LogLine, NewLogLine } from '../../../domain/logs/entry.ts';
import { SegmentLog, type SegmentLogOptions } from '../segment-log.ts';

export const shop: LogOwner = { tenant: 'acme', name: 'shop' };

export class LogBed {
  readonly failures: unknown[] = [];
  readonly directory: string;
  readonly #opened: SegmentLog[] = [];

  private constructor(directory: string) {
    this.directory = directory;
  }

  static async make(): Promise<LogBed> {
    return new LogBed(await mkdtemp(join(tmpdir(), 'cartwright-logs-')));
  }

  open(options: Partial<SegmentLogOptions> = {}): SegmentLog {
    const log = new SegmentLog({
      directory: this.directory,
      onFailure: (error) => this.failures.push(error),
      minimumFreeShare: 0,
      ...options,
    });
    this.#opened.push(log);
    return log;
  }

  /** Names of the segment files of an application of acme. */
  async files(application = 'shop'): Promise<string[]> {
    return (await readdir(join(this.directory, 'acme', application))).sort();
  }

  async close(): Promise<void> {
    await Promise.all(this.#opened.splice(0).map((log) => log.close()));
    await rm(this.directory, { recursive: true, force: true });
  }
}

export function line(text: string, fields: Partial<NewLogLine> = {}): NewLogLine {
  return {
    kind: 'line',
    at: 1,
    level: null,
    alias: 'web',
    instance: 'inst-1',
    release: null,
    stream: 'stdout',
    text,
    ...fields,
  };
}

export function lines(from: number, to: number): NewLogLine[] {
  return Array.from({ length: to - from + 1 }, (_, index) => line(`line ${from + index}`));
}

/** Lines alone. */
export function read(
  log: SegmentLog,
  owner: LogOwner,
  options: { readonly after?: number; readonly last?: number; readonly limit: number } & LogFilter,
): Promise<LogLine[]> {
  const { after, limit, last = limit, ...filter } = options;
  return readLines(log, owner, { filter, limit, ...(after === undefined ? { last } : { after }) });
}

/** Everything, lines and gaps. */
export async function entries(log: SegmentLog, owner = shop, filter: LogFilter = {}): Promise<LogEntry[]> {
  return (await log.search(owner, { filter, limit: 1_000_000, range: { after: 0 } })).entries.slice();
}

/** As texts: lines by what they say, gaps by how many lines they are, why, and what they cover. */
export function seen(list: readonly LogEntry[]): string[] {
  return list.map((entry) =>
    entry.kind === 'line' ? entry.text : `${entry.lines} ${entry.cause} ${entry.after}-${entry.sequence}`,
  );
}
