/** The past in one step: means and largest values of each quantity in blocks, and which of it is known. */
import { add, without, type Interval, type Intervals } from './intervals.ts';

/** Points of a block. */
const BLOCK = 512;
/** Blocks that are kept; those that were used longest ago go first. */
const MOST_BLOCKS = 60;

export interface Column {
  /** NaN where nothing is known. */
  readonly mean: Float32Array;
  readonly maximum: Float32Array;
}

interface Block {
  readonly columns: Map<string, Column>;
  usedAt: number;
}

/** Points are counted in whole steps since 1970. */
export class Level {
  readonly step: number;
  /** In seconds: what has been asked for and answered, whether or not there was something. */
  covered: Intervals = [];
  readonly #blocks = new Map<number, Block>();
  #uses = 0;

  constructor(step: number) {
    this.step = step;
  }

  /** Forgets what a span of points held: it is about to be said anew. */
  clear(first: number, count: number): void {
    for (const [number, { columns }] of this.#blocks) {
      const begin = Math.max(0, first - number * BLOCK);
      const end = Math.min(BLOCK, first + count - number * BLOCK);
      if (end <= begin) continue;
      for (const { mean, maximum } of columns.values()) {
        mean.fill(Number.NaN, begin, end);
        maximum.fill(Number.NaN, begin, end);
      }
    }
  }

  set(point: number, name: string, mean: number, maximum: number): void {
    const column = this.#column(point, name);
    const index = point - Math.floor(point / BLOCK) * BLOCK;
    column.mean[index] = mean;
    column.maximum[index] = maximum;
  }

  /** One second more of a point of which `seconds` are known. */
  fold(point: number, name: string, value: number, seconds: number): void {
    const column = this.#column(point, name);
    const index = point - Math.floor(point / BLOCK) * BLOCK;
    const before = column.mean[index]!;
    const isFirst = Number.isNaN(before) || seconds <= 0;
    column.mean[index] = isFirst ? value : (before * seconds + value) / (seconds + 1);
    column.maximum[index] = isFirst ? value : Math.max(column.maximum[index]!, value);
  }

  cover(span: Interval): void {
    this.covered = add(this.covered, span);
    this.#evict();
  }

  /** Into columns of equal length, from the point `first` on; null where nothing is known. */
  read(first: number, count: number, name: string): { mean: (number | null)[]; maximum: (number | null)[] } {
    const mean = new Array<number | null>(count).fill(null);
    const maximum = new Array<number | null>(count).fill(null);
    for (let number = Math.floor(first / BLOCK); number * BLOCK < first + count; number += 1) {
      const block = this.#blocks.get(number);
      if (block === undefined) continue;
      block.usedAt = ++this.#uses;
      const column = block.columns.get(name);
      if (column === undefined) continue;
      const begin = Math.max(0, first - number * BLOCK);
      const end = Math.min(BLOCK, first + count - number * BLOCK);
      const offset = number * BLOCK - first;
      for (let index = begin; index < end; index += 1) {
        const value = column.mean[index]!;
        if (Number.isNaN(value)) continue;
        mean[index + offset] = value;
        maximum[index + offset] = column.maximum[index]!;
      }
    }
    return { mean, maximum };
  }

  #column(point: number, name: string): Column {
    const number = Math.floor(point / BLOCK);
    let block = this.#blocks.get(number);
    if (block === undefined) {
      block = { columns: new Map(), usedAt: 0 };
      this.#blocks.set(number, block);
    }
    block.usedAt = ++this.#uses;
    let column = block.columns.get(name);
    if (column === undefined) {
      column = { mean: unknown(), maximum: unknown() };
      block.columns.set(name, column);
    }
    return column;
  }

  #evict(): void {
    if (this.#blocks.size <= MOST_BLOCKS) return;
    const oldest = [...this.#blocks].sort(([, a], [, b]) => a.usedAt - b.usedAt);
    for (const [number] of oldest.slice(0, this.#blocks.size - MOST_BLOCKS)) {
      this.#blocks.delete(number);
      const from = number * BLOCK * this.step;
      this.covered = without(this.covered, { from, to: from + BLOCK * this.step });
    }
  }
}

function unknown(): Float32Array {
  return new Float32Array(BLOCK).fill(Number.NaN);
}
