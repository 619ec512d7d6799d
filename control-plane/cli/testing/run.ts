/** Runs one command line in this process, with streams of its own. */
import { Readable, Writable } from 'node:stream';
import type { Io } from '../io.ts';
import { main } from '../main.ts';

export interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  /** What was written so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** As Ctrl-C does. */
  interrupt(): void;
  readonly ended: Promise<Ended>;
}

export interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly cwd?: string;
  readonly now?: number;
  readonly isTerminal?: boolean;
  /** Of the terminal; what a terminal has that does not say if absent. */
  readonly columns?: number;
  readonly rows?: number;
}

export function start(argv: readonly string[], surroundings: Surroundings = {}): Running {
  const { columns, rows } = surroundings;
  const stdout = collect({ columns, rows });
  const stderr = collect({ columns, rows });
  const interrupted = new AbortController();
  const { isTerminal = false } = surroundings;
  const io: Io = {
    stdout: { stream: stdout.stream, isTerminal },
    stderr: { stream: stderr.stream, isTerminal },
    stdin: Readable.from(surroundings.stdin === undefined ? [] : [Buffer.from(surroundings.stdin)]),
    env: surroundings.env ?? {},
    cwd: surroundings.cwd ?? process.cwd(),
    interrupted: interrupted.signal,
    now: () => surroundings.now ?? Date.now(),
  };
  return {
    stdout: stdout.text,
    stderr: stderr.text,
    interrupt: () => interrupted.abort(),
    ended: main(argv, io).then((code) => ({ code, stdout: stdout.text(), stderr: stderr.text() })),
  };
}

export function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return start(argv, surroundings).ended;
}

function collect(size: { columns: number | undefined; rows: number | undefined }): {
  stream: Writable;
  text: () => string;
} {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write(chunk: Buffer | string, _encoding, done) {
      chunks.push(Buffer.from(chunk));
      done();
    },
  });
  return { stream: Object.assign(stream, size), text: () => Buffer.concat(chunks).toString('utf8') };
}
