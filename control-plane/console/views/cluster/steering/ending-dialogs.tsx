/** Dialogs that need no words of the person: resuming, clearing, shadow mode on and off, ending a freeze. */
import type { ReactNode } from 'react';
import { Confirm } from '../../../components/confirm.tsx';
import { SteerClearOverride, SteerResume, SteerSetShadow, SteerUnfreeze } from '../../../generated/operations.ts';
import { useAct } from '../../../live/use-act.ts';
import { carriedOut } from '../../../live/user-errors.ts';
import type { DialogOf } from './dialog-of.ts';
import { Effect, usePreview } from './effect.tsx';

export function ResumeDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const preview = usePreview(clusterRef, { action: 'RESUME' });
  const [acting, resume] = useAct(SteerResume, ({ resume: payload }) => void carriedOut(payload));
  const confirm = async (): Promise<void> => {
    if (await resume({ ref: clusterRef, expectedGeneration: snapshot.serviceCluster.generation })) onClose();
  };
  return (
    <Confirm
      title={`Resume the scaling of ${clusterRef.alias}`}
      verb="Resume"
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>Decisions are acted on again.</p>
      <Effect asked={preview} />
    </Confirm>
  );
}

export function ClearOverrideDialog({ clusterRef, snapshot, onClose }: DialogOf): ReactNode {
  const preview = usePreview(clusterRef, { action: 'CLEAR_OVERRIDE' });
  const [acting, clear] = useAct(SteerClearOverride, ({ clearOverride: payload }) => void carriedOut(payload));
  const confirm = async (): Promise<void> => {
    if (await clear({ ref: clusterRef, expectedGeneration: snapshot.serviceCluster.generation })) onClose();
  };
  return (
    <Confirm
      title={`Clear the manual number of ${clusterRef.alias}`}
      verb="Clear it"
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>The autoscaler decides alone again.</p>
      <Effect asked={preview} />
    </Confirm>
  );
}

export function ShadowDialog({
  clusterRef,
  snapshot,
  shadow,
  onClose,
}: DialogOf & {
  /** What it shall be. */
  readonly shadow: boolean;
}): ReactNode {
  const preview = usePreview(clusterRef, { action: shadow ? 'SHADOW' : 'UNSHADOW' });
  const [acting, setShadow] = useAct(SteerSetShadow, ({ setShadow: payload }) => void carriedOut(payload));
  const confirm = async (): Promise<void> => {
    const { generation } = snapshot.serviceCluster;
    if (await setShadow({ ref: clusterRef, shadow, expectedGeneration: generation })) onClose();
  };
  return (
    <Confirm
      title={shadow ? `Put ${clusterRef.alias} into shadow mode` : `End the shadow mode of ${clusterRef.alias}`}
      verb={shadow ? 'Only watch' : 'Act again'}
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        {shadow
          ? 'Decisions are made and recorded, and not acted on: the number of instances stays as it is.'
          : 'Decisions are acted on again.'}
      </p>
      <Effect asked={preview} />
    </Confirm>
  );
}

export function UnfreezeDialog({ onClose }: DialogOf): ReactNode {
  const [acting, unfreeze] = useAct(SteerUnfreeze, ({ unfreeze: payload }) => void carriedOut(payload));
  const confirm = async (): Promise<void> => {
    if (await unfreeze({})) onClose();
  };
  return (
    <Confirm
      title="End the freeze of the platform"
      verb="End the freeze"
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>Decisions are acted on again, of every service cluster of every tenant.</p>
    </Confirm>
  );
}
