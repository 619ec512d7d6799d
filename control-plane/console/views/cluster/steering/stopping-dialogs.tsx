/** Taking a service cluster out of service, bringing it back, and starting all of it anew. */
import type { ReactNode } from 'react';
import { Confirm } from '../../../components/confirm.tsx';
import { SteerRestart, SteerStart, SteerStop } from '../../../generated/operations.ts';
import { useAct } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import type { DialogOf } from './dialog-of.ts';
import { Effect, usePreview } from './effect.tsx';
import { ReasonDialog } from './reason-dialog.tsx';

export function StopDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const preview = usePreview(clusterRef, { action: 'STOP' });
  const [acting, stop] = useAct(SteerStop, ({ stop: payload }) => void carriedOut(payload));
  return (
    <ReasonDialog
      title={`Stop ${clusterRef.alias}`}
      verb="Stop"
      acting={acting}
      onClose={onClose}
      act={(reason) => stop({ ref: clusterRef, reason, expectedGeneration: snapshot.serviceCluster.generation })}
      effect={<Effect asked={preview} />}
    >
      <p>
        All of its instances are drained and ended, and none is begun until somebody starts it, whatever is asked of it.
        What is configured, its releases, volumes and routes stay.
      </p>
    </ReasonDialog>
  );
}

export function StartDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const preview = usePreview(clusterRef, { action: 'START' });
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
      <Effect asked={preview} />
    </Confirm>
  );
}

export function RestartAllDialog({ clusterRef, onClose }: DialogOf): ReactNode {
  const preview = usePreview(clusterRef, { action: 'RESTART' });
  const [acting, restart] = useAct(SteerRestart, ({ restart: payload }) => void carriedOut(payload));
  return (
    <ReasonDialog
      title={`Restart all instances of ${clusterRef.alias}`}
      verb="Restart"
      acting={acting}
      onClose={onClose}
      act={(reason) => restart({ ref: clusterRef, reason })}
      effect={<Effect asked={preview} />}
    >
      <p>The release that runs is rolled out once more: a few instances at a time, each drained before.</p>
    </ReasonDialog>
  );
}
