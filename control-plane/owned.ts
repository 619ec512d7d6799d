import type { Logger } from 'pino';

/** What has to be closed, in the reverse order of its making. */
export class Owned {
  readonly #closers: { name: string; close: () => Promise<unknown> }[] = [];

  add<T extends { close(): Promise<unknown> }>(name: string, owned: T): T {
    this.#closers.push({ name, close: () => owned.close() });
    return owned;
  }

  async close(logger: Logger): Promise<void> {
    for (const { name, close } of this.#closers.splice(0).reverse()) {
      try {
        await close();
      } catch (error) {
        logger.error({ error, part: name }, 'a part did not close cleanly');
      }
    }
  }
}
