/**
 * Sees to it that our Secrets stay as they were written. They are asked for one by one, by name: a watch would need the right to see the Secrets of
 * everybody in the host cluster.
 */
import type { KubernetesObject } from '@kubernetes/client-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { Writes } from './writes.ts';

const PAUSE_MILLISECONDS = 3000;

export interface SecretCheckOptions {
  readonly writes: Pick<Writes, 'secrets' | 'isChanged' | 'knows'>;
  /** Writes it as it is to be, if it still is to be. */
  readonly restore: (secret: KubernetesObject) => Promise<void>;
  /** Somebody else had changed it (the fields), or deleted it (none); it was put back. */
  readonly onRestored: (secret: KubernetesObject, fields: readonly string[]) => void;
  readonly onProblem: (error: unknown) => void;
}

export class SecretCheck {
  readonly #options: SecretCheckOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: SecretCheckOptions) {
    this.#options = options;
  }

  open(): void {
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      await delay(PAUSE_MILLISECONDS, undefined, { signal }).catch(() => undefined);
      await this.round();
    }
  }

  /** Looks at each once. Never rejects. */
  async round(): Promise<void> {
    const { writes, restore, onRestored, onProblem } = this.#options;
    for (const secret of writes.secrets()) {
      if (this.#closing.signal.aborted) return;
      try {
        const seen = await writes.isChanged(secret);
        if (seen === undefined) continue;
        await restore(seen.secret);
        // Where it belongs to nothing any more, it went with that.
        if (writes.knows(secret)) onRestored(seen.secret, seen.fields);
      } catch (error) {
        if (!this.#closing.signal.aborted) onProblem(error);
      }
    }
  }
}
