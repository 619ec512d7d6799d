/** Replicas that serve, by how many requests each has: the one with the fewest is found without looking at the others. */

export class Replicas {
  readonly #concurrency: number;
  /** Replicas with so many in flight that take more. */
  readonly #levels: number[][];
  readonly #inFlight: number[] = [];
  /** Where a replica is in its level; −1: it takes no more. */
  readonly #position: number[] = [];
  readonly #free: number[] = [];
  #ready = 0;

  constructor(concurrency: number) {
    this.#concurrency = concurrency;
    this.#levels = Array.from({ length: concurrency + 1 }, () => []);
  }

  /** That take requests. */
  get ready(): number {
    return this.#ready;
  }

  /** Answers which one it is; a number of one that is gone may come again. */
  add(): number {
    const replica = this.#free.pop() ?? this.#inFlight.length;
    this.#inFlight[replica] = 0;
    this.#ready += 1;
    this.#enter(replica, 0);
    return replica;
  }

  /** Gives a request to the one with the fewest; −1: all are full. */
  take(): number {
    for (let level = 0; level < this.#concurrency; level += 1) {
      const replica = this.#levels[level]!.at(-1);
      if (replica === undefined) continue;
      this.#leave(replica, level);
      this.#inFlight[replica] = level + 1;
      this.#enter(replica, level + 1);
      return replica;
    }
    return -1;
  }

  /** A request of it has ended. */
  give(replica: number): void {
    const before = this.#inFlight[replica]!;
    this.#inFlight[replica] = before - 1;
    if (this.#position[replica]! >= 0) {
      this.#leave(replica, before);
      this.#enter(replica, before - 1);
    } else if (before === 1) this.#free.push(replica);
  }

  /** So many take no more, those with the fewest first, and are gone once what they have has ended. */
  drain(count: number): void {
    let left = Math.min(count, this.#ready);
    this.#ready -= left;
    for (let level = 0; left > 0; level += 1) {
      for (; left > 0 && this.#levels[level]!.length > 0; left -= 1) {
        const replica = this.#levels[level]!.at(-1)!;
        this.#leave(replica, level);
        this.#position[replica] = -1;
        if (level === 0) this.#free.push(replica);
      }
    }
  }

  #enter(replica: number, level: number): void {
    this.#position[replica] = this.#levels[level]!.push(replica) - 1;
  }

  #leave(replica: number, level: number): void {
    const list = this.#levels[level]!;
    const last = list.pop()!;
    if (last === replica) return;
    const position = this.#position[replica]!;
    list[position] = last;
    this.#position[last] = position;
  }
}
