/** Archives in a folder, one file each, named by what is in it. */
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { ArtifactError } from '../../app/errors.ts';
import { Serial } from '../../app/fleet/serial.ts';
import type { StoredThing } from '../../domain/collection/holdings.ts';
import type { ArtifactStore, StoredArtifact } from '../../app/ports/artifacts.ts';
import { artifactFailure } from './failure.ts';
import { archiveHolds } from './holds.ts';
import { tarOf } from './pack.ts';
import { unpackArchive } from './unpack.ts';

const DIGEST = /^sha256-[0-9a-f]{64}$/;
const SUFFIX = '.tar.gz';

export interface ArtifactStoreOptions {
  /** Absolute path; made if it is missing. */
  readonly directory: string;
  /** Largest archive that `pack` may make; 4 GiB if absent. */
  readonly maximumArchiveBytes?: number;
}

/** Opens the store and removes what a crash left half written. */
export async function createArtifactStore(options: ArtifactStoreOptions): Promise<ArtifactStore> {
  const store = new FileArtifactStore(options);
  await store.open();
  return store;
}

class FileArtifactStore implements ArtifactStore {
  readonly #directory: string;
  readonly #incoming: string;
  readonly #maximumArchiveBytes: number;
  readonly #naming = new Serial();

  constructor({ directory, maximumArchiveBytes = 4 * 1024 ** 3 }: ArtifactStoreOptions) {
    this.#directory = directory;
    this.#incoming = join(directory, 'incoming');
    this.#maximumArchiveBytes = maximumArchiveBytes;
  }

  async open(): Promise<void> {
    await rm(this.#incoming, { recursive: true, force: true });
    await mkdir(this.#incoming, { recursive: true, mode: 0o700 });
  }

  async pack(directory: string): Promise<StoredArtifact> {
    try {
      const tar = await tarOf(directory);
      return await this.#store(tar, createGzip({ level: 6 }), this.#maximumArchiveBytes);
    } catch (error) {
      throw artifactFailure(error, 'packing an artifact');
    }
  }

  async receive(archive: Readable, maximumBytes: number): Promise<StoredArtifact> {
    try {
      return await this.#store(archive, gzipOnly(), maximumBytes);
    } catch (error) {
      throw artifactFailure(error, 'receiving an archive');
    }
  }

  async unpack(digest: string, into: string, maximumBytes: number): Promise<void> {
    await unpackArchive(await this.#present(digest), into, maximumBytes);
  }

  async holds(digest: string, path: string): Promise<boolean> {
    const file = await this.#present(digest);
    try {
      return await archiveHolds(file, path);
    } catch (error) {
      throw artifactFailure(error, 'reading an artifact');
    }
  }

  async path(digest: string): Promise<string | undefined> {
    if (!DIGEST.test(digest)) return undefined;
    const file = this.#fileOf(digest);
    return (await statOf(file))?.isFile() ? file : undefined;
  }

  delete(digest: string, { modifiedAt }: Pick<StoredThing, 'modifiedAt'>): Promise<boolean> {
    return this.#naming.run(async () => {
      if (!DIGEST.test(digest)) return false;
      const stats = await statOf(this.#fileOf(digest));
      if (stats === undefined || Math.trunc(stats.mtimeMs) !== modifiedAt) return false;
      await rm(this.#fileOf(digest));
      return true;
    });
  }

  async list(): Promise<StoredThing[]> {
    const stored: StoredThing[] = [];
    for (const name of (await readdir(this.#directory)).sort()) {
      const digest = name.slice(0, -SUFFIX.length);
      if (!name.endsWith(SUFFIX) || !DIGEST.test(digest)) continue;
      const stats = await statOf(join(this.#directory, name));
      if (stats !== undefined) stored.push({ name: digest, bytes: stats.size, modifiedAt: Math.trunc(stats.mtimeMs) });
    }
    return stored;
  }

  async #present(digest: string): Promise<string> {
    const file = await this.path(digest);
    if (file !== undefined) return file;
    throw new ArtifactError(
      'ARTIFACT_NOT_FOUND',
      `there is no artifact ${digest.slice(0, 80)}; build or upload it again`,
    );
  }

  #fileOf(digest: string): string {
    return join(this.#directory, `${digest}${SUFFIX}`);
  }

  /** Writes beside, makes it durable, then gives it its name: a name never stands for half an archive. */
  async #store(source: AsyncIterable<Buffer>, through: Transform, maximumBytes: number): Promise<StoredArtifact> {
    const temporary = join(this.#incoming, randomUUID());
    const hash = createHash('sha256');
    const handle = await open(temporary, 'wx', 0o600);
    let bytes = 0;
    try {
      const measure = new Transform({
        transform: (chunk: Buffer, _encoding, next) => {
          bytes += chunk.length;
          hash.update(chunk);
          next(bytes > maximumBytes ? tooLarge(maximumBytes) : null, chunk);
        },
      });
      await pipeline(Readable.from(source), through, measure, (chunks: AsyncIterable<Buffer>) => write(chunks, handle));
      await handle.sync();
      await handle.close();
      const digest = `sha256-${hash.digest('hex')}`;
      // Never between a deletion's look at what is there and its end: that would take the new one.
      await this.#naming.run(() => rename(temporary, this.#fileOf(digest)));
      await syncFolder(this.#directory);
      return { digest, bytes };
    } catch (error) {
      await handle.close();
      await rm(temporary, { force: true });
      throw error;
    }
  }
}

async function write(chunks: AsyncIterable<Buffer>, handle: FileHandle): Promise<void> {
  // Goes on where the last call ended, and writes all of it.
  for await (const chunk of chunks) await handle.writeFile(chunk);
}

function tooLarge(maximumBytes: number): ArtifactError {
  return new ArtifactError(
    'ARTIFACT_TOO_LARGE',
    `the archive has more than ${maximumBytes} bytes; leave out what is not needed (an ignore file helps)`,
  );
}

/** Passes a gzip stream on and refuses everything else by its first bytes. */
function gzipOnly(): Transform {
  let head = Buffer.alloc(0);
  let known = false;
  const refusal = () => new ArtifactError('ARTIFACT_INVALID', 'the upload is no gzip-compressed tar');
  return new Transform({
    transform: (chunk: Buffer, _encoding, next) => {
      if (known) return next(null, chunk);
      head = Buffer.concat([head, chunk]);
      if (head.length < 2) return next();
      known = head[0] === 0x1f && head[1] === 0x8b;
      next(known ? null : refusal(), known ? head : undefined);
    },
    flush: (next) => next(known ? null : refusal()),
  });
}

async function statOf(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function syncFolder(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
