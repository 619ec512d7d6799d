/**
 * A thread that has nothing to do with the database and measures how late its own event loop is: what the machine's load takes
 * from it, it takes from the thread under test too.
 */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

const PROGRAM = `
const { monitorEventLoopDelay } = require('node:perf_hooks');
const { parentPort } = require('node:worker_threads');
const loop = monitorEventLoopDelay({ resolution: 5 });
// What the thread under test does between two looks, too.
const busy = setInterval(() => undefined, 5);
parentPort.on('message', () => {
  loop.disable();
  clearInterval(busy);
  parentPort.postMessage({ percentile95: loop.percentile(95) / 1e6, max: loop.max / 1e6 });
});
loop.enable();
parentPort.postMessage('begun');
`;

/** Milliseconds. */
interface Lateness {
  readonly percentile95: number;
  readonly max: number;
}

export class Bystander implements AsyncDisposable {
  readonly #worker = new Worker(PROGRAM, { eval: true });

  /** Resolves when it measures. */
  async begin(): Promise<void> {
    await once(this.#worker, 'message');
  }

  /** Ends the measuring. */
  async end(): Promise<Lateness> {
    const answer = once(this.#worker, 'message') as Promise<[Lateness]>;
    this.#worker.postMessage('end');
    return (await answer)[0];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.terminate();
  }
}
