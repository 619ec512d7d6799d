/** `/host-clusters`: every registered Kubernetes cluster, live. For operators. */
import { useState, type ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { WatchHostClusters, type WatchHostClustersSubscription } from '../../generated/operations.ts';
import { useLive } from '../../live/use-live.ts';
import { useMay } from '../../shell/caller.tsx';
import { HostClusterCard } from './host-cluster-card.tsx';
import { RegisterForm } from './register-form.tsx';
import type { HostCluster } from './words.ts';
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
  const live = useLive(WatchHostClusters, { variables: {}, apply: hostClustersIn });
  const clusters = live.kind === 'live' ? live.state : null;
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
      {live.kind === 'waiting' ? <Waiting what="the host clusters" /> : null}
      {live.kind === 'refused' ? <RefusedNote error={live.error} /> : null}
      {clusters?.length === 0 ? (
        <EmptyNote title="There are no host clusters.">
          <p>
            Instances run on the control plane’s own machine, or not at all. To run them in Kubernetes, apply{' '}
            <code>cartwright cluster role</code> there and register the cluster.
          </p>
        </EmptyNote>
      ) : null}
      <div className="columns cards">
        {clusters?.map((cluster) => (
          <HostClusterCard key={cluster.uid} cluster={cluster} />
        ))}
      </div>
    </>
  );
}

function hostClustersIn(
  _before: readonly HostCluster[] | undefined,
  { hostClusters }: WatchHostClustersSubscription,
): readonly HostCluster[] {
  return hostClusters;
}
