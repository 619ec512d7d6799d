/** Requests at a fixed rate, whatever becomes of those before: what waits is not asked less often. */
import { Pool } from 'undici';

const TICK_MILLISECONDS = 10;

export interface Sample {
  /** When it was due, in milliseconds on this process's monotonic clock. */
  readonly due: number;
  /** From then to the last byte of the answer. */
  readonly milliseconds: number;
  readonly failed: string | undefined;
}

export class OpenLoad {
  readonly samples: Sample[] = [];
  readonly #pool: Pool;
  readonly #perSecond: number;
  readonly #began = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #underWay = new Set<Promise<void>>();
  #sent = 0;

  constructor(url: string, perSecond: number) {
    this.#pool = new Pool(url, { connections: null, pipelining: 1 });
    this.#perSecond = perSecond;
    this.#timer = setInterval(() => this.#tick(), TICK_MILLISECONDS);
  }

  /** Sends nothing more; resolves when every request has ended. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#underWay);
    await this.#pool.close();
  }

  #tick(): void {
    const elapsed = (performance.now() - this.#began) / 1000;
    for (; this.#sent < elapsed * this.#perSecond; this.#sent += 1) {
      const request = this.#request(this.#began + (1000 * this.#sent) / this.#perSecond);
      this.#underWay.add(request);
      void request.then(() => this.#underWay.delete(request));
    }
  }

  async #request(due: number): Promise<void> {
    let failed: string | undefined;
    try {
      const answer = await this.#pool.request({ method: 'GET', path: '/' });
      await answer.body.dump();
      if (answer.statusCode !== 200) failed = `status ${answer.statusCode}`;
    } catch (error) {
      failed = (error as Error).message;
    }
    this.samples.push({ due, milliseconds: performance.now() - due, failed });
  }
}
