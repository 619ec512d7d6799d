/**
 * Writes the listed files of a commit. Not by `git checkout` or `git archive`: those obey attributes and filters that the
 * repository brings along; here its bytes are the bytes.
 */
import { mkdir, open, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { SourceError } from '../../app/errors.ts';
import { staysInside } from '../artifacts/links.ts';
import type { RunningGit } from './run.ts';
import { MAX_NAME_BYTES, type TreeEntry } from './tree.ts';

const LFS_POINTER = 'version https://git-lfs.github.com/spec/';
const MAX_LFS_POINTER_BYTES = 1024;
const MAX_LINK_BYTES = 4096;

/** Reads lines and counted bytes from a stream. */
class ByteReader {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: Readable) {
    this.#chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  }

  async line(): Promise<string> {
    let end = this.#rest.indexOf(10);
    while (end < 0) {
      this.#rest = Buffer.concat([this.#rest, await this.#next()]);
      end = this.#rest.indexOf(10);
    }
    const line = this.#rest.subarray(0, end).toString('latin1');
    this.#rest = this.#rest.subarray(end + 1);
    return line;
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (this.#rest.length === 0) this.#rest = await this.#next();
      const part = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(part.length);
      left -= part.length;
      yield part;
    }
  }

  /** Reads the end of the stream; a stream that is not read to its end is never closed. */
  async end(): Promise<void> {
    const next = await this.#chunks.next();
    if (next.done !== true || this.#rest.length > 0)
      throw new SourceError('SOURCE_INVALID', 'the repository gave more than was asked for');
  }

  async #next(): Promise<Buffer> {
    const next = await this.#chunks.next();
    if (next.done === true)
      throw new SourceError('SOURCE_INVALID', 'an object of the repository is missing or damaged');
    return next.value;
  }
}

/**
 * @param git a running `git cat-file --batch`; its standard input is fed and ended here
 * @param into an empty folder
 *
 * Throws `SourceError`: GIT_UNSUPPORTED for LFS pointers, SOURCE_INVALID for links that leave the folder, names that stand in
 * each other's way, damage; DISK_FULL.
 */
export async function writeTree(git: RunningGit, entries: readonly TreeEntry[], into: string): Promise<void> {
  const requests = Readable.from(entries.map(({ object }) => `${object}\n`));
  requests.pipe(git.stdin);
  const reader = new ByteReader(git.stdout);
  const folders = new Set<string>();
  const links: { path: string; target: string }[] = [];
  try {
    for (const entry of entries) {
      await expectObject(reader, entry);
      if (entry.kind === 'link') links.push({ path: entry.path, target: await targetOf(reader, entry) });
      else {
        await makeFolder(join(into, entry.path), folders);
        await writeEntry(reader, entry, join(into, entry.path));
      }
      await reader.line();
    }
    await reader.end();
    // Last, so that nothing was written through them.
    for (const { path, target } of links) {
      await makeFolder(join(into, path), folders);
      await symlink(target, join(into, path));
    }
  } catch (error) {
    throw explained(error);
  } finally {
    requests.destroy();
  }
  for (const { path, target } of links) {
    if (await staysInside(into, path)) continue;
    throw new SourceError(
      'SOURCE_INVALID',
      `the link "${path}" leads out of the source (to ${JSON.stringify(target.slice(0, 200))}) or in a circle`,
    );
  }
}

/** `<object> SP <type> SP <size>` or `<object> SP missing`, from git-cat-file(1). */
async function expectObject(reader: ByteReader, { object, bytes, path }: TreeEntry): Promise<void> {
  const header = await reader.line();
  if (header !== `${object} blob ${bytes}`)
    throw new SourceError('SOURCE_INVALID', `the content of "${path}" is missing from the repository`);
}

async function whole(reader: ByteReader, bytes: number): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of reader.bytes(bytes)) parts.push(part);
  return Buffer.concat(parts);
}

async function targetOf(reader: ByteReader, { path, bytes }: TreeEntry): Promise<string> {
  if (bytes > MAX_LINK_BYTES)
    throw new SourceError('SOURCE_INVALID', `the link "${path}" has a target of ${bytes} bytes`);
  const target = (await whole(reader, bytes)).toString();
  const isLong = target.split('/').some((part) => Buffer.byteLength(part) > MAX_NAME_BYTES);
  if (target === '' || isLong || /[\0\uFFFD]/.test(target))
    throw new SourceError('SOURCE_INVALID', `the link "${path}" has a target that no file can have as its name`);
  return target;
}

async function makeFolder(file: string, made: Set<string>): Promise<void> {
  const folder = dirname(file);
  if (made.has(folder)) return;
  await mkdir(folder, { recursive: true });
  made.add(folder);
}

async function writeEntry(reader: ByteReader, entry: TreeEntry, file: string): Promise<void> {
  const mode = entry.kind === 'program' ? 0o755 : 0o644;
  if (entry.bytes <= MAX_LFS_POINTER_BYTES) {
    const content = await whole(reader, entry.bytes);
    if (content.toString('latin1').startsWith(LFS_POINTER))
      throw new SourceError(
        'GIT_UNSUPPORTED',
        `"${entry.path}" is kept in Git LFS, which is not supported; put the file itself into the repository`,
      );
    await writeFile(file, content, { mode, flag: 'wx' });
    return;
  }
  const handle = await open(file, 'wx', mode);
  try {
    for await (const part of reader.bytes(entry.bytes)) await handle.writeFile(part);
  } finally {
    await handle.close();
  }
}

function explained(error: unknown): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'EEXIST' || code === 'ENOTDIR' || code === 'EISDIR')
    return new SourceError('SOURCE_INVALID', 'the repository has two things of one name', { cause: error });
  if (code === 'ENAMETOOLONG')
    return new SourceError('SOURCE_INVALID', 'a name or a link of the repository is too long for files', {
      cause: error,
    });
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new SourceError('DISK_FULL', 'there is no room on the disk for the source; free some space and try again', {
      cause: error,
    });
  return error;
}
