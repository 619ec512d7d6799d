/** `/host-clusters/…`: all that is known of one. For operators. */
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { figure } from '../../components/quantities.ts';
import { Time } from '../../components/time.tsx';
import { word } from '../../components/words.ts';
import { useMay } from '../../shell/caller.tsx';
import { useTenantSearch } from '../../shell/tenant.ts';
import { HostClusterActions } from './host-cluster-actions.tsx';
import { FailureNote, ProbeFailures, ProbeText, Room, StateWords } from './host-cluster-parts.tsx';
import { ForOperators } from './host-clusters.tsx';
import { useHostCluster } from './use-host-cluster.ts';
import { resourcesText, type HostCluster } from './words.ts';
import './host-clusters.css';

export default function HostClusterPage(): ReactNode {
  const { name } = useParams({ from: '/host-clusters/$name' });
  const isOperator = useMay('OPERATOR');
  return (
    <div className="page">
      <title>{`Host cluster ${name} · Cartwright`}</title>
      {isOperator ? <One key={name} name={name} /> : <ForOperators />}
    </div>
  );
}

function One({ name }: { readonly name: string }): ReactNode {
  const live = useHostCluster(name);
  switch (live.kind) {
    case 'waiting':
      return <Waiting what={name} />;
    case 'refused':
      return (
        <>
          <RefusedNote error={live.error} />
          {live.error.code === 'NOT_FOUND' ? <AllHostClusters /> : null}
        </>
      );
    case 'ended':
      return (
        <EmptyNote title={`The host cluster ${name} was removed.`}>
          <AllHostClusters />
        </EmptyNote>
      );
    case 'live':
      return <Known cluster={live.state} />;
  }
}

function AllHostClusters(): ReactNode {
  const search = useTenantSearch();
  return (
    <p>
      <Link to="/host-clusters" search={search}>
        All host clusters
      </Link>
    </p>
  );
}

function Known({ cluster }: { readonly cluster: HostCluster }): ReactNode {
  const { name, status, probe, drainingSince } = cluster;
  return (
    <>
      <div className="page-head">
        <h1>{name}</h1>
        <StateWords cluster={cluster} />
        <HostClusterActions cluster={cluster} />
      </div>
      <FailureNote failure={status.failure} />
      {drainingSince === null ? null : (
        <p className="note warning">
          <strong>It is drained</strong> since <Time at={drainingSince} />: nothing new is placed there, and instances
          move away as others have room for them.
        </p>
      )}
      <div className="columns">
        <section className="block">
          <h2>Room</h2>
          <Room status={status} />
          <dl className="facts">
            <dt>Capacity</dt>
            <dd>{status.capacity === null ? 'not known' : resourcesText(status.capacity)}</dd>
            <dt>Nodes</dt>
            <dd>{status.nodes === null ? 'not known' : `${status.usableNodes ?? 0} of ${status.nodes} take pods`}</dd>
            <dt>Version</dt>
            <dd>{status.version ?? 'not known'}</dd>
            <dt>Last look</dt>
            <dd>
              {status.checkedAt === null ? 'none yet' : <Time at={status.checkedAt} />}
              {status.latencyMilliseconds === null ? '' : `, answered in ${figure(status.latencyMilliseconds)} ms`}
            </dd>
          </dl>
        </section>
        <section className="block">
          <h2>Probe</h2>
          <p>
            <ProbeText probe={probe} />
          </p>
          <p className="quiet">
            A pod that is pulled, resolves names and connects as instances will
            {probe.image === null ? '' : `, of the image ${probe.image}`}.
          </p>
          <ProbeFailures probe={probe} />
        </section>
        <Addresses cluster={cluster} />
      </div>
    </>
  );
}

function Addresses({ cluster }: { readonly cluster: HostCluster }): ReactNode {
  const { credentialKind, credentialVersion, credentialEndsAt, isReadable } = cluster;
  return (
    <section className="block">
      <h2>How it is reached</h2>
      <dl className="facts">
        <dt>API server</dt>
        <dd>
          {cluster.server} <span className="quiet">(context {cluster.context})</span>
        </dd>
        <dt>Credential</dt>
        <dd>
          {isReadable ? null : <strong>its key is lost, rotate it: </strong>}
          {word(credentialKind)}, number {credentialVersion}
          {credentialEndsAt === null ? null : (
            <>
              , ends <Time at={credentialEndsAt} />
            </>
          )}
        </dd>
        <dt>Broker, for its pods</dt>
        <dd>{cluster.brokerUrl}</dd>
        <dt>Control plane, for its pods</dt>
        <dd>{cluster.controlPlaneUrl}</dd>
        <dt>Authorities</dt>
        <dd>{cluster.ca === null ? 'the public ones' : 'its own'}</dd>
        <dt>Its identity</dt>
        <dd className="mono">{cluster.clusterUid}</dd>
        <dt>Registered</dt>
        <dd>
          <Time at={cluster.createdAt} />; changed <Time at={cluster.updatedAt} /> by {cluster.updatedBy}
        </dd>
      </dl>
    </section>
  );
}
