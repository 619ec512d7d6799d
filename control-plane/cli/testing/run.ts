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
  /** In place of `stdin`, such as a terminal. */
  readonly input?: Io['stdin'];
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
  const keyboard = new PassThrough();
  let isRaw = false;
  const terminal = Object.assign(keyboard, { isTTY: true, setRawMode: (on: boolean) => (isRaw = on) });
  const { isTerminal = false, stdin } = surroundings;
  const sits = isTerminal && stdin === undefined ? { input: terminal } : {};
  const io = {
    ...ioOf({ ...sits, ...surroundings }, stdout.stream, stderr.stream),
    interrupted: interrupted.signal,
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

/** What a command touches, without anybody behind it. */
export function ioOf(
  surroundings: Surroundings = {},
  stdout: Writable = collect().stream,
  stderr: Writable = collect().stream,
): Io {
  const { isTerminal = false, stdin, input } = surroundings;
  return {
    stdout: { stream: stdout, isTerminal },
    stderr: { stream: stderr, isTerminal },
    stdin: input ?? Readable.from(stdin === undefined ? [] : [Buffer.from(stdin)]),
    env: surroundings.env ?? {},
    cwd: surroundings.cwd ?? process.cwd(),
    interrupted: new AbortController().signal,
    now: () => surroundings.now ?? Date.now(),
  };
}

export function run(argv: readonly string[], surroundings: Surroundings = {}): Promise<Ended> {
  return start(argv, surroundings).ended;
}

function collect(size: { columns?: number | undefined; rows?: number | undefined } = {}): {
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
