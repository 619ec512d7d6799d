/**
 * The part of a log that a page holds: neighbouring entries in the order of their sequence, without a double, that grow and shrink at
 * both ends. Nothing is copied when a line comes; memory is bounded by entries and by characters.
 */
import { Chunk, type Source } from './chunk.ts';
import type { Entry } from './entry.ts';

export interface StoreBounds {
  /** Most entries, and most characters of text; whole chunks leave, so that somewhat fewer can stay. */
  readonly entries: number;
  readonly characters: number;
  readonly chunkEntries: number;
}

export const BOUNDS: StoreBounds = { entries: 100_000, characters: 64_000_000, chunkEntries: 500 };

const NO_SOURCE: Source = { alias: '', instance: '', release: null, stream: '' };

export class LogStore {
  readonly #bounds: StoreBounds;
  readonly #sources = new Map<string, Source>();
  #chunks: Chunk[] = [];
  #size = 0;
  #characters = 0;
  /** Of a row in pixels, before it is measured. */
  #estimate: (entry: Entry) => number;

  constructor(estimate: (entry: Entry) => number, bounds: StoreBounds = BOUNDS) {
    this.#estimate = estimate;
    this.#bounds = bounds;
  }

  get size(): number {
    return this.#size;
  }

  get chunks(): readonly Chunk[] {
    return this.#chunks;
  }

  get oldest(): Entry | null {
    return this.#size === 0 ? null : this.#chunks[0]!.at(0);
  }

  get newest(): Entry | null {
    const last = this.#chunks.at(-1);
    return last === undefined ? null : last.at(last.size - 1);
  }

  get isOver(): boolean {
    return this.#size > this.#bounds.entries || this.#characters > this.#bounds.characters;
  }

  /** @param index from 0, the oldest, to below {@link size} */
  at(index: number): Entry {
    const { chunk, offset } = this.locate(index);
    return chunk.at(offset);
  }

  /** The first entry with this sequence or a higher one; {@link size} when there is none. */
  indexOf(sequence: number): number {
    let before = 0;
    for (const chunk of this.#chunks) {
      if (chunk.sequenceAt(chunk.size - 1) >= sequence) {
        let [low, high] = [0, chunk.size - 1];
        while (low < high) {
          const middle = (low + high) >> 1;
          if (chunk.sequenceAt(middle) < sequence) low = middle + 1;
          else high = middle;
        }
        return before + low;
      }
      before += chunk.size;
    }
    return before;
  }

  /** At the newer end; what is there already, or belongs before it, is left out. @returns how many were taken */
  append(entries: readonly Entry[]): number {
    let last = this.newest?.sequence ?? -Infinity;
    let chunk = this.#chunks.at(-1);
    let taken = 0;
    for (const entry of entries) {
      if (entry.sequence <= last) continue;
      last = entry.sequence;
      if (chunk === undefined || chunk.isFull) this.#chunks.push((chunk = new Chunk(this.#bounds.chunkEntries)));
      this.#push(chunk, entry, this.#estimate(entry));
      taken += 1;
    }
    return taken;
  }

  /** At the older end. @param entries oldest first @returns how many were taken */
  prepend(entries: readonly Entry[]): number {
    const oldest = this.oldest?.sequence ?? Infinity;
    const fitting = entries.filter(({ sequence }) => sequence < oldest);
    if (fitting.length === 0) return 0;
    const [first] = this.#chunks;
    const rows = fitting.map((entry) => ({ entry, height: this.#estimate(entry) }));
    // So that many small pages do not become many small chunks.
    if (first !== undefined && first.size + rows.length <= this.#bounds.chunkEntries) {
      for (let index = 0; index < first.size; index += 1)
        rows.push({ entry: first.at(index), height: first.heightAt(index) });
      this.#forget(this.#chunks.shift()!);
    }
    const chunks: Chunk[] = [];
    for (const { entry, height } of rows) {
      const last = chunks.at(-1);
      const chunk = last === undefined || last.isFull ? new Chunk(this.#bounds.chunkEntries) : last;
      if (chunk !== last) chunks.push(chunk);
      this.#push(chunk, entry, height);
    }
    this.#chunks.unshift(...chunks);
    return fitting.length;
  }

  /** Lets the oldest go until it is within its bounds. @returns how many went */
  dropOldest(): number {
    return this.#drop(() => this.#chunks.shift()!);
  }

  /** Lets the newest go until it is within its bounds. @returns how many went */
  dropNewest(): number {
    return this.#drop(() => this.#chunks.pop()!);
  }

  /** Rows are of another height from now on: nothing that was measured holds. */
  measureAnew(estimate: (entry: Entry) => number): void {
    this.#estimate = estimate;
    for (const chunk of this.#chunks) {
      for (let index = 0; index < chunk.size; index += 1) chunk.setHeight(index, estimate(chunk.at(index)));
    }
  }

  locate(index: number): { readonly chunk: Chunk; readonly offset: number } {
    let offset = index;
    for (const chunk of this.#chunks) {
      if (offset < chunk.size) return { chunk, offset };
      offset -= chunk.size;
    }
    throw new RangeError(`there is no entry ${index}, only ${this.#size}`);
  }

  #drop(take: () => Chunk): number {
    const before = this.#size;
    // The last chunk stays, however long its lines are.
    while (this.isOver && this.#chunks.length > 1) this.#forget(take());
    return before - this.#size;
  }

  #push(chunk: Chunk, entry: Entry, height: number): void {
    chunk.push(entry, this.#sourceOf(entry), height);
    this.#size += 1;
    this.#characters += entry.kind === 'line' ? entry.text.length : 0;
  }

  #forget(chunk: Chunk): void {
    this.#size -= chunk.size;
    this.#characters -= chunk.characters;
  }

  #sourceOf(entry: Entry): Source {
    if (entry.kind === 'gap') return NO_SOURCE;
    const { alias, instance, release, stream } = entry;
    const key = `${alias} ${instance} ${release} ${stream}`;
    const known = this.#sources.get(key);
    if (known !== undefined) return known;
    const source = { alias, instance, release, stream };
    this.#sources.set(key, source);
    return source;
  }
}
