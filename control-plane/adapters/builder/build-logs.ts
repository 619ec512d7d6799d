/** Build output in one file a build. What a build says is kept as long as its record. */
import { createWriteStream, type WriteStream } from 'node:fs';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listFolder, removeMeasured } from '../disk/stored.ts';
import type { BuildLog, BuildLogs } from '../../app/ports/build-logs.ts';

/** Lines of one build that are kept in memory and on disk; what comes after is left out, and said so. */
const MOST_LINES = 20_000;
const SUFFIX = '.log';

export interface FileBuildLogs extends BuildLogs {
  /** Ends what is still open; lines that come later are dropped. */
  close(): Promise<void>;
}

interface Open extends BuildLog {
  readonly lines: readonly string[];
}

export async function createBuildLogs(directory: string): Promise<FileBuildLogs> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const open = new Map<string, Open>();
  const listeners = new Map<string, Set<() => void>>();
  const fileOf = (build: string): string => join(directory, `${build}${SUFFIX}`);

  return {
    async begin(build) {
      await open.get(build)?.end();
      const file = createWriteStream(fileOf(build), { flags: 'w', mode: 0o600 });
      // A full disk must not end the program; the lines stay in memory while the build runs.
      file.on('error', () => file.destroy());
      const lines: string[] = [];
      let ended: Promise<void> | undefined;
      const log: Open = {
        lines,
        append(line) {
          if (ended !== undefined || lines.length >= MOST_LINES) return;
          const isLast = lines.length === MOST_LINES - 1;
          const text = isLast ? `(more than ${MOST_LINES} lines; the rest is left out)` : line;
          lines.push(text);
          if (!file.destroyed) file.write(`${text}\n`);
          for (const listener of listeners.get(build) ?? []) listener();
        },
        end() {
          // Read from memory until the file has all of it.
          ended ??= flushed(file).then(() => {
            if (open.get(build) === log) open.delete(build);
          });
          return ended;
        },
      };
      open.set(build, log);
      return log;
    },
    async read(build) {
      const log = open.get(build);
      if (log !== undefined) return [...log.lines];
      try {
        return (await readFile(fileOf(build), 'utf8')).split('\n').slice(0, -1);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
        throw error;
      }
    },
    async list() {
      const files = (await listFolder(directory)).filter(({ name }) => name.endsWith(SUFFIX));
      return files.map((file) => ({ ...file, name: file.name.slice(0, -SUFFIX.length) }));
    },
    async remove(build) {
      return open.has(build) ? 0 : removeMeasured(fileOf(build));
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
      await Promise.all([...open.values()].map((log) => log.end()));
    },
  };
}

function flushed(file: WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (file.destroyed) resolve();
    else file.once('close', resolve).end();
  });
}
