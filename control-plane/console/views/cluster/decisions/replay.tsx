/** Computes a decision again from its inputs, and says whether it is the same. */
import { useState, type ReactNode } from 'react';
import { Foreign } from '../../../components/foreign.tsx';
import { RefusedNote } from '../../../components/notes.tsx';
import { ClusterReplayDecision, type ClusterReplayDecisionQuery } from '../../../generated/operations.ts';
import { useSigned } from '../../../live/context.tsx';
import { Refused } from '../../../live/refused.ts';

type Replayed =
  | { readonly kind: 'idle' | 'replaying' }
  | { readonly kind: 'replayed'; readonly result: ClusterReplayDecisionQuery['replayDecision'] }
  | { readonly kind: 'refused'; readonly error: Refused };

/** @param isKept its inputs are kept: those of actions, and of the last of a run, are */
export function Replay({ uid, isKept }: { readonly uid: string; readonly isKept: boolean }): ReactNode {
  const { connection } = useSigned();
  const [state, setState] = useState<Replayed>({ kind: 'idle' });
  if (!isKept)
    return (
      <p className="quiet">Its inputs are not kept: those of actions, and of the last of equal non-actions, are.</p>
    );
  const replay = (): void => {
    setState({ kind: 'replaying' });
    connection.ask(ClusterReplayDecision, { uid }).then(
      ({ replayDecision }) => setState({ kind: 'replayed', result: replayDecision }),
      (error: unknown) => setState({ kind: 'refused', error: Refused.of(error) }),
    );
  };
  return (
    <div role="status">
      <button type="button" disabled={state.kind === 'replaying'} onClick={replay}>
        Compute it again
      </button>{' '}
      {state.kind === 'replayed' ? <Verdict {...state.result} /> : null}
      {state.kind === 'refused' ? <RefusedNote error={state.error} /> : null}
    </div>
  );
}

function Verdict({ same, sentence, difference }: ClusterReplayDecisionQuery['replayDecision']): ReactNode {
  if (same) return <span className="word good">the same again, to the bit</span>;
  return (
    <p className="note bad">
      <strong>Computed again it is different.</strong> <Foreign text={difference ?? 'No difference is named.'} /> Now:{' '}
      <Foreign text={sentence} />
    </p>
  );
}
