/** The states of several service clusters at once, each over its own subscription, while they come and go. */
import { EXIT, CliError } from '../exit.ts';
import type { ServiceClusterRef } from '../generated/operations.ts';
import { say } from '../io.ts';
import { afterChanges } from './changes.ts';
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';
import { latest, type LatestOptions } from './latest.ts';
import { followSubscription, type Session } from './session.ts';

/** More subscriptions than this are not held at once: a token may have 200, and others may want some. */
export const MOST_LIVE = 50;

interface Variables {
  readonly ref: ServiceClusterRef;
}

/**
 * What every subscription said last, in the order of `refs`, each time that one says something new, but no two within
 * `pauseMilliseconds`. `refs` is asked again after each change of anything. Of more than {@link MOST_LIVE} service clusters the
 * first are followed, and the person is told.
 */
export async function* eachLive<Result>(
  session: Session,
  document: TypedDocument<Result, Variables>,
  refs: () => Promise<readonly ServiceClusterRef[]>,
  options: LatestOptions,
): AsyncGenerator<readonly Result[], void, undefined> {
  yield* latest((signal) => states(session, document, refs, signal), options);
}

/** One service cluster that is followed. */
interface Followed<Result> {
  readonly ref: ServiceClusterRef;
  readonly closing: AbortController;
  newest: Result | undefined;
  isGone: boolean;
}

async function* states<Result>(
  session: Session,
  document: TypedDocument<Result, Variables>,
  refs: () => Promise<readonly ServiceClusterRef[]>,
  signal: AbortSignal,
): AsyncGenerator<readonly Result[], void, undefined> {
  const followed = new Map<string, Followed<Result>>();
  const work = new Set<Promise<void>>();
  const closing = new AbortController();
  const ended = AbortSignal.any([signal, closing.signal]);
  let failure: { readonly error: unknown } | undefined;
  let isChanged = false;
  let wake = (): void => undefined;
  const changed = (): void => {
    isChanged = true;
    wake();
  };
  const fail = (error: unknown): void => {
    failure ??= { error };
    changed();
  };
  const begin = (running: Promise<void>): void => {
    const done = running.catch(fail).finally(() => work.delete(done));
    work.add(done);
  };
  const open = (ref: ServiceClusterRef): Followed<Result> => {
    const one: Followed<Result> = { ref, closing: new AbortController(), newest: undefined, isGone: false };
    begin(followOne(session, document, one, AbortSignal.any([ended, one.closing.signal]), changed));
    return one;
  };
  begin(
    (async () => {
      let isTold = false;
      for await (const all of afterChanges(session, refs, ended)) {
        if (all.length > MOST_LIVE && !isTold) say(session.io, tooMany(all.length));
        isTold ||= all.length > MOST_LIVE;
        replace(followed, all.slice(0, MOST_LIVE), open);
        changed();
      }
    })(),
  );
  try {
    for (;;) {
      if (!isChanged) await new Promise<void>((resolve) => (wake = resolve));
      isChanged = false;
      if (failure !== undefined) throw failure.error;
      const there = [...followed.values()].filter(({ isGone }) => !isGone);
      const known = there.flatMap(({ newest }) => newest ?? []);
      // Before each of them has said something it would look as if the others were not there.
      if (known.length === there.length) yield known;
    }
  } finally {
    closing.abort();
    await Promise.all(work);
  }
}

function tooMany(count: number): string {
  return `there are ${count} service clusters; the first ${MOST_LIVE} are followed: name one, or an application`;
}

async function followOne<Result>(
  session: Session,
  document: TypedDocument<Result, Variables>,
  one: Followed<Result>,
  signal: AbortSignal,
  changed: () => void,
): Promise<void> {
  try {
    for await (const state of followSubscription(session, document, () => ({ ref: one.ref }), {
      signal,
      isQuiet: true,
    })) {
      one.newest = state;
      changed();
    }
  } catch (error) {
    if (one.closing.signal.aborted) return;
    // It went before the list of those that there are was asked for again.
    if (!(error instanceof CliError) || error.exit !== EXIT.notFound) throw error;
    one.isGone = true;
    changed();
  }
}

/** Goes on with those that are still there, in the new order; the others are closed. */
function replace<Result>(
  followed: Map<string, Followed<Result>>,
  refs: readonly ServiceClusterRef[],
  open: (ref: ServiceClusterRef) => Followed<Result>,
): void {
  const before = new Map(followed);
  followed.clear();
  for (const ref of refs) {
    const key = `${ref.application}/${ref.alias}`;
    const present = before.get(key);
    followed.set(key, present === undefined || present.isGone ? open(ref) : present);
    before.delete(key);
  }
  for (const { closing } of before.values()) closing.abort();
}
