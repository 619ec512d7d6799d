/** The files that manifests declare as logs: followed for the releases that run or have just run, and looked at regularly. */
import { join } from 'node:path';
import type { LogFile } from '../../schema/manifests/log-file.ts';
import type { AgentLog } from './agent-log.ts';
import type { LineSink } from './file-tail.ts';
import { FollowedFile } from './followed-file.ts';
import type { LogBatch } from './log-batch.ts';
import type { Masking } from './masking.ts';
import type { Positions } from './positions.ts';

const LOOK_EVERY_MILLISECONDS = 250;
/** The release that runs and the one before it, whose application may still write its last lines. */
const MOST_RELEASES = 2;

export interface NamedLogsOptions {
  readonly batch: LogBatch;
  readonly masking: Masking;
  readonly positions: Positions;
  readonly log: AgentLog;
}

/** The folders that paths of declared files are relative to. */
export interface LogRoots {
  readonly application: string;
  readonly home: string;
}

interface Followed {
  readonly name: string;
  readonly file: { poll(): Promise<void>; close(isOver: boolean): Promise<void> };
  /** What kept it from being read; told once. */
  problem?: string;
}

export class NamedLogs {
  readonly #options: NamedLogsOptions;
  /** By release, the newest last. */
  readonly #releases = new Map<string, Followed[]>();
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> | undefined;
  #isClosed = false;

  constructor(options: NamedLogsOptions) {
    this.#options = options;
  }

  /** Follows the files of a release, from before its application starts. Calling it again for the same one changes nothing. */
  follow(release: string, files: readonly LogFile[], roots: LogRoots): void {
    if (this.#isClosed || this.#releases.has(release)) return;
    const followed = files.map(({ name, path, in: place }): Followed => {
      const root = roots[place];
      return { name, file: this.#open(name, root, path) };
    });
    this.#releases.set(release, followed);
    for (const [old, left] of [...this.#releases].slice(0, -MOST_RELEASES)) {
      this.#releases.delete(old);
      for (const { file } of left) void file.close(true).catch((error: Error) => this.#failed(error));
    }
    this.#timer ??= setInterval(() => void this.look(), LOOK_EVERY_MILLISECONDS);
  }

  /** Something else to be looked at with the files: what an earlier run left. */
  add(name: string, file: Followed['file']): void {
    this.#releases.set(`of an earlier run: ${name}`, [{ name, file }]);
    this.#timer ??= setInterval(() => void this.look(), LOOK_EVERY_MILLISECONDS);
  }

  /** Where lines of a stream go, their places being kept under `key`, if there is one. */
  sink(stream: string, key?: string): LineSink {
    const { batch, masking, positions } = this.#options;
    return {
      hasRoom: () => batch.hasRoom(performance.now()),
      mask: (line, characters) => masking.apply(line, characters),
      lookahead: () => masking.longest,
      line: (text, position) => {
        const kept = key === undefined ? {} : { onSettled: positions.begin(key, position) };
        batch.add({ stream, text, ...kept }, performance.now());
      },
    };
  }

  /** Hands on what is new. Never rejects: what cannot be read is told. */
  look(): Promise<void> {
    this.#looking ??= this.#lookAtAll().finally(() => (this.#looking = undefined));
    return this.#looking;
  }

  /** Reads what is there once more, and closes. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#looking;
    await this.look();
    for (const followed of this.#releases.values())
      for (const { file } of followed) await file.close(true).catch((error: Error) => this.#failed(error));
    this.#releases.clear();
  }

  #open(name: string, root: string, path: string): FollowedFile {
    const key = join(root, path);
    const position = this.#options.positions.of(key);
    const saved = position && { position, at: this.#options.positions.writtenAt };
    return new FollowedFile({ root, path, sink: this.sink(name, key), ...(saved ? { saved } : {}) });
  }

  async #lookAtAll(): Promise<void> {
    for (const followed of [...this.#releases.values()].flat()) {
      try {
        await followed.file.poll();
        delete followed.problem;
      } catch (error) {
        const { message } = error as Error;
        if (followed.problem === message) continue;
        followed.problem = message;
        this.#options.log('warn', 'a declared log is not read', { name: followed.name, error: message });
      }
    }
  }

  #failed(error: Error): void {
    this.#options.log('warn', 'a declared log could not be closed', { error: error.message });
  }
}
