/** What an operator can do with a host cluster, each with what it does. */
import { useNavigate } from '@tanstack/react-router';
import { useState, type ReactNode } from 'react';
import { Confirm } from '../../components/confirm.tsx';
import { RefusedNote } from '../../components/notes.tsx';
import {
  DrainHostCluster,
  ProbeHostCluster,
  RemoveHostCluster,
  UndrainHostCluster,
} from '../../generated/operations.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { useTenantSearch } from '../../shell/tenant.ts';
import { RotateDialog } from './rotate-dialog.tsx';
import type { HostCluster } from './words.ts';

type Open = 'drain' | 'remove' | 'rotate' | null;

export function HostClusterActions({ cluster }: { readonly cluster: HostCluster }): ReactNode {
  const { name, drainingSince, probe, generation } = cluster;
  const [open, setOpen] = useState<Open>(null);
  const [probing, askProbe] = useAct(ProbeHostCluster, ({ probeHostCluster }) => void carriedOut(probeHostCluster));
  const [undraining, undrain] = useAct(UndrainHostCluster, (answer) => void carriedOut(answer.undrainHostCluster));
  const ref = { name, expectedGeneration: generation };
  const refused = [probing, undraining].flatMap((acting) => (acting.kind === 'refused' ? [acting.error] : []));
  const close = (): void => setOpen(null);
  return (
    <>
      <span className="actions">
        <button
          type="button"
          disabled={probe.state === 'WAITING' || probing.kind === 'acting'}
          onClick={() => void askProbe(ref)}
        >
          Probe again
        </button>
        {drainingSince === null ? (
          <button type="button" onClick={() => setOpen('drain')}>
            Drain
          </button>
        ) : (
          <button type="button" disabled={undraining.kind === 'acting'} onClick={() => void undrain(ref)}>
            Use it again
          </button>
        )}
        <button type="button" onClick={() => setOpen('rotate')}>
          Rotate the credential
        </button>
        <button type="button" className="destroys" onClick={() => setOpen('remove')}>
          Remove
        </button>
      </span>
      {refused.map((error) => (
        <RefusedNote key={error.message} error={error} />
      ))}
      {open === 'drain' ? <DrainConfirm cluster={cluster} onClose={close} /> : null}
      {open === 'remove' ? <RemoveConfirm cluster={cluster} onClose={close} /> : null}
      {open === 'rotate' ? <RotateDialog name={name} onClose={close} /> : null}
    </>
  );
}

interface ConfirmProps {
  readonly cluster: HostCluster;
  readonly onClose: () => void;
}

function DrainConfirm({ cluster: { name, generation }, onClose }: ConfirmProps): ReactNode {
  const [acting, act] = useAct(DrainHostCluster, ({ drainHostCluster }) => void carriedOut(drainHostCluster));
  const confirm = async (): Promise<void> => {
    if (await act({ name, expectedGeneration: generation })) onClose();
  };
  return (
    <Confirm title={`Drain ${name}?`} verb="Drain" acting={acting} onConfirm={() => void confirm()} onClose={onClose}>
      <p>
        Nothing new is placed there, and its instances move to other host clusters, one after another, as those have
        room. What finds no room elsewhere stays and goes on serving. It can be used again at any time.
      </p>
    </Confirm>
  );
}

function RemoveConfirm({ cluster: { name, generation }, onClose }: ConfirmProps): ReactNode {
  const navigate = useNavigate();
  const search = useTenantSearch();
  const [force, setForce] = useState(false);
  const [acting, act] = useAct(RemoveHostCluster, ({ removeHostCluster }) => void carriedOut(removeHostCluster));
  const confirm = async (): Promise<void> => {
    if (await act({ name, expectedGeneration: generation, force })) await navigate({ to: '/host-clusters', search });
  };
  return (
    <Confirm
      title={`Remove ${name}?`}
      verb="Remove it"
      destroys
      acting={acting}
      onConfirm={() => void confirm()}
      onClose={onClose}
    >
      <p>
        It and its credential are forgotten. That is refused while instances are there: drain it first. The cluster
        itself is not touched.
      </p>
      <p>
        <label>
          <input type="checkbox" checked={force} onChange={({ target }) => setForce(target.checked)} /> Also if it
          cannot be asked what runs there. What runs there then goes on, and nobody stops it.
        </label>
      </p>
    </Confirm>
  );
}
