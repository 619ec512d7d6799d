/** The end of a dialog: the way out, and the verb. */
import type { ReactNode } from 'react';

export interface DialogActionsProps {
  readonly onClose: () => void;
  /** What the button says. */
  readonly verb: string;
  readonly destroys?: boolean;
  readonly isDisabled: boolean;
  /** Absent: it submits the form that it stands in. */
  readonly onAct?: () => void;
}

export function DialogActions({ onClose, verb, destroys = false, isDisabled, onAct }: DialogActionsProps): ReactNode {
  return (
    <div className="actions">
      <button type="button" onClick={onClose}>
        Leave it
      </button>
      <button
        type={onAct === undefined ? 'submit' : 'button'}
        className={destroys ? 'destroys' : 'main'}
        disabled={isDisabled}
        onClick={onAct}
      >
        {verb}
      </button>
    </div>
  );
}
