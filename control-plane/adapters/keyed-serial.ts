/** One queue a key; a queue that is empty takes no memory. */
import { Serial } from '../app/fleet/serial.ts';

export class KeyedSerial {
  readonly #queues = new Map<string, { readonly serial: Serial; pending: number }>();

  /** Runs the work after all work that was asked for under this key before. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    let queue = this.#queues.get(key);
    if (queue === undefined) this.#queues.set(key, (queue = { serial: new Serial(), pending: 0 }));
    queue.pending += 1;
    try {
      return await queue.serial.run(work);
    } finally {
      queue.pending -= 1;
      if (queue.pending === 0) this.#queues.delete(key);
    }
  }

  /** Resolves when no work is left, what is asked for meanwhile included. */
  async idle(): Promise<void> {
    while (this.#queues.size > 0) {
      const waits = [...this.#queues.keys()].map((key) => this.run(key, () => Promise.resolve()));
      await Promise.all(waits);
    }
  }
}
