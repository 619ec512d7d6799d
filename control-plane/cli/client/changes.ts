/** Asking again when something has changed: what there is no feed of is looked at anew at each event. */
import { setTimeout as delay } from 'node:timers/promises';
import { FollowChanges, NewestEvent } from '../generated/operations.ts';
import { say } from '../io.ts';
import { ConnectionLost, NobodyListens } from './failures.ts';
import { PATIENCE_MILLISECONDS } from './follow.ts';
import { latest } from './latest.ts';
import { followSubscription, type Session } from './session.ts';

/** No two answers of one list come closer after one another. */
export const LEAST_GAP_MILLISECONDS = 1000;
const RETRY_MILLISECONDS = 1000;

/** What `load` answers now, and again after each change of anything that the caller may see; ends when `signal` aborts. */
export async function* afterChanges<T>(
  session: Session,
  load: () => Promise<T>,
  signal: AbortSignal = session.io.interrupted,
): AsyncGenerator<T, void, undefined> {
  const { client, tenant } = session;
  const newest = await client.query(NewestEvent, { tenant });
  // Before the first answer, so that nothing falls between it and the first change.
  const known = newest.events.edges.at(-1)?.node.sequence ?? 0;
  yield await load();
  const changes = latest(
    (ended) =>
      followSubscription(
        session,
        FollowChanges,
        (last) => ({ tenant, after: last === undefined ? known : sequenceOf(last.events) }),
        { signal: ended },
      ),
    { pauseMilliseconds: LEAST_GAP_MILLISECONDS, signal },
  );
  yield* answered(changes, () => patiently(session, load, signal));
}

/** What `work` answers to each item. */
export async function* answered<T, R>(
  items: AsyncIterable<T>,
  work: (item: T) => Promise<R>,
): AsyncGenerator<R, void, undefined> {
  for await (const item of items) yield await work(item);
}

type Change =
  { readonly __typename: 'Event'; readonly sequence: number } | { readonly __typename: 'Gap'; readonly next: number };

function sequenceOf(change: Change): number {
  return change.__typename === 'Gap' ? change.next - 1 : change.sequence;
}

/** What `load` answers, over broken connections, for a minute. */
export async function patiently<T>(session: Session, load: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const begun = performance.now();
  for (let tried = 1; ; tried += 1) {
    try {
      return await load();
    } catch (error) {
      const isLost = error instanceof ConnectionLost || error instanceof NobodyListens;
      if (!isLost || performance.now() - begun > PATIENCE_MILLISECONDS) throw error;
      if (tried === 1) say(session.io, `${error.message}; trying again`);
    }
    await delay(RETRY_MILLISECONDS, undefined, { signal });
  }
}
