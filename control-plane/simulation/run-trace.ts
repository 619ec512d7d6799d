/** Everything that happens in a run, a line each: their digest says whether two runs were the same. */
import { createHash } from 'node:crypto';
import type { VirtualTime } from './time.ts';

const TAIL_LINES = 60;

export class RunTrace {
  readonly #time: VirtualTime;
  readonly #hash = createHash('sha256');
  readonly #tail: string[] = [];
  /** Lines so far. */
  events = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  note(line: string): void {
    this.events += 1;
    const dated = `${this.#time.now.toFixed(3)} ${line}`;
    this.#hash.update(dated).update('\n');
    if (this.#tail.push(dated) > 2 * TAIL_LINES) this.#tail.splice(0, TAIL_LINES);
  }

  /** The last lines. */
  get tail(): readonly string[] {
    return this.#tail;
  }

  /** SHA-256 (hex), once. */
  digest(): string {
    return this.#hash.digest('hex');
  }
}
