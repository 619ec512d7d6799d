/** Looks for one path in an archive without unpacking it. */
import { createReadStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar';
import { byBytes } from './pack.ts';

/**
 * Whether an archive that `pack` has made holds something at a path, a link included. Also true where the path leads through a
 * link: what is behind that is not known here. Its entries are in order, so nothing is read behind the place where the path would be.
 * Rejects for an archive that cannot be read.
 */
export async function archiveHolds(file: string, path: string): Promise<boolean> {
  const wanted = path.split('/');
  let answer: boolean | undefined;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      answer ??= answerBy(wanted, entry.path.replace(/\/$/, '').split('/'), entry.type === 'Directory');
      entry.resume();
    },
  });
  let broken: Error | undefined;
  parser.on('error', (error: Error) => (broken ??= error));
  const source = createReadStream(file);
  const tar = source.pipe(createGunzip());
  source.once('error', (error) => tar.destroy(error));
  try {
    for await (const chunk of tar as AsyncIterable<Buffer>) {
      parser.write(chunk);
      if (broken !== undefined) throw broken;
      if (answer !== undefined) return answer;
    }
    return false;
  } finally {
    source.destroy();
    // Its file is closed when this is over; how it ended has been told.
    await finished(source).catch(() => undefined);
  }
}

/** `undefined`: it may still come. */
function answerBy(wanted: readonly string[], seen: readonly string[], isFolder: boolean): boolean | undefined {
  for (const [depth, name] of wanted.entries()) {
    const part = seen[depth];
    if (part === undefined) return isFolder ? undefined : true;
    const order = byBytes(part, name);
    if (order !== 0) return order < 0 ? undefined : false;
  }
  return true;
}
