/** Everything of the outside world that a command touches, so that tests can give their own. */
import { once } from 'node:events';
import type { Readable, Writable } from 'node:stream';
import { wantsColour } from './output/colour.ts';
import { foreignLines } from './output/foreign.ts';

export interface Output {
  readonly stream: Writable;
  /** A person looks at it: colours and lines that change in place are welcome. */
  readonly isTerminal: boolean;
}

export interface Io {
  /** Data, and nothing else. */
  readonly stdout: Output;
  /** What is said to the person: progress, warnings, errors. */
  readonly stderr: Output;
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(on: boolean): unknown };
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that relative paths start from. */
  readonly cwd: string;
  /** Aborts when the person interrupts the command. */
  readonly interrupted: AbortSignal;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Resolves when what was written has been taken: who reads slowly is waited for. */
export async function taken({ stdout, interrupted }: Io): Promise<void> {
  if (!stdout.stream.writableNeedDrain) return;
  await once(stdout.stream, 'drain', { signal: interrupted });
}

/**
 * Writes data with a line feed behind it: as it is where a program reads it; on a terminal without what could steer it, whoever
 * it came from.
 */
export function print(io: Io, text: string): void {
  const { stream, isTerminal } = io.stdout;
  stream.write(`${isTerminal ? foreignLines(text, wantsColour(io, io.stdout)) : text}\n`);
}

/** Says something to the person. What others wrote may be in it: nothing that steers a terminal gets there. */
export function say(io: Io, text: string): void {
  io.stderr.stream.write(`${foreignLines(text, wantsColour(io, io.stderr))}\n`);
}
