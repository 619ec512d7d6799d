/** Gives a host cluster another credential. */
import { useRef, useState, type FormEvent, type ReactNode } from 'react';
import { Dialog } from '../../components/dialog.tsx';
import { DialogActions } from '../../components/dialog-actions.tsx';
import { RotateHostCluster } from '../../generated/operations.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { KubeconfigField, type KubeconfigHandle } from './kubeconfig-field.tsx';
import { Why } from './register-form.tsx';

export function RotateDialog({ name, onClose }: { readonly name: string; readonly onClose: () => void }): ReactNode {
  const kubeconfig = useRef<KubeconfigHandle>(null);
  const [fault, setFault] = useState('');
  const [acting, act] = useAct(RotateHostCluster, ({ rotateHostCluster }) => void carriedOut(rotateHostCluster), {
    forgets: true,
  });
  const rotate = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    const taken = kubeconfig.current?.take();
    if (taken?.kind !== 'minified') return setFault(taken?.message ?? 'This is needed.');
    setFault('');
    if (await act({ name, inCluster: false, kubeconfig: taken.text })) onClose();
  };
  return (
    <Dialog title={`Another credential for ${name}`} onClose={onClose}>
      <form onSubmit={(event) => void rotate(event)} noValidate>
        <p>It has to lead to the same cluster. Nothing that runs is touched.</p>
        <KubeconfigField ref={kubeconfig} fault={fault} onLook={() => setFault('')} />
        {acting.kind === 'refused' ? <Why error={acting.error} isGone /> : null}
        <DialogActions
          onClose={onClose}
          verb={acting.kind === 'acting' ? 'Asking the cluster …' : 'Rotate'}
          isDisabled={acting.kind === 'acting'}
        />
      </form>
    </Dialog>
  );
}
