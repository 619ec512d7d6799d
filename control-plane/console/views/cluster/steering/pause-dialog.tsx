/** Pauses scaling, with a reason. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { Dialog } from '../../../components/dialog.tsx';
import { DialogActions } from '../../../components/dialog-actions.tsx';
import { RefusedNote } from '../../../components/notes.tsx';
import { SteerPause } from '../../../generated/operations.ts';
import { useAct } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import type { DialogOf } from './dialog-of.ts';
import { Effect, usePreview } from './effect.tsx';
import { ReasonField } from './reason-field.tsx';

export function PauseDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const [reason, setReason] = useState('');
  const preview = usePreview(clusterRef, { action: 'PAUSE' });
  const [acting, pause] = useAct(SteerPause, ({ pause: payload }) => void carriedOut(payload));
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const { generation } = snapshot.serviceCluster;
    if (await pause({ ref: clusterRef, reason: reason.trim(), expectedGeneration: generation })) onClose();
  };
  return (
    <Dialog title={`Pause the scaling of ${clusterRef.alias}`} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        <ReasonField value={reason} onChange={setReason} />
        <Effect asked={preview} />
        {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
        <DialogActions onClose={onClose} verb="Pause" isDisabled={acting.kind === 'acting' || reason.trim() === ''} />
      </form>
    </Dialog>
  );
}
