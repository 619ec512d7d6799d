/** Mutations as state of a component. */
import { useCallback, useRef, useState } from 'react';
import type { TypedDocument } from '../../../schema/graphql/typed-document.ts';
import { useSigned } from './context.tsx';
import { Refused } from './refused.ts';

export type Acting =
  | { readonly kind: 'idle' }
  | { readonly kind: 'acting' }
  | { readonly kind: 'done' }
  | { readonly kind: 'refused'; readonly error: Refused };

type Input<Variables> = Variables extends { readonly input: infer I } ? Omit<I, 'idempotencyKey'> : never;

/** The control plane gives an operation up after 30 s while its work goes on: with these it is waited for for five minutes. */
const TRIES = 10;

export interface ActOptions {
  /** Keep nothing of the input once it is sent: for secrets. After a lost answer it is then another request, and not the same again. */
  readonly forgets?: boolean;
}

/**
 * @param done takes the answer; throws {@link Refused} when its user errors say that nothing was done (`carriedOut`)
 * @returns the state, and a function that acts: it resolves to whether it was done. The same input asked again after a lost answer
 *   is carried out once: the key stays until an answer came.
 */
export function useAct<Result, Variables extends { readonly input: object }>(
  document: TypedDocument<Result, Variables>,
  done: (result: Result) => void,
  { forgets = false }: ActOptions = {},
): readonly [Acting, (input: Input<Variables>) => Promise<boolean>] {
  const { connection } = useSigned();
  const [acting, setActing] = useState<Acting>({ kind: 'idle' });
  const pending = useRef<{ readonly input: string; readonly key: string } | null>(null);
  const latest = useRef(done);
  latest.current = done;
  const act = useCallback(
    async (input: Input<Variables>) => {
      setActing({ kind: 'acting' });
      const text = forgets ? '' : JSON.stringify(input);
      if (forgets || pending.current?.input !== text) pending.current = { input: text, key: newKey() };
      const variables = { input: { ...input, idempotencyKey: pending.current.key } } as unknown as Variables;
      try {
        const result = await untilAnswered(() => connection.ask(document, variables));
        pending.current = null;
        latest.current(result);
        setActing({ kind: 'done' });
        return true;
      } catch (error) {
        const refused = Refused.of(error);
        if (!UNANSWERED.has(refused.code)) pending.current = null;
        setActing({ kind: 'refused', error: refused });
        return false;
      }
    },
    [connection, document, forgets],
  );
  return [acting, act];
}

/** What was asked for may have been done all the same. */
const UNANSWERED: ReadonlySet<string> = new Set(['UNREACHABLE', 'NO_ANSWER', 'TIMED_OUT']);

/** Asks again with the same key while the control plane still works on it. */
async function untilAnswered<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (error) {
      if (Refused.of(error).code !== 'TIMED_OUT' || tried === TRIES) throw error;
    }
  }
}

/** `crypto.randomUUID` is there on secure origins only. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
