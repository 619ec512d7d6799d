/** Times as people ask for them: how long ago, with the exact one on hover. */
import { useSyncExternalStore, type ReactNode } from 'react';
import { relative } from './relative.ts';

/** One clock for the whole page, so that a thousand times cost one timer. */
const listeners = new Set<() => void>();
let now = Date.now();
let timer: ReturnType<typeof setInterval> | undefined;

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    now = Date.now();
    for (const tell of listeners) tell();
  }, 1_000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time of this machine, in milliseconds since 1970; the component is rendered again each second. */
export function useNow(): number {
  return useSyncExternalStore(listen, () => now);
}

/** "3 min ago" or "in 2 h". @param at ISO 8601 */
export function Time({ at }: { readonly at: string }): ReactNode {
  const time = new Date(at);
  // Only what is shown makes this render again: after an hour, once a minute.
  const text = useSyncExternalStore(listen, () => relative(time.getTime(), now));
  return (
    <time dateTime={at} title={exact(time)}>
      {text}
    </time>
  );
}

/** In the reader's own zone and language, with the zone. */
export function exact(time: Date): string {
  return time.toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'long' });
}
