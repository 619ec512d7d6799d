/** Queries as state of a component. */
import { useCallback, useEffect, useState } from 'react';
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';
import { useSigned } from './context.tsx';
import { Refused } from './refused.ts';

export type Asked<Result> =
  | { readonly kind: 'waiting' }
  | { readonly kind: 'answered'; readonly result: Result }
  | { readonly kind: 'refused'; readonly error: Refused };

const WAITING = { kind: 'waiting' } as const;

/** An answer, and the variables that it is to. */
interface Held<Result> {
  readonly key: string | null;
  readonly asked: Asked<Result>;
}

export interface AskOptions<Variables> {
  /** Null: nothing is asked (yet). Compared by value. */
  readonly variables: Variables | null;
  /** Beginnings of the types of events after which it is asked again, such as `token.`; none: never by itself. */
  readonly again?: readonly string[];
}

/**
 * Asks once, and again when `again` says so or the variables change. While it is asked again the last answer stays.
 * @returns the answer, and a function that asks again now
 */
export function useAsk<Result, Variables>(
  document: TypedDocument<Result, Variables>,
  { variables, again = [] }: AskOptions<Variables>,
): readonly [Asked<Result>, () => void] {
  const { connection, events } = useSigned();
  const [held, hold] = useState<Held<Result>>({ key: null, asked: WAITING });
  const [round, setRound] = useState(0);
  const askAgain = useCallback(() => setRound((number) => number + 1), []);
  const key = variables === null ? null : JSON.stringify(variables);
  const types = again.join(' ');

  useEffect(() => hold({ key, asked: WAITING }), [document, key]);
  useEffect(() => {
    if (key === null) return undefined;
    let isWanted = true;
    connection.ask(document, JSON.parse(key) as Variables).then(
      (result) => isWanted && hold({ key, asked: { kind: 'answered', result } }),
      (error: unknown) => isWanted && hold({ key, asked: { kind: 'refused', error: Refused.of(error) } }),
    );
    return () => {
      isWanted = false;
    };
  }, [connection, document, key, round]);
  useEffect(() => (types === '' ? undefined : events.on(types.split(' '), askAgain)), [events, types, askAgain]);
  // Not even for one rendering is an answer taken for that to another question.
  return [held.key === key ? held.asked : WAITING, askAgain];
}
