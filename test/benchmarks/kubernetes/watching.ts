/** The moments at which objects were seen to be in some state, by a watch of the benchmark's own. */
import { Watch, type KubeConfig, type KubernetesObject } from '@kubernetes/client-node';

type Phase = 'ADDED' | 'MODIFIED' | 'DELETED';

const LONGEST_MILLISECONDS = 3_600_000;

interface Wanted<T> {
  readonly fits: (object: T, phase: Phase) => boolean;
  readonly found: (moment: number) => void;
}

export class Watching<T extends KubernetesObject> implements AsyncDisposable {
  readonly #wanted = new Set<Wanted<T>>();
  readonly #present = new Map<string, T>();
  #request: AbortController | undefined;
  #failure: Error | undefined;

  /** @param path of the API, such as `/api/v1/namespaces/NAME/pods` */
  static async open<T extends KubernetesObject>(config: KubeConfig, path: string): Promise<Watching<T>> {
    const watching = new Watching<T>();
    const watch = new Watch(config);
    // Nothing may happen for longer than the library waits for.
    watch.requestTimeoutMs = LONGEST_MILLISECONDS;
    watching.#request = await watch.watch(
      path,
      { allowWatchBookmarks: false },
      (phase: string, object: T) => watching.#seen(phase as Phase, object),
      (error: Error | null) => {
        watching.#failure ??= error ?? new Error(`the watch of ${path} ended`);
      },
    );
    return watching;
  }

  /** Those that are there now. */
  get present(): T[] {
    this.#mustRun();
    return [...this.#present.values()];
  }

  /** `performance.now()` of the first event from now on that fits. Rejects after the limit. */
  async next(what: string, fits: Wanted<T>['fits'], limitMilliseconds = 120_000): Promise<number> {
    let wanted: Wanted<T> | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<number>((resolve, reject) => {
        wanted = { fits, found: resolve };
        this.#wanted.add(wanted);
        timer = setTimeout(
          () => reject(new Error(`waited ${limitMilliseconds} ms in vain: ${what}`, { cause: this.#failure })),
          limitMilliseconds,
        );
      });
    } finally {
      clearTimeout(timer);
      if (wanted !== undefined) this.#wanted.delete(wanted);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#request?.abort();
  }

  #mustRun(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #seen(phase: Phase, object: T): void {
    const moment = performance.now();
    const uid = object.metadata?.uid ?? '';
    if (phase === 'DELETED') this.#present.delete(uid);
    else this.#present.set(uid, object);
    for (const { fits, found } of this.#wanted) if (fits(object, phase)) found(moment);
  }
}
