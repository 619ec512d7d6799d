/** Subscriptions as state of a component. */
import { useEffect, useRef, useState } from 'react';
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';
import { useSigned } from './context.tsx';
import type { Refused } from './refused.ts';

/** `heardAt`: when the last message came, in milliseconds of `performance.now()`. */
export type Live<State> =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'live'; readonly state: State; readonly heardAt: number }
  | { readonly kind: 'ended'; readonly state: State | null }
  | { readonly kind: 'refused'; readonly error: Refused };

export interface Follow<Result, Variables, State> {
  /** Null: nothing is followed (yet). Compared by value. */
  readonly variables: Variables | null;
  /** The state after a message. Called outside of rendering, in order, for every message. */
  readonly apply: (state: State | undefined, result: Result) => State;
  /** What is asked for when it is begun again after a lost connection; the same as at first if absent. */
  readonly resume?: (state: State, variables: Variables) => Variables;
}

/**
 * Follows a subscription as long as the component is there. However many messages come, the component is rendered once per frame at
 * most. After a lost connection it is begun again; until then the last state stays.
 */
export function useLive<Result, Variables, State>(
  document: TypedDocument<Result, Variables>,
  { variables, apply, resume }: Follow<Result, Variables, State>,
): Live<State> {
  const { connection } = useSigned();
  const [shown, setShown] = useState<Live<State>>({ kind: 'waiting' });
  const functions = useRef({ apply, resume });
  functions.current = { apply, resume };
  const key = variables === null ? null : JSON.stringify(variables);

  useEffect(() => {
    setShown({ kind: 'waiting' });
    if (key === null) return undefined;
    const asked = JSON.parse(key) as Variables;
    let state: State | undefined;
    let frame = 0;
    const show = (live: Live<State>): void => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => setShown(live));
    };
    const end = connection.watch(
      document,
      () => (state !== undefined && functions.current.resume ? functions.current.resume(state, asked) : asked),
      {
        onNext: (result) => {
          state = functions.current.apply(state, result);
          show({ kind: 'live', state, heardAt: performance.now() });
        },
        onRefused: (error) => show({ kind: 'refused', error }),
        onEnd: () => show({ kind: 'ended', state: state ?? null }),
      },
    );
    return () => {
      cancelAnimationFrame(frame);
      end();
    };
  }, [connection, document, key]);
  return shown;
}
