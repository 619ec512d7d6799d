/**
 * What signals mean. The first SIGTERM after a drain ends the agent at once; without one it is an eviction: the application
 * serves on for the cartridge's drain time, so that load balancers can leave it. A second SIGTERM, or SIGINT, stops now; a
 * third kills.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Controller } from './controller.ts';

/** Time for the application to end after SIGTERM when nobody gave a deadline. */
const STOP_MILLISECONDS = 10_000;

export class Shutdown {
  readonly #controller: Controller;
  readonly #drainSeconds: number;
  readonly #onTerminated: () => void;
  readonly #hurry = new AbortController();
  #count = 0;
  #isEnding = false;

  /** @param drainSeconds how long an evicted instance serves on */
  constructor(controller: Controller, drainSeconds: number, onTerminated: () => void) {
    this.#controller = controller;
    this.#drainSeconds = drainSeconds;
    this.#onTerminated = onTerminated;
  }

  get isRequested(): boolean {
    return this.#count > 0;
  }

  /** Never rejects. */
  signal(name: 'SIGTERM' | 'SIGINT'): void {
    this.#count += name === 'SIGINT' && this.#count === 0 ? 2 : 1;
    if (this.#count >= 2) this.#hurry.abort();
    if (this.#count >= 3) void this.#controller.drain(0);
    if (!this.#isEnding) void this.#end();
  }

  async #end(): Promise<void> {
    this.#isEnding = true;
    if (!this.#controller.isDraining && this.#controller.isServing) await this.#serveOn();
    await this.#controller.drain(STOP_MILLISECONDS);
    this.#controller.terminated();
    this.#onTerminated();
  }

  async #serveOn(): Promise<void> {
    const { signal } = this.#hurry;
    if (signal.aborted) return;
    this.#controller.leaveService(`asked to stop from outside; serves on for ${this.#drainSeconds} s`);
    const cut = AbortSignal.any([signal, this.#controller.draining]);
    await delay(this.#drainSeconds * 1000, undefined, { signal: cut }).catch((error: unknown) => {
      if (!cut.aborted) throw error;
    });
  }
}
