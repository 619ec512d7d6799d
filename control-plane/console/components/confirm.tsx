/** Asks before something is destroyed or changed for everybody. */
import { type ReactNode } from 'react';
import type { Acting } from '../live/use-act.ts';
import { Dialog } from './dialog.tsx';
import { DialogActions } from './dialog-actions.tsx';
import { RefusedNote } from './notes.tsx';

export interface ConfirmProps {
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  /** The verb on the button. */
  readonly verb: string;
  readonly destroys?: boolean;
  /** False: something is still to be filled in, and the verb is not offered yet. */
  readonly isReady?: boolean;
  readonly acting: Acting;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

export function Confirm({
  title,
  children,
  verb,
  destroys = false,
  isReady = true,
  acting,
  onConfirm,
  onClose,
}: ConfirmProps): ReactNode {
  return (
    <Dialog title={title} onClose={onClose}>
      {children}
      {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
      <DialogActions
        {...{ onClose, verb, destroys }}
        isDisabled={!isReady || acting.kind === 'acting'}
        onAct={onConfirm}
      />
    </Dialog>
  );
}
