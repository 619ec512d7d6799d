/** What a person can do to the number of instances, and to all of them. Offered by role; the control plane decides. */
import { useState, type ReactNode } from 'react';
import { useMay } from '../../../shell/caller.tsx';
import type { ClusterRef } from '../ref.ts';
import type { Snapshot } from '../snapshot.ts';
import { ResumeDialog, ShadowDialog } from './ending-dialogs.tsx';
import { PauseDialog } from './pause-dialog.tsx';
import { ScaleDialog } from './scale-dialog.tsx';
import { RestartAllDialog, StartDialog, StopDialog } from './stopping-dialogs.tsx';

export interface SteerProps {
  readonly clusterRef: ClusterRef;
  readonly snapshot: Snapshot;
}

export function Steer({ clusterRef, snapshot }: SteerProps): ReactNode {
  const maySteer = useMay('DEPLOYER');
  const [open, setOpen] = useState<'scale' | 'pause' | 'shadow' | 'restart' | 'stop' | null>(null);
  if (!maySteer || snapshot.serviceCluster.deletingSince !== null) return null;
  const { paused, shadow, stopped } = snapshot.serviceCluster;
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
      {stopped === null ? (
        <button type="button" onClick={() => setOpen('restart')}>
          Restart all …
        </button>
      ) : null}
      <button type="button" onClick={() => setOpen('stop')}>
        {stopped === null ? 'Stop …' : 'Start …'}
      </button>
      {open === 'scale' ? <ScaleDialog {...asked} /> : null}
      {open === 'pause' ? paused === null ? <PauseDialog {...asked} /> : <ResumeDialog {...asked} /> : null}
      {open === 'shadow' ? <ShadowDialog {...asked} shadow={!shadow} /> : null}
      {open === 'restart' ? <RestartAllDialog {...asked} /> : null}
      {open === 'stop' ? stopped === null ? <StopDialog {...asked} /> : <StartDialog {...asked} /> : null}
    </div>
  );
}
