/** How far each followed file has been sent, kept on disk so that the next run of the agent goes on there. */
import * as z from 'zod';
import { renameSync, writeFileSync } from 'node:fs';
import { readIfPresent } from '../storage/atomic-file.ts';

const position = z.object({
  /** Which file it is: device and inode. */
  file: z.string().max(60),
  /** Bytes of it that were sent. */
  offset: z.int().min(0),
  /** The last line was cut and goes on. */
  isOpen: z.boolean(),
  /** Its first bytes, base64: another file can get the same inode. */
  head: z.string().max(2000),
});
export type Position = z.infer<typeof position>;

const stored = z.object({
  v: z.literal(1),
  /** When it was written; milliseconds since the epoch. */
  at: z.number(),
  positions: z.record(z.string().max(1000), position),
});

const MOST_FILES = 200;

/** Known when the line is read, or only when it has been sent; `undefined`: it cannot be told. */
type Place = Position | (() => Position | undefined);

interface Pending {
  readonly place: Place;
  isSettled: boolean;
}

export class Positions {
  readonly #path: string;
  readonly #onError: (error: Error) => void;
  readonly #known: Map<string, Position>;
  readonly #pending = new Map<string, Pending[]>();
  /** When the last run wrote them; 0 when there was none. */
  readonly writtenAt: number;
  #isDirty = false;

  constructor(path: string, onError: (error: Error) => void) {
    this.#path = path;
    this.#onError = onError;
    const { at, positions } = read(path, onError);
    this.writtenAt = at;
    this.#known = new Map(Object.entries(positions));
  }

  of(key: string): Position | undefined {
    return this.#known.get(key);
  }

  /** A line was read up to here; the answer is to be called when it has been sent or dropped. */
  begin(key: string, place: Place): () => void {
    const entry: Pending = { place, isSettled: false };
    const queue = this.#pending.get(key) ?? [];
    this.#pending.set(key, queue);
    queue.push(entry);
    return () => {
      entry.isSettled = true;
      this.#advance(key, queue);
    };
  }

  /** Only as far as nothing before it still waits: what was read and not sent is read again. */
  #advance(key: string, queue: Pending[]): void {
    let done = 0;
    while (queue[done]?.isSettled === true) done += 1;
    const last = queue[done - 1];
    if (last === undefined) return;
    queue.splice(0, done);
    const position = typeof last.place === 'function' ? last.place() : last.place;
    if (position === undefined) return;
    this.#known.delete(key);
    this.#known.set(key, position);
    this.#isDirty = true;
  }

  /**
   * Writes them if they have changed. Not flushed to the disk: they have to survive the end of the process, and after a power
   * cut some lines are sent twice.
   */
  save(now: number): void {
    if (!this.#isDirty) return;
    this.#isDirty = false;
    for (const key of [...this.#known.keys()].slice(0, -MOST_FILES)) this.#known.delete(key);
    const text = JSON.stringify({ v: 1, at: now, positions: Object.fromEntries(this.#known) });
    try {
      writeFileSync(`${this.#path}.new`, text, { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#isDirty = true;
      this.#onError(error as Error);
    }
  }
}

/** A record that is damaged is as good as none: the files are followed from now on. */
function read(path: string, onError: (error: Error) => void): { at: number; positions: Record<string, Position> } {
  const none = { at: 0, positions: {} };
  try {
    const text = readIfPresent(path);
    return text === undefined ? none : stored.parse(JSON.parse(text));
  } catch (error) {
    onError(error as Error);
    return none;
  }
}
