/** Build output in one file a build. What a build says is kept as long as its record. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BuildLogs } from '../../app/ports/build-logs.ts';

/** Lines of one build that are kept in memory and on disk; what comes after is left out, and said so. */
const MOST_LINES = 20_000;
const IDLE_MILLISECONDS = 60_000;

interface Open {
  readonly lines: string[];
  readonly file: WriteStream;
  readonly idle: NodeJS.Timeout;
}

export interface FileBuildLogs extends BuildLogs {
  close(): Promise<void>;
}

export async function createBuildLogs(directory: string): Promise<FileBuildLogs> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const open = new Map<string, Open>();
  const listeners = new Map<string, Set<() => void>>();
  const fileOf = (build: string): string => join(directory, `${build}.log`);

  const end = (build: string): Promise<void> => {
    const entry = open.get(build);
    if (entry === undefined) return Promise.resolve();
    clearTimeout(entry.idle);
    open.delete(build);
    return new Promise((resolve) => entry.file.end(resolve));
  };
  const begin = (build: string): Open => {
    const file = createWriteStream(fileOf(build), { flags: 'w', mode: 0o600 });
    // A full disk must not end the program; the lines stay in memory while the build runs.
    file.on('error', () => file.destroy());
    return { lines: [], file, idle: setTimeout(() => void end(build), IDLE_MILLISECONDS).unref() };
  };

  return {
    append(build, line) {
      const entry = open.get(build) ?? begin(build);
      open.set(build, entry);
      entry.idle.refresh();
      if (entry.lines.length >= MOST_LINES) return;
      const isLast = entry.lines.length === MOST_LINES - 1;
      const text = isLast ? `(more than ${MOST_LINES} lines; the rest is left out)` : line;
      entry.lines.push(text);
      if (!entry.file.destroyed) entry.file.write(`${text}\n`);
      for (const listener of listeners.get(build) ?? []) listener();
    },
    async read(build) {
      const entry = open.get(build);
      if (entry !== undefined) return [...entry.lines];
      try {
        return (await readFile(fileOf(build), 'utf8')).split('\n').slice(0, -1);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
    onAppend(build, listener) {
      const set = listeners.get(build) ?? new Set();
      listeners.set(build, set.add(listener));
      return () => {
        set.delete(listener);
        if (set.size === 0) listeners.delete(build);
      };
    },
    async close() {
      await Promise.all([...open.keys()].map(end));
    },
  };
}
