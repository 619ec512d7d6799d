/** `cartwright backup FILE`: streams a backup to a file, which appears under its name when it is whole. */
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Session } from '../client/session.ts';
import { CliError, EXIT } from '../exit.ts';
import { printWritten, readBack } from './written-backup.ts';

export async function backup({ io, client, printer }: Session, name: string): Promise<void> {
  const file = resolve(io.cwd, name);
  if (existsSync(file)) throw new CliError(EXIT.failed, `${file} is there already; name another file`);
  const partial = `${file}.partial`;
  try {
    // Only its owner may read it: it holds the hashes of tokens and all of every configuration.
    await pipeline(await client.download('/backup'), createWriteStream(partial, { mode: 0o600, flush: true }));
    const written = await readBack(partial, file);
    await rename(partial, file);
    await printWritten(printer, written);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof CliError || io.interrupted.aborted) throw error;
    throw new CliError(EXIT.failed, `the backup was cut off: ${(error as Error).message}; nothing was kept`, {
      cause: error,
    });
  }
}
