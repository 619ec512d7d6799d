/** Taking a service cluster out of service, bringing it back, and starting all of it anew. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { Confirm } from '../../../components/confirm.tsx';
import { Dialog } from '../../../components/dialog.tsx';
import { DialogActions } from '../../../components/dialog-actions.tsx';
import { RefusedNote } from '../../../components/notes.tsx';
import { SteerRestart, SteerStart, SteerStop } from '../../../generated/operations.ts';
import { useAct, type Acting } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import type { DialogOf } from './dialog-of.ts';
import { ReasonField } from './reason-field.tsx';

export function StopDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const [acting, stop] = useAct(SteerStop, ({ stop: payload }) => void carriedOut(payload));
  return (
    <WithReason
      title={`Stop ${clusterRef.alias}`}
      verb="Stop"
      acting={acting}
      onClose={onClose}
      act={(reason) => stop({ ref: clusterRef, reason, expectedGeneration: snapshot.serviceCluster.generation })}
    >
      <p>
        All of its instances are drained and ended, and none is begun until somebody starts it, whatever is asked of it.
        What is configured, its releases, volumes and routes stay.
      </p>
    </WithReason>
  );
}

export function StartDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const [acting, start] = useAct(SteerStart, ({ start: payload }) => void carriedOut(payload));
  const confirm = async (): Promise<void> => {
    if (await start({ ref: clusterRef, expectedGeneration: snapshot.serviceCluster.generation })) onClose();
  };
  return (
    <Confirm
      title={`Start ${clusterRef.alias}`}
      verb="Start"
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>As many instances are begun as there were when it was stopped, as far as policy and quota allow.</p>
    </Confirm>
  );
}

export function RestartAllDialog({ clusterRef, onClose }: DialogOf): ReactNode {
  const [acting, restart] = useAct(SteerRestart, ({ restart: payload }) => void carriedOut(payload));
  return (
    <WithReason
      title={`Restart all instances of ${clusterRef.alias}`}
      verb="Restart"
      acting={acting}
      onClose={onClose}
      act={(reason) => restart({ ref: clusterRef, reason })}
    >
      <p>The release that runs is rolled out once more: a few instances at a time, each drained before.</p>
    </WithReason>
  );
}

interface WithReasonProps {
  readonly title: string;
  readonly verb: string;
  readonly acting: Acting;
  /** @returns whether it was carried out */
  readonly act: (reason: string) => Promise<boolean>;
  readonly onClose: () => void;
  /** What it does. */
  readonly children: ReactNode;
}

function WithReason({ title, verb, acting, act, onClose, children }: WithReasonProps): ReactNode {
  const [reason, setReason] = useState('');
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (await act(reason.trim())) onClose();
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)}>
        {children}
        <ReasonField value={reason} onChange={setReason} />
        {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
        <DialogActions onClose={onClose} verb={verb} isDisabled={acting.kind === 'acting' || reason.trim() === ''} />
      </form>
    </Dialog>
  );
}
