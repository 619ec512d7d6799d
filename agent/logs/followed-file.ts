/**
 * One file that an application writes, followed by its path: through rotation by renaming, through copying and emptying,
 * through deletion, and over a restart of the agent. Nothing is read twice; what was rotated away unseen is looked for beside it.
 */
import { statSync } from 'node:fs';
import { readdir, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { FileTail, fileOf, headOf, START, startAlike, type LineSink } from './file-tail.ts';
import { openInside } from './open-inside.ts';
import type { Position } from './positions.ts';

export interface FollowedFileOptions {
  /** Absolute; the file has to lie below it. */
  readonly root: string;
  /** Relative to the root. */
  readonly path: string;
  readonly sink: LineSink;
  /** Where an earlier run ended, and when that was noted; milliseconds since the epoch. */
  readonly saved?: { readonly position: Position; readonly at: number };
  /** Bytes that it may be behind; what is further behind is not waited for. */
  readonly mostBehind?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const MOST_BEHIND_BYTES = 16 * 1024 * 1024;
/** A writer may write to a file for a while after it was renamed. */
const LINGER_MILLISECONDS = 5000;
/** Times of files are coarser than the clock. */
const SLACK_MILLISECONDS = 2000;
const MOST_REMEMBERED = 50;
const MOST_WAITING_FILES = 4;
const COMPRESSED = /\.(gz|bz2|xz|zst|lz4|zip)$/;

interface Beside {
  readonly name: string;
  readonly handle: FileHandle;
  readonly file: string;
  readonly head: Buffer;
  readonly size: number;
  readonly changedAt: number;
}

export class FollowedFile {
  readonly #options: FollowedFileOptions;
  readonly #now: () => number;
  readonly #mostBehind: number;
  /** What is rotated and not read to its end, oldest first; the last one is the file at the path, while it is there. */
  #tails: FileTail[] = [];
  /** Beginnings of what was read: copies of it are not read again. */
  #heads: Buffer[] = [];
  /** What stood in the file before: of the artifact, or of before it was declared. Without a position it is not read. */
  readonly #foundBytes: number;
  #isFirst = true;
  #checkedAt = 0;
  #polling: Promise<void> | undefined;

  constructor(options: FollowedFileOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#mostBehind = options.mostBehind ?? MOST_BEHIND_BYTES;
    // At once: the application may write before the first look.
    this.#foundBytes = sizeOf(join(options.root, options.path));
  }

  /** Looks for what is new and hands on as much as there is room for. Calls that come meanwhile wait for the same look. */
  poll(): Promise<void> {
    this.#polling ??= this.#poll().finally(() => (this.#polling = undefined));
    return this.#polling;
  }

  /** @param isOver the application has ended: an unfinished line is a line */
  async close(isOver: boolean): Promise<void> {
    await this.#polling?.catch(() => undefined);
    for (const tail of this.#tails.splice(0)) await tail.close(isOver);
  }

  async #poll(): Promise<void> {
    const startedAt = this.#now();
    if (this.#isFirst) await this.#begin();
    else await this.#look(this.#tails.at(-1));
    this.#checkedAt = startedAt;
    await this.#read();
    await this.#forgetQuiet();
  }

  /** Reads the files in order, each to its end before the next. Behind by several files, it does not wait for room. */
  async #read(): Promise<void> {
    for (const [index, tail] of this.#tails.entries()) {
      const isFarBehind = this.#tails.length - index > MOST_WAITING_FILES;
      if (!(await tail.read(isFarBehind ? 0 : this.#mostBehind))) return;
    }
  }

  async #begin(): Promise<void> {
    const { saved } = this.#options;
    const handle = await this.#open(this.#options.path);
    this.#isFirst = false;
    if (saved === undefined) {
      if (handle !== undefined) await this.#add(handle, Math.min(this.#foundBytes, (await handle.stat()).size));
      return;
    }
    this.#checkedAt = saved.at;
    const head = Buffer.from(saved.position.head, 'base64');
    if (handle !== undefined && (await isAt(handle, saved.position, head))) {
      this.#tails.push(await FileTail.of(handle, this.#options.sink, { from: saved.position }));
      return;
    }
    // It was rotated while nobody looked.
    for (const beside of await this.#beside()) {
      const isIt = beside.size >= saved.position.offset && isLike(beside, saved.position, head);
      if (isIt) this.#tails.unshift(await FileTail.of(beside.handle, this.#options.sink, { from: saved.position }));
      else if (this.#isUnseen(beside) && !startAlike(beside.head, head)) await this.#add(beside.handle, 0);
      else await beside.handle.close();
    }
    this.#remember(head);
    if (handle !== undefined) await this.#add(handle, 0);
  }

  /** Whether the file at the path still is the one that is read. */
  async #look(current: FileTail | undefined): Promise<void> {
    const handle = await this.#open(this.#options.path);
    if (handle === undefined) return;
    if (current !== undefined && (await fileOf(handle)) === current.file) {
      await handle.close();
      if (await current.isTruncated()) await this.#emptied(current);
      return;
    }
    const next = await FileTail.of(handle, this.#options.sink, { from: START });
    for (const beside of await this.#beside()) {
      if (beside.file !== next.file && this.#isUnseen(beside)) await this.#add(beside.handle, 0);
      else await beside.handle.close();
    }
    this.#tails.push(next);
  }

  /** Copied and emptied: what was written last stands in the copy, if there is one. */
  async #emptied(current: FileTail): Promise<void> {
    this.#remember(current.head);
    const copies = (await this.#beside()).reverse();
    const copy = copies.find(({ head, size }) => size >= current.offset && startAlike(head, current.head));
    for (const other of copies) if (other !== copy) await other.handle.close();
    if (copy === undefined) return current.restart();
    const rest = await current.continueIn(copy.handle);
    this.#tails.splice(-1, 0, rest);
  }

  async #add(handle: FileHandle, offset: number): Promise<void> {
    this.#tails.push(await FileTail.of(handle, this.#options.sink, { from: { offset, isOpen: false } }));
  }

  /** Rotated since the last look, and nothing that was read. */
  #isUnseen({ file, head, changedAt }: Beside): boolean {
    if (changedAt < this.#checkedAt - SLACK_MILLISECONDS) return false;
    const isKnown = this.#tails.some((tail) => tail.file === file || startAlike(tail.head, head));
    return !isKnown && !this.#heads.some((known) => startAlike(known, head));
  }

  /** Files that rotation makes of this one (`NAME.1`, `NAME-2026…`), oldest change first. The handles are the caller's. */
  async #beside(): Promise<Beside[]> {
    const { root, path } = this.#options;
    const [folder, name] = [dirname(path), basename(path)];
    const names = (await readdir(join(root, folder))).filter(
      (other) => (other.startsWith(`${name}.`) || other.startsWith(`${name}-`)) && !COMPRESSED.test(other),
    );
    const found: Beside[] = [];
    for (const other of names.slice(0, MOST_REMEMBERED)) {
      const handle = await this.#open(join(folder, other)).catch(() => undefined);
      if (handle === undefined) continue;
      const { size, mtimeMs } = await handle.stat();
      found.push({
        name: other,
        handle,
        file: await fileOf(handle),
        head: await headOf(handle),
        size,
        changedAt: mtimeMs,
      });
    }
    return found.sort(byAge);
  }

  #open(path: string): Promise<FileHandle | undefined> {
    return openInside(this.#options.root, path);
  }

  #remember(head: Buffer): void {
    this.#heads = [...this.#heads, head].slice(-MOST_REMEMBERED);
  }

  /** Lets go of what was rotated and is read to its end. */
  async #forgetQuiet(): Promise<void> {
    for (const tail of this.#tails.slice(0, -1)) {
      if (tail.quietMilliseconds < LINGER_MILLISECONDS) continue;
      this.#tails = this.#tails.filter((other) => other !== tail);
      this.#remember(tail.head);
      await tail.close(true);
    }
  }
}

/** 0 where there is nothing, or nothing that can be looked at: the first look says what is wrong with it. */
function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch {
    return 0;
  }
}

/** By the last change; of those changed within one tick of the clock, `NAME.2` is older than `NAME.1`, and others are named by time. */
function byAge(a: Beside, b: Beside): number {
  const numbers = [a, b].map(({ name }) => Number(/\.(\d{1,4})$/.exec(name)?.[1] ?? Number.NaN));
  const [first = 0, second = 0] = numbers;
  const byName = numbers.some(Number.isNaN) ? (a.name < b.name ? -1 : 1) : second - first;
  return a.changedAt - b.changedAt || byName;
}

async function isAt(handle: FileHandle, { file, offset }: Position, head: Buffer): Promise<boolean> {
  const { size } = await handle.stat();
  if ((await fileOf(handle)) !== file || size < offset) return false;
  return head.length === 0 || startAlike(await headOf(handle), head);
}

function isLike(beside: Beside, { file }: Position, head: Buffer): boolean {
  return startAlike(beside.head, head) || (head.length === 0 && beside.file === file);
}
