/** The moments at which objects were seen to be in some state, by a watch of the benchmark's own. */
import { Watch, type KubeConfig, type KubernetesObject } from '@kubernetes/client-node';

type Phase = 'ADDED' | 'MODIFIED' | 'DELETED' | 'ERROR';

interface Wanted<T> {
  readonly fits: (object: T, phase: Phase) => boolean;
  readonly found: (moment: number) => void;
}

export class Watching<T extends KubernetesObject> implements AsyncDisposable {
  readonly #wanted = new Set<Wanted<T>>();
  readonly #present = new Map<string, T>();
  #request: AbortController | undefined;
  /** Any state that the server has is enough to begin with: without one it asks its etcd for the newest, which an old one cannot tell. */
  #version = '0';
  #isClosed = false;
  #failure: Error | undefined;

  /** @param path of the API, such as `/api/v1/namespaces/NAME/pods` */
  static async open<T extends KubernetesObject>(config: KubeConfig, path: string): Promise<Watching<T>> {
    const watching = new Watching<T>();
    await watching.#watch(config, path);
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
    this.#isClosed = true;
    this.#request?.abort();
  }

  /** Goes on from what was seen last, for the library ends what was quiet for half a minute. */
  async #watch(config: KubeConfig, path: string): Promise<void> {
    const request = await new Watch(config).watch(
      path,
      { allowWatchBookmarks: false, resourceVersion: this.#version },
      (phase: string, object: T) => this.#seen(phase as Phase, object),
      (error: Error | null) => {
        if (this.#isClosed) return;
        if (error !== null && error.name !== 'TimeoutError') this.#failure ??= error;
        else this.#watch(config, path).catch((failure: Error) => (this.#failure ??= failure));
      },
    );
    if (this.#isClosed) request.abort();
    else this.#request = request;
  }

  #mustRun(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  #seen(phase: Phase, object: T): void {
    const moment = performance.now();
    // Such as a version that is forgotten: what went by meanwhile is lost.
    if (phase === 'ERROR') return void (this.#failure ??= new Error(JSON.stringify(object)));
    const { uid = '', resourceVersion } = object.metadata ?? {};
    if (resourceVersion !== undefined) this.#version = resourceVersion;
    if (phase === 'DELETED') this.#present.delete(uid);
    else this.#present.set(uid, object);
    for (const { fits, found } of this.#wanted) if (fits(object, phase)) found(moment);
  }
}
