/**
 * Unpacks an archive (tar, compressed or not) into a new folder, strictly: what leaves the folder, is no file, folder or
 * link, or is more than was agreed ends it. tar's own parser reads; the writing is here, because nothing of a path or a link
 * is repaired, only refused.
 */
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { link, mkdir, open, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path/posix';
import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import { isTargetInside, MAX_ARCHIVE_ENTRIES, MAX_ARCHIVE_PATH_CHARACTERS } from '../../schema/agent/archive.ts';
import { Fault } from '../lifecycle/faults.ts';

function invalid(message: string): Fault {
  return new Fault('artifact-invalid', `the archive ${message}`);
}

/** A path of the archive as its components; refused when it is absolute, climbs or is too long. */
export function safeComponents(path: string): string[] {
  const components = path.split('/').filter((part) => part !== '' && part !== '.');
  if (path.startsWith('/') || components.includes('..') || path.includes('\0'))
    throw invalid(`holds the path ${JSON.stringify(path.slice(0, 200))}, which leaves its folder`);
  if (path.length > MAX_ARCHIVE_PATH_CHARACTERS) throw invalid(`holds a path of ${path.length} characters`);
  return components;
}

class TreeWriter {
  readonly #root: string;
  readonly #maximumBytes: number;
  readonly #folders = new Set<string>(['']);
  readonly #files = new Set<string>();
  #bytes = 0;
  #entries = 0;

  constructor(root: string, maximumBytes: number) {
    this.#root = root;
    this.#maximumBytes = maximumBytes;
  }

  async write(entry: ReadEntry): Promise<void> {
    this.#count(entry);
    const components = safeComponents(entry.path);
    const path = components.join('/');
    if (entry.type === 'Directory' || components.length === 0) {
      entry.resume();
      return this.#folder(components);
    }
    await this.#folder(components.slice(0, -1));
    switch (entry.type) {
      case 'File':
      case 'OldFile':
      case 'ContiguousFile':
        return this.#file(entry, path);
      case 'SymbolicLink':
        return this.#symbolicLink(entry, components);
      case 'Link':
        return this.#hardLink(entry, path);
      default:
        throw invalid(`holds ${path}, a ${entry.type}; only files, folders and links are allowed`);
    }
  }

  #count(entry: ReadEntry): void {
    this.#entries += 1;
    this.#bytes += entry.size;
    if (this.#bytes > this.#maximumBytes)
      throw new Fault('artifact-too-large', `the archive unpacks to more than ${this.#maximumBytes} bytes`);
    if (this.#entries > MAX_ARCHIVE_ENTRIES)
      throw new Fault('artifact-too-large', `the archive holds more than ${MAX_ARCHIVE_ENTRIES} entries`);
  }

  async #folder(components: readonly string[]): Promise<void> {
    for (let depth = 1; depth <= components.length; depth += 1) {
      const path = components.slice(0, depth).join('/');
      if (this.#folders.has(path)) continue;
      if (this.#files.has(path)) throw invalid(`goes through ${path}, which is no folder`);
      await mkdir(join(this.#root, path), { mode: 0o755 });
      this.#folders.add(path);
    }
  }

  #claim(path: string): string {
    if (this.#files.has(path) || this.#folders.has(path)) throw invalid(`holds ${path} twice`);
    this.#files.add(path);
    return join(this.#root, path);
  }

  async #file(entry: ReadEntry, path: string): Promise<void> {
    const isExecutable = ((entry.mode ?? 0) & 0o111) !== 0;
    const file = await open(this.#claim(path), 'wx', isExecutable ? 0o755 : 0o644);
    try {
      for await (const chunk of entry) await file.write(chunk);
      if (entry.mtime) await file.utimes(entry.mtime, entry.mtime);
    } finally {
      await file.close();
    }
  }

  async #symbolicLink(entry: ReadEntry, components: readonly string[]): Promise<void> {
    entry.resume();
    const path = components.join('/');
    const target = entry.linkpath ?? '';
    if (!isTargetInside(components, target))
      throw invalid(`holds the link ${path} to ${JSON.stringify(target.slice(0, 200))}, which leaves its folder`);
    await symlink(target, this.#claim(path));
  }

  async #hardLink(entry: ReadEntry, path: string): Promise<void> {
    entry.resume();
    const target = safeComponents(entry.linkpath ?? '').join('/');
    if (!this.#files.has(target)) throw invalid(`holds the hard link ${path} to ${target}, which is not in it`);
    await link(join(this.#root, target), this.#claim(path));
  }
}

async function feed(archive: string, parser: Parser, signal: AbortSignal): Promise<void> {
  for await (const chunk of createReadStream(archive, { signal }) as AsyncIterable<Buffer>) {
    if (!parser.write(chunk)) await once(parser, 'drain', { signal });
  }
  const ended = once(parser, 'end', { signal });
  parser.end();
  await ended;
}

/** @param into a folder that does not exist yet. Rejects with a {@link Fault}; the folder is the caller's to remove then. */
export async function unpack(archive: string, into: string, maximumBytes: number, signal: AbortSignal): Promise<void> {
  await mkdir(dirname(into), { recursive: true });
  await mkdir(into, { mode: 0o755 });
  const parser = new Parser({ strict: true });
  const writer = new TreeWriter(into, maximumBytes);
  const stop = new AbortController();
  let failure: unknown;
  const fail = (error: unknown) => {
    failure ??= error;
    stop.abort();
  };
  let written: Promise<void> = Promise.resolve();
  parser.on('error', (error: Error) => fail(invalid(`cannot be read: ${error.message}`)));
  parser.on('entry', (entry: ReadEntry) => {
    written = written.then(() => (failure ? undefined : writer.write(entry))).catch(fail);
  });
  try {
    await feed(archive, parser, AbortSignal.any([signal, stop.signal]));
  } catch (error) {
    failure ??= error;
  }
  await written;
  signal.throwIfAborted();
  if (failure) throw diskFull(failure);
}

function diskFull(error: unknown): unknown {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new Fault('artifact-disk-full', `no space to unpack the archive: ${message}`, { cause: error });
}
