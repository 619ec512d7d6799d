/** A source tree as a gzip-compressed tar: the same files give the same bytes, whoever packs them, when and where. */
import { PassThrough, type Readable } from 'node:stream';
import { Pack } from 'tar';
import { CliError, EXIT } from '../exit.ts';
import type { SourceTree } from './tree.ts';

/** tar writes a file that it knows already as a hard link to it; here each file stands for itself. */
class NoLinks extends Map<`${number}:${number}`, string> {
  override get(): undefined {
    return undefined;
  }
}

/** Times and owners are left out, modes reduced to executable or not by `portable`. A file that cannot be read fails the stream. */
export function packTree(tree: SourceTree): Readable {
  const pack = new Pack({
    cwd: tree.directory,
    gzip: true,
    portable: true,
    mtime: new Date(0),
    noDirRecurse: true,
    linkCache: new NoLinks(),
  });
  const archive = new PassThrough();
  pack.on('error', (error: unknown) => {
    const message = `the folder could not be packed: ${error instanceof Error ? error.message : String(error)}`;
    archive.destroy(new CliError(EXIT.failed, message, { cause: error }));
  });
  pack.pipe(archive);
  for (const file of tree.files) pack.write(file);
  pack.end();
  return archive;
}
