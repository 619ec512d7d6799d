/** Several feeds as one. */

/**
 * The items of all feeds as they come. Fails when one of them does; ends with the last one. The signal that they get aborts when
 * nobody reads any more.
 */
export async function* merged<T>(
  feeds: readonly ((signal: AbortSignal) => AsyncIterable<T>)[],
  signal: AbortSignal,
): AsyncGenerator<T, void, undefined> {
  const closing = new AbortController();
  const ended = AbortSignal.any([signal, closing.signal]);
  const items: T[] = [];
  let left = feeds.length;
  let failure: { readonly error: unknown } | undefined;
  let wake = (): void => undefined;
  const reading = feeds.map(async (open) => {
    try {
      for await (const item of open(ended)) {
        items.push(item);
        wake();
      }
    } catch (error) {
      failure ??= { error };
    }
    left -= 1;
    wake();
  });
  try {
    for (;;) {
      while (items.length > 0) yield items.shift()!;
      if (failure !== undefined) throw failure.error;
      if (left === 0) return;
      await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    closing.abort();
    await Promise.all(reading);
  }
}
