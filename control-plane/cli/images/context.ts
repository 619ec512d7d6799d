/** What goes into an image: read, digested, and laid out in a folder for a builder, so that it gets that and nothing else. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, lstat, mkdir, readFile, readdir, readlink, symlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { ignoreRules } from './ignore-rules.ts';
import { ImageError } from './image-error.ts';

/** A file or a folder of this machine, and its place in the context. */
export interface ContextSource {
  /** Absolute. */
  readonly from: string;
  /** Relative to the context, with slashes; empty for the context itself. */
  readonly to: string;
}

export type ContextEntry =
  | {
      readonly kind: 'file';
      readonly path: string;
      readonly isExecutable: boolean;
      /** SHA-256, hexadecimal. */
      readonly digest: string;
      readonly from: string;
    }
  | { readonly kind: 'link'; readonly path: string; readonly target: string };

const IGNORE_FILE = '.dockerignore';
/** Of all that is laid out: else the same files would make other layers, and a newer file of the same content another image. */
const TIME = new Date('2020-01-01T00:00:00Z');

/**
 * Every file and link of the sources, by path. A `.dockerignore` at the top of a source that is the context itself is heeded.
 * Throws {@link ImageError} `CONTEXT_INVALID` for what is not there or cannot be read.
 */
export async function readContext(sources: readonly ContextSource[]): Promise<ContextEntry[]> {
  const entries: ContextEntry[] = [];
  for (const { from, to } of sources) {
    const isLeftOut = to === '' ? ignoreRules(await readIgnoreFile(from)) : () => false;
    try {
      await collect(from, to, isLeftOut, entries);
    } catch (error) {
      const { path, code, message } = error as NodeJS.ErrnoException;
      throw new ImageError('CONTEXT_INVALID', `${path ?? from} cannot be read (${code ?? message})`, { cause: error });
    }
  }
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readIgnoreFile(folder: string): Promise<string> {
  try {
    return await readFile(join(folder, IGNORE_FILE), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new ImageError('CONTEXT_INVALID', `${join(folder, IGNORE_FILE)} cannot be read`, { cause: error });
  }
}

async function collect(
  from: string,
  to: string,
  isLeftOut: (path: string) => boolean,
  entries: ContextEntry[],
): Promise<void> {
  const found = await lstat(from);
  if (found.isDirectory()) {
    // What is left out is looked into all the same: an exception may bring back something of it.
    for (const name of await readdir(from)) {
      await collect(join(from, name), to === '' ? name : `${to}/${name}`, isLeftOut, entries);
    }
    return;
  }
  if (isLeftOut(to)) return;
  if (found.isSymbolicLink()) entries.push({ kind: 'link', path: to, target: await readlink(from) });
  else if (found.isFile())
    entries.push({
      kind: 'file',
      path: to,
      isExecutable: (found.mode & 0o111) !== 0,
      digest: await digestOf(from),
      from,
    });
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Lays the entries out below `folder`, readable by everybody: an image's user is not the one who builds it. */
export async function layOut(entries: readonly ContextEntry[], folder: string): Promise<void> {
  for (const entry of entries) {
    const path = join(folder, entry.path);
    await mkdir(dirname(path), { recursive: true, mode: 0o755 });
    if (entry.kind === 'link') {
      await symlink(entry.target, path);
      continue;
    }
    await copyFile(entry.from, path);
    await chmod(path, entry.isExecutable ? 0o755 : 0o644);
    await utimes(path, TIME, TIME);
  }
}
