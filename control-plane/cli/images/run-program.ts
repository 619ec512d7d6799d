/** Runs a program to its end and keeps what it said. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Lines of both streams together that are kept, the last ones. */
const KEPT_LINES = 200;
/** Bytes of the standard output that are kept, the first ones. */
const KEPT_BYTES = 4 * 1024 * 1024;

export interface Ran {
  /** `null`: ended by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  /** Of both streams. */
  readonly lastLines: readonly string[];
}

export interface RunOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** Ends it. */
  readonly signal?: AbortSignal;
  /** Each line of both streams as it comes. */
  readonly onLine?: (line: string) => void;
}

/** How programs are run; a test gives its own. */
export type RunProgram = (command: readonly string[], options: RunOptions) => Promise<Ran>;

/** Rejects where there is no such program (`ENOENT`), and with an `AbortError`. */
export const runProgram: RunProgram = (command, { env, cwd, signal, onLine }) =>
  new Promise((resolve, reject) => {
    const [program, ...args] = command as [string, ...string[]];
    const child = spawn(program, args, {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
      ...(signal === undefined ? {} : { signal }),
    });
    let stdout = '';
    const lines: string[] = [];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < KEPT_BYTES) stdout += text;
    });
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
        onLine?.(line);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stdout, lastLines: lines }));
  });
