/** Unpacks an archive that anybody may have made: read whole and judged first, written afterwards. */
import { createReadStream } from 'node:fs';
import { isAbsolute, posix } from 'node:path';
import { Transform } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser, Unpack, type ReadEntry } from 'tar';
import { MAX_ARCHIVE_ENTRIES } from '../../../schema/agent/archive.ts';
import { ArtifactError } from '../../app/errors.ts';
import { emptyFolder } from './empty-folder.ts';
import { artifactFailure } from './failure.ts';
import { staysInside } from './links.ts';

/** What an artifact may hold: more could never become one, and is refused before anything is written. */
const MAX_ENTRIES = MAX_ARCHIVE_ENTRIES;
/** Linux takes 4096 with the folder that is written to; one that is too long half way could not be removed by its path either. */
const MAX_PATH_BYTES = 3000;
/** What Linux takes for one name. */
const MAX_NAME_BYTES = 255;
const MAX_DEPTH = 100;
/** Bytes of headers and padding that one entry may take beside its content. */
const OVERHEAD_BYTES = 8192;
const FILE_TYPES = new Set(['File', 'OldFile', 'ContiguousFile']);

function invalid(path: string, why: string): ArtifactError {
  return new ArtifactError('ARTIFACT_INVALID', `the archive's entry ${JSON.stringify(path.slice(0, 200))} ${why}`);
}

/** What has been seen of an archive so far, and the first reason to refuse it. */
class Judgement {
  readonly links: string[] = [];
  failure: ArtifactError | undefined;
  #bytes = 0;
  #entries = 0;
  readonly #kinds = new Map<string, 'file' | 'folder' | 'link'>();
  readonly #maximumBytes: number;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  /** Uncompressed bytes of the archive that what was seen so far can account for. */
  get plausibleBytes(): number {
    return this.#maximumBytes + (this.#entries + 256) * OVERHEAD_BYTES;
  }

  get tooLarge(): ArtifactError {
    return new ArtifactError('ARTIFACT_TOO_LARGE', `the archive holds more than ${this.#maximumBytes} bytes`);
  }

  look(entry: ReadEntry): void {
    this.#entries += 1;
    this.#bytes += entry.size;
    this.failure ??= this.#refusal(entry);
  }

  #refusal({ path, type, linkpath }: ReadEntry): ArtifactError | undefined {
    if (this.#entries > MAX_ENTRIES)
      return new ArtifactError('ARTIFACT_TOO_LARGE', `the archive has more than ${MAX_ENTRIES} entries`);
    if (this.#bytes > this.#maximumBytes) return this.tooLarge;
    const parts = path.split('/').filter((part) => part !== '' && part !== '.');
    const badName = nameProblem(path, parts);
    if (badName !== undefined) return invalid(path, badName);
    const name = parts.join('/');
    const kind = kindOf(type);
    if (kind === undefined) return invalid(path, `is a ${type}; expected files, folders and links`);
    const before = this.#kinds.get(name);
    if (before !== undefined && !(before === 'folder' && kind === 'folder')) return invalid(path, 'is there twice');
    if (
      parts.some((_, depth) => depth > 0 && (this.#kinds.get(parts.slice(0, depth).join('/')) ?? 'folder') !== 'folder')
    )
      return invalid(path, 'lies below something that is no folder');
    this.#kinds.set(name, kind);
    if (kind === 'link') this.links.push(name);
    return type === 'File' ? undefined : this.#badTarget(path, type, linkpath);
  }

  #badTarget(path: string, type: string, linkpath: string | undefined): ArtifactError | undefined {
    if (type !== 'SymbolicLink' && type !== 'Link') return undefined;
    if (linkpath === undefined || linkpath === '' || isAbsolute(linkpath))
      return invalid(path, 'is a link that leaves the folder');
    // By its text alone; what it means through other links is looked at once all of them are there.
    if (type === 'SymbolicLink')
      return posix.join(path, '..', linkpath).startsWith('..')
        ? invalid(path, 'is a link that leads out of the folder')
        : undefined;
    const target = linkpath
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/');
    // Also says no to `..` and to links through links: only a file that came before is such a name.
    if (this.#kinds.get(target) !== 'file') return invalid(path, 'is a hard link to no file of the archive before it');
    return undefined;
  }
}

function nameProblem(path: string, parts: readonly string[]): string | undefined {
  if (isAbsolute(path) || parts.includes('..')) return 'leads out of the folder';
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || parts.length > MAX_DEPTH) return 'has too long a path';
  if (parts.some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES)) return 'has a name that is too long for a file';
  if (path.includes('\0') || path.includes('\uFFFD')) return 'has a name that is not UTF-8 text';
  return undefined;
}

function kindOf(type: string): 'file' | 'folder' | 'link' | undefined {
  if (FILE_TYPES.has(type) || type === 'Link') return 'file';
  if (type === 'Directory') return 'folder';
  return type === 'SymbolicLink' ? 'link' : undefined;
}

async function judge(file: string, maximumBytes: number): Promise<Judgement> {
  const judgement = new Judgement(maximumBytes);
  let broken: Error | undefined;
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      judgement.look(entry);
      entry.resume();
    },
  });
  parser.on('error', (error: Error) => (broken ??= error));
  const source = createReadStream(file);
  const gunzip = createGunzip();
  const flow = pipeline(source, gunzip, async (chunks: AsyncIterable<Buffer>) => {
    let total = 0;
    for await (const chunk of chunks) {
      if (total === 0 && looksCompressed(chunk)) throw invalid('', 'is compressed twice');
      total += chunk.length;
      parser.write(chunk);
      if (broken !== undefined) throw broken;
      if (judgement.failure !== undefined) throw judgement.failure;
      if (total > judgement.plausibleBytes) throw judgement.tooLarge;
    }
    parser.end();
    if (broken !== undefined) throw broken;
    if (judgement.failure !== undefined) throw judgement.failure;
  });
  await flow;
  return judgement;
}

/** The parser would unpack these by itself, past every limit here. */
function looksCompressed(chunk: Buffer): boolean {
  const start = chunk.subarray(0, 4).toString('hex');
  return start.startsWith('1f8b') || start === '28b52ffd';
}

async function write(file: string, into: string): Promise<void> {
  const unpack = new Unpack({
    cwd: into,
    strict: true,
    preserveOwner: false,
    noMtime: true,
    // The archive's word on modes counts for "executable" only: no set-user-id, nothing that its owner cannot read.
    filter: (_path, entry) => {
      if ('type' in entry)
        entry.mode = kindOf(entry.type) !== 'file' || ((entry.mode ?? 0) & 0o111) !== 0 ? 0o755 : 0o644;
      return true;
    },
  });
  const written = finished(unpack, { readable: false });
  const feed = new Transform({
    transform: (chunk: Buffer, _encoding, next) => {
      if (unpack.write(chunk)) next();
      else unpack.once('drain', () => next());
    },
    flush: (next) => {
      unpack.end();
      next();
    },
  });
  feed.resume();
  await Promise.all([written, pipeline(createReadStream(file), createGunzip(), feed)]);
}

/**
 * Unpacks a gzip-compressed tar into an empty folder. Throws `ArtifactError`: ARTIFACT_TOO_LARGE above `maximumBytes` of
 * content, ARTIFACT_INVALID for entries that leave the folder, devices, repeated names, links that leave it, damage;
 * DISK_FULL. The folder is empty again then.
 */
export async function unpackArchive(file: string, into: string, maximumBytes: number): Promise<void> {
  try {
    const { links } = await judge(file, maximumBytes);
    await write(file, into);
    for (const link of links)
      if (!(await staysInside(into, link)))
        throw invalid(link, 'is a link that leads out of the folder or in a circle');
  } catch (error) {
    await emptyFolder(into);
    throw artifactFailure(error, 'unpacking an archive');
  }
}
