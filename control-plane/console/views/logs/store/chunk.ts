/** Some hundred neighbouring entries in columns: few objects for the collector of garbage, and whole chunks come and go at the ends. */
import { LEVELS, type Entry, type Gap, type Line } from './entry.ts';

const NO_LEVEL = LEVELS.length;
const GAP = LEVELS.length + 1;

/** What many lines have in common, kept once. */
export type Source = Pick<Line, 'alias' | 'instance' | 'release' | 'stream'>;

export class Chunk {
  readonly #sequences: Float64Array;
  readonly #times: Float64Array;
  /** A level, none, or that it is a gap. */
  readonly #levels: Uint8Array;
  readonly #sources: Source[] = [];
  readonly #texts: string[] = [];
  readonly #gaps = new Map<number, Gap>();
  readonly #heights: Float32Array;
  #size = 0;
  #characters = 0;
  #height = 0;

  constructor(capacity: number) {
    this.#sequences = new Float64Array(capacity);
    this.#times = new Float64Array(capacity);
    this.#levels = new Uint8Array(capacity);
    this.#heights = new Float32Array(capacity);
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === this.#sequences.length;
  }

  /** Characters of all texts together. */
  get characters(): number {
    return this.#characters;
  }

  /** Of all rows together, in pixels. */
  get height(): number {
    return this.#height;
  }

  /** Only while it {@link isFull | is not full}. @param height of its row, as far as is known, in pixels */
  push(entry: Entry, source: Source, height: number): void {
    const index = this.#size;
    this.#size += 1;
    this.#sequences[index] = entry.sequence;
    this.#times[index] = entry.at ?? NaN;
    this.#sources.push(source);
    if (entry.kind === 'gap') {
      this.#levels[index] = GAP;
      this.#texts.push('');
      this.#gaps.set(index, entry);
    } else {
      this.#levels[index] = entry.level === null ? NO_LEVEL : LEVELS.indexOf(entry.level);
      this.#texts.push(entry.text);
      this.#characters += entry.text.length;
    }
    this.#heights[index] = height;
    this.#height += this.#heights[index];
  }

  at(index: number): Entry {
    const level = this.#levels[index]!;
    if (level === GAP) return this.#gaps.get(index)!;
    return {
      kind: 'line',
      sequence: this.#sequences[index]!,
      at: this.#times[index]!,
      level: LEVELS[level] ?? null,
      ...this.#sources[index]!,
      text: this.#texts[index]!,
    };
  }

  sequenceAt(index: number): number {
    return this.#sequences[index]!;
  }

  heightAt(index: number): number {
    return this.#heights[index]!;
  }

  /** @returns how much higher it has become, in pixels */
  setHeight(index: number, height: number): number {
    const before = this.#heights[index]!;
    this.#heights[index] = height;
    const grown = this.#heights[index] - before;
    this.#height += grown;
    return grown;
  }
}
