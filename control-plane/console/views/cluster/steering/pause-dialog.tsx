/** Pauses scaling, with a reason. */
import type { ReactNode } from 'react';
import { SteerPause } from '../../../generated/operations.ts';
import { useAct } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import type { DialogOf } from './dialog-of.ts';
import { Effect, usePreview } from './effect.tsx';
import { ReasonDialog } from './reason-dialog.tsx';

export function PauseDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const preview = usePreview(clusterRef, { action: 'PAUSE' });
  const [acting, pause] = useAct(SteerPause, ({ pause: payload }) => void carriedOut(payload));
  return (
    <ReasonDialog
      title={`Pause the scaling of ${clusterRef.alias}`}
      verb="Pause"
      acting={acting}
      onClose={onClose}
      act={(reason) => pause({ ref: clusterRef, reason, expectedGeneration: snapshot.serviceCluster.generation })}
      effect={<Effect asked={preview} />}
    />
  );
}
