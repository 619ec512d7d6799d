/** Feeds of states, read by somebody who needs only the newest. */
import { setTimeout as delay } from 'node:timers/promises';

export interface LatestOptions {
  /** Between two items, at least. */
  readonly pauseMilliseconds: number;
  readonly signal: AbortSignal;
}

/**
 * The newest item of a feed each time that one is asked for; what came meanwhile is passed over. Ends and fails as the feed does,
 * after its last item. `open` is called once; the signal that it gets aborts when nobody reads any more.
 */
export async function* latest<T>(
  open: (signal: AbortSignal) => AsyncIterable<T>,
  { pauseMilliseconds, signal }: LatestOptions,
): AsyncGenerator<T, void, undefined> {
  const closing = new AbortController();
  let newest: { readonly item: T } | undefined;
  let end: { readonly error?: unknown } | undefined;
  let wake = (): void => undefined;
  const reading = (async () => {
    try {
      for await (const item of open(AbortSignal.any([signal, closing.signal]))) {
        newest = { item };
        wake();
      }
      end = {};
    } catch (error) {
      end = { error };
    }
    wake();
  })();
  try {
    for (;;) {
      const taken = newest;
      newest = undefined;
      if (taken !== undefined) {
        yield taken.item;
        await delay(pauseMilliseconds, undefined, { signal });
      } else if (end !== undefined) {
        if ('error' in end) throw end.error;
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    closing.abort();
    await reading;
  }
}
