/** Asks for the reason of what a person does, and does it. */
import { useState, type FormEvent, type ReactNode } from 'react';
import { Dialog } from '../../../components/dialog.tsx';
import { DialogActions } from '../../../components/dialog-actions.tsx';
import { RefusedNote } from '../../../components/notes.tsx';
import type { Acting } from '../../../live/use-act.ts';
import { ReasonField } from './reason-field.tsx';

export interface ReasonDialogProps {
  readonly title: string;
  readonly verb: string;
  readonly acting: Acting;
  /** @returns whether it was carried out */
  readonly act: (reason: string) => Promise<boolean>;
  readonly onClose: () => void;
  /** What it does, before the field. */
  readonly children?: ReactNode;
  /** What it would do now, behind the field. */
  readonly effect?: ReactNode;
}

export function ReasonDialog({ title, verb, acting, act, onClose, children, effect }: ReasonDialogProps): ReactNode {
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
        {effect}
        {acting.kind === 'refused' ? <RefusedNote error={acting.error} /> : null}
        <DialogActions onClose={onClose} verb={verb} isDisabled={acting.kind === 'acting' || reason.trim() === ''} />
      </form>
    </Dialog>
  );
}
