/** What a page's main thread has worked, and the JavaScript that it keeps, as the browser's debugger counts them. */
import type { CDPSession, Page } from 'playwright-core';

export class MainThread {
  readonly #inspector: CDPSession;

  private constructor(inspector: CDPSession) {
    this.#inspector = inspector;
  }

  static async of(page: Page): Promise<MainThread> {
    const inspector = await page.context().newCDPSession(page);
    // What the thread has worked, and not how long it had to wait for a processor of a busy machine.
    await inspector.send('Performance.enable', { timeDomain: 'threadTicks' });
    return new MainThread(inspector);
  }

  /** Milliseconds of work since the page was made. */
  async workedMilliseconds(): Promise<number> {
    return 1_000 * (await this.#metric('TaskDuration'));
  }

  /** How much of the time that something takes it has worked, in per cent. */
  async share(act: () => Promise<void>): Promise<number> {
    const before = await this.workedMilliseconds();
    const began = performance.now();
    await act();
    const passed = performance.now() - began;
    return (100 * ((await this.workedMilliseconds()) - before)) / passed;
  }

  /** Bytes of JavaScript that are in use once what nobody needs is collected. */
  async heapBytes(): Promise<number> {
    await this.#inspector.send('HeapProfiler.collectGarbage');
    return this.#metric('JSHeapUsedSize');
  }

  /** From now on everything takes this many times as long. 1: as the machine is. */
  async slowDown(rate: number): Promise<void> {
    await this.#inspector.send('Emulation.setCPUThrottlingRate', { rate });
  }

  async #metric(wanted: string): Promise<number> {
    const { metrics } = await this.#inspector.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === wanted)?.value ?? Number.NaN;
  }
}
