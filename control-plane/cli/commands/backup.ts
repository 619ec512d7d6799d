/** `cartwright backup FILE`: streams a backup to a file, which appears under its name when it is whole. */
import { createHash } from 'node:crypto';
import { createWriteStream, existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Session } from '../client/session.ts';
import { CliError, EXIT } from '../exit.ts';
import { say } from '../io.ts';

export async function backup({ io, client }: Session, name: string): Promise<void> {
  const file = resolve(io.cwd, name);
  if (existsSync(file)) throw new CliError(EXIT.failed, `${file} is there already; name another file`);
  const partial = `${file}.partial`;
  const hash = createHash('sha256');
  let bytes = 0;
  try {
    const archive = await client.download('/backup');
    await pipeline(
      archive,
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          hash.update(chunk);
          bytes += chunk.length;
          yield chunk;
        }
      },
      // Only its owner may read it: it holds the hashes of tokens and all of every configuration.
      createWriteStream(partial, { mode: 0o600, flush: true }),
    );
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    if (error instanceof CliError || io.interrupted.aborted) throw error;
    throw new CliError(EXIT.failed, `the backup was cut off: ${(error as Error).message}; nothing was kept`, {
      cause: error,
    });
  }
  say(io, `${file}: ${bytes} bytes, sha256 ${hash.digest('hex')}`);
}
