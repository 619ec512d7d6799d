/** Reading segment files in blocks, forwards and backwards, so that no read holds the event loop or the memory. */
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { LINE_FEED } from './record.ts';

const BLOCK_BYTES = 128 * 1024;

interface LineAt {
  readonly line: Buffer;
  /** Byte behind the line: where the next one begins. */
  readonly end: number;
}

/** Whole lines from byte `from` up to byte `to`. A file that was removed has none. */
export async function* linesForward(file: string, from: number, to: number): AsyncGenerator<LineAt> {
  const handle = await openIfThere(file);
  if (handle === undefined) return;
  try {
    let carried: Buffer = Buffer.alloc(0);
    let position = from;
    while (position < to) {
      const block = await readBlock(handle, position, Math.min(BLOCK_BYTES, to - position));
      if (block.length === 0) return;
      const data = carried.length === 0 ? block : Buffer.concat([carried, block]);
      const base = position - carried.length;
      position += block.length;
      let start = 0;
      for (let feed = data.indexOf(LINE_FEED); feed >= 0; feed = data.indexOf(LINE_FEED, start)) {
        yield { line: data.subarray(start, feed), end: base + feed + 1 };
        start = feed + 1;
      }
      carried = data.subarray(start);
    }
  } finally {
    await handle.close();
  }
}

/** Whole lines before byte `to` (absent: the file's end), the last one first. */
export async function* linesBackward(file: string, to?: number): AsyncGenerator<Buffer> {
  const handle = await openIfThere(file);
  if (handle === undefined) return;
  try {
    let carried: Buffer = Buffer.alloc(0);
    let position = to ?? (await handle.stat()).size;
    let isTail = true;
    while (position > 0) {
      const length = Math.min(BLOCK_BYTES, position);
      position -= length;
      const data = Buffer.concat([await readBlock(handle, position, length), carried]);
      const pieces = splitLines(data);
      // The first piece may have begun in the block before; what follows the last line feed is no whole line.
      carried = pieces.shift() ?? Buffer.alloc(0);
      if (isTail && pieces.length > 0) {
        pieces.pop();
        isTail = false;
      } else if (isTail) continue;
      for (const piece of pieces.reverse()) yield piece;
    }
    if (!isTail) yield carried;
  } finally {
    await handle.close();
  }
}

function splitLines(data: Buffer): Buffer[] {
  const pieces: Buffer[] = [];
  let start = 0;
  for (let feed = data.indexOf(LINE_FEED); feed >= 0; feed = data.indexOf(LINE_FEED, start)) {
    pieces.push(data.subarray(start, feed));
    start = feed + 1;
  }
  pieces.push(data.subarray(start));
  return pieces;
}

async function readBlock(handle: FileHandle, position: number, length: number): Promise<Buffer> {
  const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
