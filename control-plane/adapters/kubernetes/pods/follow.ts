/** Keeps a cache up to date by list and watch, over broken connections and servers that are away, until it is closed. */
import {
  makeInformer,
  type KubeConfig,
  type KubernetesListObject,
  type KubernetesObject,
} from '@kubernetes/client-node';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cache } from './cache.ts';

const FIRST_PAUSE_MILLISECONDS = 250;
const LONGEST_PAUSE_MILLISECONDS = 15_000;

export interface FollowOptions<T extends KubernetesObject> {
  readonly config: KubeConfig;
  /** Of the list, e.g. `/api/v1/pods`. */
  readonly path: string;
  readonly labelSelector: string;
  readonly list: () => Promise<KubernetesListObject<T>>;
  readonly cache: Cache<T>;
  /** Called after the cache has changed; `isGone`: the object was deleted. */
  readonly onChange: (object: T, isGone: boolean) => void;
  readonly onProblem: (error: Error) => void;
  /** Between 0 and 1; spreads those who come back. */
  readonly random: () => number;
}

export interface Following {
  close(): Promise<void>;
}

/** Resolves when the cache is complete for the first time. Rejects when the first list fails. */
export async function follow<T extends KubernetesObject>(options: FollowOptions<T>): Promise<Following> {
  const { config, path, labelSelector, list, cache, onChange, onProblem, random } = options;
  const closing = new AbortController();
  let failures = 0;
  let restarting: Promise<void> = Promise.resolve();
  const gone = (object: T): void => {
    cache.remove(object);
    onChange(object, true);
  };
  const seen = (object: T): void => {
    failures = 0;
    if (cache.put(object)) onChange(object, false);
  };
  const complete = async (): Promise<KubernetesListObject<T>> => {
    const answer = await list();
    const uids = new Set(answer.items.map(({ metadata }) => metadata?.uid ?? ''));
    for (const object of cache.keepOnly(uids)) onChange(object, true);
    return answer;
  };
  const informer = makeInformer(config, path, complete, labelSelector);
  informer.on('add', seen);
  informer.on('update', seen);
  informer.on('delete', gone);
  const again = async (): Promise<void> => {
    const longest = Math.min(LONGEST_PAUSE_MILLISECONDS, FIRST_PAUSE_MILLISECONDS * 2 ** Math.min(failures, 10));
    failures += 1;
    await delay(longest * (0.5 + random() / 2), undefined, { signal: closing.signal });
    await informer.start();
  };
  informer.on('error', (error: unknown) => {
    if (closing.signal.aborted) return;
    onProblem(error instanceof Error ? error : new Error(String(error)));
    restarting = again().catch((failure: unknown) => {
      if (!closing.signal.aborted) onProblem(failure as Error);
    });
  });
  // What comes of it is read from the answer: the informer's own start reports its first failure as it does any later one.
  for (const object of (await complete()).items) seen(object);
  await informer.start();
  return {
    async close() {
      closing.abort();
      await informer.stop();
      await restarting;
    },
  };
}
