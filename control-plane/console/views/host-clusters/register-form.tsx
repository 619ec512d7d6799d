/** Registers a host cluster; what was wrong is said check by check. */
import { useNavigate } from '@tanstack/react-router';
import { useRef, useState, type FormEvent, type ReactNode } from 'react';
import { Field, TextField } from '../../components/field.tsx';
import { RefusedNote } from '../../components/notes.tsx';
import { RegisterHostCluster } from '../../generated/operations.ts';
import type { Refused } from '../../live/refused.ts';
import { carriedOut } from '../../live/user-errors.ts';
import { useAct } from '../../live/use-act.ts';
import { useTenantSearch } from '../../shell/tenant.ts';
import { KubeconfigField, type KubeconfigHandle } from './kubeconfig-field.tsx';
import { brokerFault, controlPlaneFault, nameFault } from './register-faults.ts';
import { meaningOf } from './words.ts';

const EMPTY = { name: '', brokerUrl: '', controlPlaneUrl: '', ca: '', probeImage: '' };

export function RegisterForm(): ReactNode {
  const navigate = useNavigate();
  const search = useTenantSearch();
  const kubeconfig = useRef<KubeconfigHandle>(null);
  const [typed, setTyped] = useState(EMPTY);
  const [inCluster, setInCluster] = useState(false);
  const [skipProbe, setSkipProbe] = useState(false);
  const [isTried, setTried] = useState(false);
  const [kubeconfigFault, setKubeconfigFault] = useState('');
  const [acting, act] = useAct(
    RegisterHostCluster,
    ({ registerHostCluster }) => {
      const { hostCluster } = carriedOut(registerHostCluster);
      if (hostCluster !== null) void navigate({ to: '/host-clusters/$name', params: hostCluster, search });
    },
    { forgets: true },
  );
  const change = (changed: Partial<typeof EMPTY>): void => setTyped((before) => ({ ...before, ...changed }));
  const faults = {
    name: nameFault(typed.name),
    brokerUrl: brokerFault(typed.brokerUrl),
    controlPlaneUrl: controlPlaneFault(typed.controlPlaneUrl),
  };
  const shown = (fault: string, value: string): string => (isTried || value !== '' ? fault : '');

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setTried(true);
    if (Object.values(faults).some((fault) => fault !== '')) return;
    const { name, brokerUrl, controlPlaneUrl, ca, probeImage } = typed;
    const common = {
      ...{ name, brokerUrl, controlPlaneUrl, skipProbe },
      ...(ca.trim() === '' ? {} : { ca }),
      ...(probeImage === '' ? {} : { probeImage }),
    };
    if (inCluster) return void act({ ...common, inCluster });
    const taken = kubeconfig.current?.take();
    if (taken?.kind !== 'minified') return setKubeconfigFault(taken?.message ?? 'This is needed.');
    setKubeconfigFault('');
    void act({ ...common, inCluster: false, kubeconfig: taken.text });
  };

  return (
    <form className="block register" onSubmit={submit} noValidate>
      <h2>Register a host cluster</h2>
      <p className="quiet">
        Before: <code>cartwright cluster role | kubectl apply -f -</code> makes the rights that its credential needs.
      </p>
      <TextField
        label="Name"
        value={typed.name}
        onChange={(name) => change({ name })}
        fault={shown(faults.name, typed.name)}
        hint="As it is called on this platform, in deployment policies too."
      />
      <fieldset className="choices">
        <legend>Credential</legend>
        <label>
          <input type="radio" name="credential" checked={!inCluster} onChange={() => setInCluster(false)} /> of a
          kubeconfig
        </label>
        <label>
          <input type="radio" name="credential" checked={inCluster} onChange={() => setInCluster(true)} /> the service
          account of the pod that the control plane runs in
        </label>
      </fieldset>
      {inCluster ? null : (
        <KubeconfigField ref={kubeconfig} fault={kubeconfigFault} onLook={() => setKubeconfigFault('')} />
      )}
      <TextField
        label="Broker, as its pods reach it"
        placeholder="mqtts://broker.example.org:8883"
        value={typed.brokerUrl}
        onChange={(brokerUrl) => change({ brokerUrl })}
        fault={shown(faults.brokerUrl, typed.brokerUrl)}
      />
      <TextField
        label="Control plane, as its pods reach it"
        placeholder="https://cartwright.example.org"
        value={typed.controlPlaneUrl}
        onChange={(controlPlaneUrl) => change({ controlPlaneUrl })}
        fault={shown(faults.controlPlaneUrl, typed.controlPlaneUrl)}
      />
      <details className="field">
        <summary>Authorities and probe</summary>
        <Field label="Certificates of the authorities" isOptional hint="PEM. Left empty: the public ones.">
          {(attributes) => (
            <textarea
              {...attributes}
              className="mono"
              rows={4}
              spellCheck={false}
              value={typed.ca}
              onChange={({ target }) => change({ ca: target.value })}
            />
          )}
        </Field>
        <TextField
          label="Image of the probe"
          isOptional
          value={typed.probeImage}
          onChange={(probeImage) => change({ probeImage })}
          hint="Any with Node.js 18 or later. Left empty: the platform’s own."
        />
        <label>
          <input type="checkbox" checked={skipProbe} onChange={({ target }) => setSkipProbe(target.checked)} /> Register
          it without a probe: nobody then knows whether its pods reach the two addresses
        </label>
      </details>
      {acting.kind === 'refused' ? <Why error={acting.error} isGone={!inCluster} /> : null}
      <div className="actions">
        <button type="submit" className="main" disabled={acting.kind === 'acting'}>
          {acting.kind === 'acting' ? 'Asking the cluster …' : 'Register'}
        </button>
      </div>
    </form>
  );
}

/** Which check has failed, in plain words before the message. */
export function Why({ error, isGone }: { readonly error: Refused; readonly isGone: boolean }): ReactNode {
  const meaning = meaningOf(error.code);
  return (
    <>
      {meaning === '' ? null : (
        <p>
          <strong>{meaning}</strong>
        </p>
      )}
      <RefusedNote error={error} />
      {isGone ? <p className="quiet">The kubeconfig was not kept: paste it again.</p> : null}
    </>
  );
}
