/** Following something over broken connections. */
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectionLost } from './failures.ts';

export interface FollowOptions<T> {
  /** Opens the feed after the last item that was seen; asked again for each connection. */
  readonly open: (last: T | undefined) => AsyncIterable<T>;
  /** `itself`: the feed ends by itself, as a build does. `never`: an end means that the control plane is stopping. */
  readonly ends: 'itself' | 'never';
  readonly signal: AbortSignal;
  /** Called once for each connection that was lost. */
  readonly onLost: (error: ConnectionLost) => void;
  /** How long it tries to get a connection again, in milliseconds. */
  readonly patienceMilliseconds?: number;
}

/** How long a connection is tried to be had again unless told otherwise. */
export const PATIENCE_MILLISECONDS = 60_000;
const FIRST_PAUSE_MILLISECONDS = 100;
const LONGEST_PAUSE_MILLISECONDS = 5_000;

/** All items, connecting again with back-off when a connection is lost. Throws `ConnectionLost` when patience is over. */
export async function* follow<T>(options: FollowOptions<T>): AsyncGenerator<T, void, undefined> {
  const { open, ends, signal, onLost, patienceMilliseconds = PATIENCE_MILLISECONDS } = options;
  let last: T | undefined;
  let lostAt: number | undefined;
  let pause = FIRST_PAUSE_MILLISECONDS;
  for (;;) {
    try {
      for await (const item of open(last)) {
        lostAt = undefined;
        pause = FIRST_PAUSE_MILLISECONDS;
        last = item;
        yield item;
      }
      if (ends === 'itself') return;
      throw new ConnectionLost('the control plane ended the feed');
    } catch (error) {
      if (!(error instanceof ConnectionLost) || signal.aborted) throw error;
      const now = performance.now();
      if (lostAt === undefined) onLost(error);
      lostAt ??= now;
      if (now - lostAt > patienceMilliseconds) throw error;
    }
    await delay(pause * (0.5 + Math.random() / 2), undefined, { signal });
    pause = Math.min(pause * 2, LONGEST_PAUSE_MILLISECONDS);
  }
}
