/** A value that nobody but the one who gives it shall see: typed without an echo, or piped in. */
import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { CliError, EXIT } from './exit.ts';
import type { Io } from './io.ts';

const LARGEST_BYTES = 1024 * 1024;

/** `what` is asked for on a terminal. Throws `CliError` for what is no UTF-8 text or far too long. */
export async function readSecret(io: Io, what: string): Promise<string> {
  return io.stdin.isTTY === true ? askWithoutEcho(io, what) : readAll(io);
}

async function readAll(io: Io): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of io.stdin) {
    const next = Buffer.from(chunk as Buffer | string);
    bytes += next.length;
    if (bytes > LARGEST_BYTES) throw new CliError(EXIT.usage, `stdin holds more than ${LARGEST_BYTES} bytes`);
    chunks.push(next);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    // The decoder's own error says no more than this.
    throw new CliError(EXIT.usage, 'what came on stdin is not UTF-8 text');
  }
}

/** The terminal's echo goes to a stream that shows nothing. */
async function askWithoutEcho(io: Io, what: string): Promise<string> {
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: io.stdin, output: silent, terminal: true });
  io.stderr.stream.write(`${what}: `);
  try {
    return await lines.question('', { signal: io.interrupted });
  } finally {
    lines.close();
    io.stderr.stream.write('\n');
  }
}
