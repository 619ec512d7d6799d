/** What a person can do to the number of instances. Offered by role; the control plane decides. */
import { useState, type ReactNode } from 'react';
import { useMay } from '../../../shell/caller.tsx';
import type { ClusterRef } from '../ref.ts';
import type { Snapshot } from '../snapshot.ts';
import { ResumeDialog, ShadowDialog } from './ending-dialogs.tsx';
import { PauseDialog } from './pause-dialog.tsx';
import { ScaleDialog } from './scale-dialog.tsx';

export interface SteerProps {
  readonly clusterRef: ClusterRef;
  readonly snapshot: Snapshot;
}

export function Steer({ clusterRef, snapshot }: SteerProps): ReactNode {
  const maySteer = useMay('DEPLOYER');
  const [open, setOpen] = useState<'scale' | 'pause' | 'shadow' | null>(null);
  if (!maySteer || snapshot.serviceCluster.deletingSince !== null) return null;
  const { paused, shadow } = snapshot.serviceCluster;
  const asked = { clusterRef, snapshot, onClose: () => setOpen(null) };
  return (
    <div className="actions" role="group" aria-label="Steering">
      <button type="button" onClick={() => setOpen('scale')}>
        Scale …
      </button>
      <button type="button" onClick={() => setOpen('pause')}>
        {paused === null ? 'Pause …' : 'Resume …'}
      </button>
      <button type="button" onClick={() => setOpen('shadow')}>
        {shadow ? 'End shadow mode …' : 'Shadow mode …'}
      </button>
      {open === 'scale' ? <ScaleDialog {...asked} /> : null}
      {open === 'pause' ? paused === null ? <PauseDialog {...asked} /> : <ResumeDialog {...asked} /> : null}
      {open === 'shadow' ? <ShadowDialog {...asked} shadow={!shadow} /> : null}
    </div>
  );
}
