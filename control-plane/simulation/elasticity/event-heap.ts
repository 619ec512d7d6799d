/** Ends of service by time: a binary heap in typed arrays, as every request passes through it. */

export interface ServiceEnd {
  readonly replica: number;
  readonly arrivedAt: number;
  /** That it was served for. */
  readonly seconds: number;
}

const FIELDS = 4;

export class EventHeap {
  /** Of each event: when, replica, arrival, seconds of service. */
  #cells = new Float64Array(1024 * FIELDS);
  #size = 0;

  /** Infinity: there is none. */
  get nextAt(): number {
    return this.#size === 0 ? Infinity : this.#cells[0]!;
  }

  push(at: number, replica: number, arrivedAt: number, seconds: number): void {
    if ((this.#size + 1) * FIELDS > this.#cells.length) this.#grow();
    const cells = this.#cells;
    let index = this.#size;
    this.#size += 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (cells[parent * FIELDS]! <= at) break;
      move(cells, parent, index);
      index = parent;
    }
    put(cells, index, at, replica, arrivedAt, seconds);
  }

  /** There must be one. */
  pop(): ServiceEnd {
    const cells = this.#cells;
    const end = { replica: cells[1]!, arrivedAt: cells[2]!, seconds: cells[3]! };
    this.#size -= 1;
    const from = this.#size * FIELDS;
    const at = cells[from]!;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= this.#size) break;
      if (child + 1 < this.#size && cells[(child + 1) * FIELDS]! < cells[child * FIELDS]!) child += 1;
      if (cells[child * FIELDS]! >= at) break;
      move(cells, child, index);
      index = child;
    }
    put(cells, index, at, cells[from + 1]!, cells[from + 2]!, cells[from + 3]!);
    return end;
  }

  #grow(): void {
    const larger = new Float64Array(this.#cells.length * 2);
    larger.set(this.#cells);
    this.#cells = larger;
  }
}

function move(cells: Float64Array, from: number, to: number): void {
  put(
    cells,
    to,
    cells[from * FIELDS]!,
    cells[from * FIELDS + 1]!,
    cells[from * FIELDS + 2]!,
    cells[from * FIELDS + 3]!,
  );
}

function put(
  cells: Float64Array,
  index: number,
  at: number,
  replica: number,
  arrivedAt: number,
  seconds: number,
): void {
  const from = index * FIELDS;
  cells[from] = at;
  cells[from + 1] = replica;
  cells[from + 2] = arrivedAt;
  cells[from + 3] = seconds;
}
