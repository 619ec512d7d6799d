/** Runs one command line in this process, with streams of its own. */
import { PassThrough, Readable, Writable } from 'node:stream';
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
  /** Presses keys on the terminal. */
  press(keys: string): void;
  /** Whether the terminal gives keys as they are pressed. */
  readonly isRaw: () => boolean;
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
  const keyboard = new PassThrough();
  let isRaw = false;
  const terminal = Object.assign(keyboard, { isTTY: true, setRawMode: (on: boolean) => (isRaw = on) });
  const given = Readable.from(surroundings.stdin === undefined ? [] : [Buffer.from(surroundings.stdin)]);
  const io: Io = {
    stdout: { stream: stdout.stream, isTerminal },
    stderr: { stream: stderr.stream, isTerminal },
    stdin: isTerminal && surroundings.stdin === undefined ? terminal : given,
    env: surroundings.env ?? {},
    cwd: surroundings.cwd ?? process.cwd(),
    interrupted: interrupted.signal,
    now: () => surroundings.now ?? Date.now(),
  };
  return {
    stdout: stdout.text,
    stderr: stderr.text,
    interrupt: () => interrupted.abort(),
    press: (keys) => void keyboard.write(keys),
    isRaw: () => isRaw,
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
