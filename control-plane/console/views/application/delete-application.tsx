import { useId, useState, type ReactNode } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { DeleteApplication } from '../../generated/operations.ts';
import { useAct } from '../../live/use-act.ts';
import { carriedOut } from '../../live/user-errors.ts';
import type { ApplicationDetails } from './head.tsx';

export interface DeleteApplicationDialogProps {
  readonly application: Pick<ApplicationDetails, 'name' | 'tenant'>;
  readonly onClose: () => void;
}

/** Asks for the application's name, so that nobody deletes another one than they mean. */
export function DeleteApplicationDialog({ application, onClose }: DeleteApplicationDialogProps): ReactNode {
  const { name, tenant } = application;
  const [typed, setTyped] = useState('');
  const [acting, act] = useAct(DeleteApplication, ({ deleteApplication }) => carriedOut(deleteApplication));
  const field = useId();
  const confirm = (): void => {
    void act({ tenant, name }).then((isDone) => isDone && onClose());
  };
  return (
    <Confirm
      title={`Delete ${name}`}
      verb={`Delete ${name}`}
      destroys
      isReady={typed === name}
      acting={acting}
      onConfirm={confirm}
      onClose={onClose}
    >
      <p>
        Its load balancer is taken away, its instances are drained and stopped, and then the application goes, with its
        releases, variables and secrets. What was recorded of it (events, usage) stays. This cannot be undone.
      </p>
      <div className="field">
        <label htmlFor={field}>Its name, to be sure</label>
        <input
          id={field}
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
        <span className="hint">
          Type <code>{name}</code>.
        </span>
      </div>
    </Confirm>
  );
}
