/** Starts the application of one instance again. */
import type { ReactNode } from 'react';
import { Confirm } from '../../../components/confirm.tsx';
import { SteerRestartInstance } from '../../../generated/operations.ts';
import { useAct } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import type { Snapshot } from '../snapshot.ts';

export interface RestartDialogProps {
  readonly uid: string;
  /** As it is now; null: it is gone meanwhile. */
  readonly row: Snapshot['instances'][number] | null;
  /** Others that are active. */
  readonly others: number;
  readonly onClose: () => void;
}

export function RestartDialog({ uid, row, others, onClose }: RestartDialogProps): ReactNode {
  const [acting, restart] = useAct(SteerRestartInstance, ({ restartInstance: payload }) => void carriedOut(payload));
  const confirm = async (): Promise<void> => {
    if (await restart({ uid })) onClose();
  };
  const inFlight = Math.round(row?.live.requestsInFlight ?? 0);
  return (
    <Confirm
      title={`Restart instance ${uid.slice(-8)}`}
      verb="Restart"
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      {row === null ? (
        <p>It is gone meanwhile.</p>
      ) : (
        <p>
          Its application is stopped and started again, in the same place. Meanwhile{' '}
          {others === 0 ? (
            <strong>nothing serves: it is the only active one.</strong>
          ) : (
            `${others} ${others === 1 ? 'other instance serves' : 'other instances serve'}.`
          )}
          {inFlight > 0 ? ` ${inFlight} of its requests are under way.` : ''}
        </p>
      )}
    </Confirm>
  );
}
