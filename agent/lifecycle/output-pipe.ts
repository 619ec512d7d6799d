/**
 * A real pipe for a program's output. What Node makes for `stdio: 'pipe'` is a pair of sockets, and Linux refuses to open
 * those again as /dev/stdout or /dev/stderr, which many programs (and log settings of servers) do.
 */
import { execFile } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';

export interface OutputPipe {
  readonly reader: Readable;
  /** Descriptor for the program. Close it once the program has been started: only then can the reader see the end. */
  readonly writer: number;
}

/** As many pipes as asked for. Rejects when the machine has no `mkfifo` (coreutils and BusyBox have it). */
export async function openOutputPipes(count: number): Promise<OutputPipe[]> {
  const folder = mkdtempSync(join(tmpdir(), 'cartwright-pipe-'));
  try {
    const paths = Array.from({ length: count }, (_, index) => join(folder, String(index)));
    await promisify(execFile)('mkfifo', ['-m', '600', ...paths]);
    return paths.map((path) => {
      // Without O_NONBLOCK the first open of a pipe waits for the other side.
      const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      const writer = openSync(path, constants.O_WRONLY);
      return { reader: new Socket({ fd: descriptor, readable: true, writable: false }), writer };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export function closeWriters(pipes: readonly OutputPipe[]): void {
  for (const { writer } of pipes) closeSync(writer);
}
