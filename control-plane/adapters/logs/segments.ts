/**
 * The segment files of one application's log: a folder of files that are only ever appended to, each named by the first
 * sequence that it may hold. The newest is never removed without a newer one beside it, so the sequence never starts again.
 */
import { mkdir, open, readdir, rm, stat, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { LINE_FEED, sequenceOf } from './record.ts';
import { linesBackward } from './segment-file.ts';

export interface Segment {
  readonly file: string;
  /** No line of it has a lower sequence. */
  readonly first: number;
}

/** Where an opened log goes on. */
interface Resume {
  /** In order; empty for a log that is new. */
  readonly segments: readonly Segment[];
  readonly nextSequence: number;
  /** Bytes of the newest segment. */
  readonly bytes: number;
  /** The last line was unfinished: a power cut or a crash, and what it took with it nobody knows. */
  readonly isTorn: boolean;
}

/** After a torn line the sequence jumps by this much: lines that somebody may have seen are gone, and the gap says so. */
const LOST_AFTER_TEAR = 1000;

const NAME = /^(\d{16})\.log$/;

function segmentAt(directory: string, first: number): Segment {
  return { file: join(directory, `${String(first).padStart(16, '0')}.log`), first };
}

/** The segments of a folder in order; none when it is missing. Other files in it are left alone. */
async function listSegments(directory: string): Promise<Segment[]> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  return names
    .map((name) => NAME.exec(name)?.[1])
    .filter((digits) => digits !== undefined)
    .map((digits) => segmentAt(directory, Number(digits)))
    .sort((a, b) => a.first - b.first);
}

/** Finds where the log ended, and cuts a line that a crash left unfinished off the newest segment. */
export async function resume(directory: string): Promise<Resume> {
  const segments = await listSegments(directory);
  const newest = segments.at(-1);
  if (newest === undefined) return { segments: [], nextSequence: 1, bytes: 0, isTorn: false };
  const found = (await stat(newest.file)).size;
  const bytes = await wholeLines(newest.file, found);
  if (bytes < found) await truncate(newest.file, bytes);
  const last = await lastSequence(newest, bytes);
  const nextSequence = (last ?? newest.first - 1) + 1;
  const isTorn = bytes < found;
  return { segments, nextSequence: isTorn ? nextSequence + LOST_AFTER_TEAR : nextSequence, bytes, isTorn };
}

/** Makes the segment's file, empty. */
export async function createSegment(directory: string, first: number): Promise<Segment> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const segment = segmentAt(directory, first);
  await (await open(segment.file, 'a', 0o600)).close();
  return segment;
}

export async function appendTo(segment: Segment, data: string): Promise<void> {
  const handle = await open(segment.file, 'a', 0o600);
  try {
    await handle.appendFile(data);
  } finally {
    await handle.close();
  }
}

/** Cuts off what is behind so many bytes. */
export async function cutTo(segment: Segment, bytes: number): Promise<void> {
  await truncate(segment.file, bytes);
}

export async function removeSegment(segment: Segment): Promise<void> {
  await rm(segment.file, { force: true });
}

async function lastSequence(segment: Segment, bytes: number): Promise<number | undefined> {
  for await (const line of linesBackward(segment.file, bytes)) {
    const sequence = sequenceOf(line);
    if (sequence !== undefined) return sequence;
  }
  return undefined;
}

/** Bytes up to and with the last line feed. */
async function wholeLines(file: string, bytes: number): Promise<number> {
  const handle = await open(file, 'r');
  try {
    const block = Buffer.alloc(64 * 1024);
    for (let end = bytes; end > 0;) {
      const start = Math.max(0, end - block.length);
      const { bytesRead } = await handle.read(block, 0, end - start, start);
      const feed = block.subarray(0, bytesRead).lastIndexOf(LINE_FEED);
      if (feed >= 0) return start + feed + 1;
      end = start;
    }
    return 0;
  } finally {
    await handle.close();
  }
}
