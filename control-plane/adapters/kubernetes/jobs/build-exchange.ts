/** Sources that wait for builds in host clusters, and what those bring back: files in a folder for each build. */
import { createHash } from 'node:crypto';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { isId } from '../../../../schema/ids.ts';
import { BuildError } from '../../../app/errors.ts';
import { tarOf } from '../../artifacts/pack.ts';

interface Written {
  readonly digest: string;
  readonly bytes: number;
}

export interface BuildArchives {
  /** Absolute path of the source of a build that runs. */
  source(build: string): string;
  /** Takes the result of a build, up to a size; the last one counts. Throws `BuildError` BUILD_TOO_LARGE. */
  receive(build: string, archive: Readable, mostBytes: number): Promise<void>;
}

export class BuildExchange implements BuildArchives {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  source(build: string): string {
    return join(this.#folderOf(build), 'source.tgz');
  }

  result(build: string): string {
    return join(this.#folderOf(build), 'result.tgz');
  }

  /** Packs a tree as the source of a build: the same tree gives the same archive, also after a restart in the middle. */
  async put(build: string, tree: string): Promise<Written> {
    await mkdir(this.#folderOf(build), { recursive: true, mode: 0o700 });
    const path = this.source(build);
    const compress = createGzip({ level: 1 });
    const packed = pipeline(Readable.from(await tarOf(tree)), compress);
    const [written] = await Promise.all([write(compress, path, Infinity), packed]);
    return written;
  }

  async receive(build: string, archive: Readable, mostBytes: number): Promise<void> {
    await write(archive, this.result(build), mostBytes);
  }

  async remove(build: string): Promise<void> {
    await rm(this.#folderOf(build), { recursive: true, force: true });
  }

  #folderOf(build: string): string {
    if (!isId(build)) throw new Error(`${JSON.stringify(build)} is no id`);
    return join(this.#directory, build);
  }
}

/** Beside it first: there is never half of one. */
async function write(archive: AsyncIterable<Buffer>, path: string, mostBytes: number): Promise<Written> {
  const beside = `${path}.new`;
  const hash = createHash('sha256');
  let bytes = 0;
  {
    await using file = await open(beside, 'w', 0o600);
    for await (const chunk of archive) {
      bytes += chunk.length;
      if (bytes > mostBytes)
        throw new BuildError('BUILD_TOO_LARGE', `the build's result has more than ${mostBytes} bytes as an archive`);
      hash.update(chunk);
      await file.writeFile(chunk);
    }
    await file.sync();
  }
  await rename(beside, path);
  return { digest: `sha256-${hash.digest('hex')}`, bytes };
}
