/** The filtered log as a file: page after page from the control plane, so that what was never shown is in it, too. */
import { Refused } from '../../live/refused.ts';
import type { Entry } from './store/entry.ts';
import type { LogSource, Page } from './store/log-feed.ts';
import { plainLine } from './text/plain.ts';

const PAGE_LINES = 1000;
/** Browsers hold a file in memory until it is saved. */
export const MOST_BYTES = 200_000_000;

export type Format = 'text' | 'json';

export interface Progress {
  readonly lines: number;
  readonly bytes: number;
}

export interface Saved extends Progress {
  readonly blob: Blob;
  /** It would have been longer. */
  readonly isCut: boolean;
}

export interface SaveOptions {
  readonly source: Pick<LogSource, 'search' | 'newest'>;
  readonly format: Format;
  readonly onProgress: (progress: Progress) => void;
  readonly signal: AbortSignal;
  readonly mostBytes?: number;
  /** Resolves after so many milliseconds. */
  readonly wait: (milliseconds: number) => Promise<void>;
}

/** Refusals that pass: other requests of the same token, and other searches of the tenant. */
const PASSING: ReadonlySet<string> = new Set(['RATE_LIMITED', 'LOG_SEARCH_BUSY']);
const PAUSE_MILLISECONDS = 1_000;
const MOST_TRIES = 30;

/** From the oldest line that is kept to the newest when it was asked. Rejects with what the source does, or when it is aborted. */
export async function save(options: SaveOptions): Promise<Saved> {
  const { source, format, onProgress, signal, mostBytes = MOST_BYTES } = options;
  const newest = await source.newest();
  const parts: Blob[] = [];
  let [lines, bytes, isCut] = [0, 0, false];
  for (let after: number | null = 0; after !== null && !isCut;) {
    const page = await pageAfter(after, options);
    const entries = page.entries.filter(({ sequence }) => sequence <= newest);
    // A blob of its own for each page: the text need not stay among the script's objects.
    const part = new Blob(entries.map((entry) => `${written(entry, format)}\n`));
    if (bytes + part.size > mostBytes) isCut = true;
    else {
      parts.push(part);
      bytes += part.size;
      lines += entries.filter(({ kind }) => kind === 'line').length;
    }
    onProgress({ lines, bytes });
    after = page.next !== null && page.next < newest ? page.next : null;
  }
  signal.throwIfAborted();
  const type = format === 'json' ? 'application/x-ndjson' : 'text/plain;charset=utf-8';
  return { blob: new Blob(parts, { type }), lines, bytes, isCut };
}

async function pageAfter(after: number, { source, signal, wait }: SaveOptions): Promise<Page> {
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await source.search({ after }, PAGE_LINES);
    } catch (error) {
      if (!(error instanceof Refused && PASSING.has(error.code)) || tries === MOST_TRIES) throw error;
      await wait(PAUSE_MILLISECONDS);
    }
  }
}

function written(entry: Entry, format: Format): string {
  if (format === 'text') return plainLine(entry);
  const { kind, ...rest } = entry;
  const value = { ...rest, at: entry.at === null ? null : new Date(entry.at).toISOString() };
  return JSON.stringify(kind === 'gap' ? { gap: value } : value);
}

/** `shop-web-2026-11-30T09-00-00.log`, of what is in it alone. */
export function fileName(parts: readonly (string | undefined)[], now: Date, format: Format): string {
  const name = parts.filter((part) => part !== undefined).map((part) => part.replace(/[^A-Za-z0-9-]/g, '-'));
  const time = now.toISOString().slice(0, 19).replaceAll(':', '-');
  return `${[...name, time].join('-')}.${format === 'json' ? 'ndjson' : 'log'}`;
}
