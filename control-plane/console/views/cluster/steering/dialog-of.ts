import type { ClusterRef } from '../ref.ts';
import type { Snapshot } from '../snapshot.ts';

/** What every dialog is about; it is open as long as it is there. */
export interface DialogOf {
  readonly clusterRef: ClusterRef;
  /** As it is now, also while the dialog is open. */
  readonly snapshot: Snapshot;
  readonly onClose: () => void;
}
