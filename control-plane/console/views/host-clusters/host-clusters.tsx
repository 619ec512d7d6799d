/** `/host-clusters`: every registered Kubernetes cluster, live. For operators. */
import { useState, type ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { HostClusterNames } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useMay } from '../../shell/caller.tsx';
import { HostClusterCard } from './host-cluster-card.tsx';
import { RegisterForm } from './register-form.tsx';
import './host-clusters.css';

export default function HostClusters(): ReactNode {
  const isOperator = useMay('OPERATOR');
  return (
    <div className="page">
      <title>Host clusters · Cartwright</title>
      {isOperator ? <All /> : <ForOperators />}
    </div>
  );
}

export function ForOperators(): ReactNode {
  return (
    <>
      <h1>Host clusters</h1>
      <EmptyNote title="Host clusters are the platform’s own.">
        <p>Only its operators see them. Where your instances run is said beside each of them.</p>
      </EmptyNote>
    </>
  );
}

function All(): ReactNode {
  const [isRegistering, setRegistering] = useState(false);
  const [asked, ask] = useAsk(HostClusterNames, {
    variables: {},
    again: ['host-cluster.registered', 'host-cluster.removed'],
  });
  const clusters = asked.kind === 'answered' ? asked.result.hostClusters : null;
  return (
    <>
      <div className="page-head">
        <h1>Host clusters</h1>
        <span className="actions">
          <button
            type="button"
            className="main"
            aria-expanded={isRegistering}
            onClick={() => setRegistering(!isRegistering)}
          >
            Register a host cluster
          </button>
        </span>
      </div>
      {isRegistering ? <RegisterForm /> : null}
      {asked.kind === 'waiting' ? <Waiting what="the host clusters" /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={ask} /> : null}
      {clusters?.length === 0 ? (
        <EmptyNote title="There are no host clusters.">
          <p>
            Instances run on the control plane’s own machine, or not at all. To run them in Kubernetes, apply{' '}
            <code>cartwright cluster role</code> there and register the cluster.
          </p>
        </EmptyNote>
      ) : null}
      <div className="columns cards">
        {clusters?.map(({ uid, name }) => (
          <HostClusterCard key={uid} name={name} />
        ))}
      </div>
    </>
  );
}
