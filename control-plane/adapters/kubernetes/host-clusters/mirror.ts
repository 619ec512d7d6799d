/**
 * Keeps a little of each object of one kind: listed in pieces, then watched. Whoever reads it drives it: a watch that has ended is
 * taken up again, and what it may have missed is listed anew, by the next reading.
 */
import { Watch, type KubeConfig } from '@kubernetes/client-node';

const PIECE = 500;

interface Listed<O> {
  readonly items: readonly O[];
  readonly metadata?: { readonly resourceVersion?: string; readonly _continue?: string };
}

interface Named {
  readonly metadata?: { readonly name?: string; readonly namespace?: string; readonly resourceVersion?: string };
}

export interface MirrorOptions<O extends Named, T> {
  readonly config: KubeConfig;
  /** Of the collection, such as `/api/v1/pods`. */
  readonly path: string;
  readonly list: (piece: { readonly limit: number; readonly _continue?: string }) => Promise<Listed<O>>;
  /** What is kept of an object; null: nothing. */
  readonly keep: (object: O) => T | null;
}

export class Mirror<O extends Named, T> {
  readonly #options: MirrorOptions<O, T>;
  readonly #kept = new Map<string, T>();
  /** Empty: nothing was listed, or too much was missed since. */
  #resourceVersion = '';
  #watching: AbortController | undefined;
  #reading: Promise<ReadonlyMap<string, T>> | undefined;
  #isClosed = false;

  constructor(options: MirrorOptions<O, T>) {
    this.#options = options;
  }

  /** What there is, by namespace and name. Rejects as the API server does. */
  read(): Promise<ReadonlyMap<string, T>> {
    this.#reading ??= this.#read().finally(() => (this.#reading = undefined));
    return this.#reading;
  }

  async #read(): Promise<ReadonlyMap<string, T>> {
    if (this.#resourceVersion === '') await this.#list();
    if (this.#watching === undefined && !this.#isClosed) await this.#watch();
    return this.#kept;
  }

  close(): void {
    this.#isClosed = true;
    this.#watching?.abort();
  }

  async #list(): Promise<void> {
    const { list, keep } = this.#options;
    const found = new Map<string, T>();
    let next: string | undefined;
    let version: string | undefined;
    do {
      const { items, metadata } = await list({ limit: PIECE, ...(next === undefined ? {} : { _continue: next }) });
      for (const item of items) {
        const kept = keep(item);
        if (kept !== null) found.set(keyOf(item), kept);
      }
      next = metadata?._continue === '' ? undefined : metadata?._continue;
      version = metadata?.resourceVersion;
    } while (next !== undefined);
    this.#kept.clear();
    for (const [key, kept] of found) this.#kept.set(key, kept);
    this.#resourceVersion = version ?? '';
  }

  /** Resolves when it has begun; its end is noticed by the next reading. */
  async #watch(): Promise<void> {
    const { config, path } = this.#options;
    const parameters = { resourceVersion: this.#resourceVersion, allowWatchBookmarks: true };
    let hasEnded = false;
    const end = (error: unknown): void => {
      hasEnded = true;
      this.#watching = undefined;
      // What it was refused for may be that its beginning is too long ago.
      if (error !== null && error !== undefined && (error as Error).name !== 'TimeoutError') this.#resourceVersion = '';
    };
    const controller = await new Watch(config).watch(
      path,
      parameters,
      (phase: string, object: O) => this.#take(phase, object),
      end,
    );
    if (hasEnded) return;
    this.#watching = controller;
    if (this.#isClosed) controller.abort();
  }

  #take(phase: string, object: O): void {
    if (phase === 'ERROR') {
      // Most often 410 Gone. The watch ends after it.
      this.#resourceVersion = '';
      return;
    }
    const key = keyOf(object);
    const kept = phase === 'ADDED' || phase === 'MODIFIED' ? this.#options.keep(object) : null;
    if (kept !== null) this.#kept.set(key, kept);
    else if (phase !== 'BOOKMARK') this.#kept.delete(key);
    if (this.#resourceVersion !== '') this.#resourceVersion = object.metadata?.resourceVersion ?? '';
  }
}

function keyOf({ metadata }: Named): string {
  const { namespace, name = '' } = metadata ?? {};
  return namespace === undefined ? name : `${namespace}/${name}`;
}
