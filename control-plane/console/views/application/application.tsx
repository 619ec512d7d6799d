/** One application: what runs of it, where, and what it was told. */
import { Link, useParams } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { concernsOf } from '../../clusters/attention.ts';
import { FrozenNote } from '../../clusters/frozen-note.tsx';
import { NeedsAttention } from '../../clusters/needs-attention.tsx';
import { applyTold, type Clusters } from '../../clusters/overview-state.ts';
import '../../clusters/clusters.css';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { ApplicationClusters, ApplicationPage } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useLive } from '../../live/use-live.ts';
import { useTenant } from '../../shell/tenant.ts';
import { ClusterTable } from './cluster-table.tsx';
import { Head, type ApplicationDetails } from './head.tsx';
import { Settings } from './settings.tsx';
import { TopologyPicture } from './topology-picture.tsx';
import { layTopology, type Entry } from './topology.ts';
import './application.css';

/** Beginnings of the types of events after which what is asked may be answered differently. */
const CHANGES = [
  ...['application.', 'cluster.created', 'cluster.deleting', 'cluster.deleted'],
  ...['configuration.', 'secret.', 'metadata.', 'certificate.'],
];

export default function Application(): ReactNode {
  const { application: name } = useParams({ from: '/applications/$application' });
  const tenant = useTenant();
  const [asked, askAgain] = useAsk(ApplicationPage, { variables: { tenant, name }, again: CHANGES });
  return (
    <div className="page application">
      <title>{`${name} · Cartwright`}</title>
      {asked.kind === 'waiting' ? <Waiting what={`the application ${name}`} /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={askAgain} /> : null}
      {asked.kind !== 'answered' ? null : asked.result.application === null ? (
        <Gone name={name} tenant={tenant} />
      ) : (
        <Found key={asked.result.application.uid} application={asked.result.application} />
      )}
    </div>
  );
}

function Found({ application }: { readonly application: ApplicationDetails }): ReactNode {
  const { tenant, name } = application;
  const live = useLive(ApplicationClusters, {
    variables: { tenant, application: name },
    apply: (state: Clusters<Entry> | undefined, { overview }) => applyTold(state, overview, Date.now()),
  });
  const clusters = live.kind === 'live' || live.kind === 'ended' ? live.state : null;
  const entries = Array.from(clusters?.byUid.values() ?? [], ({ entry }) => entry);
  const topology = layTopology(entries, application.manifest);
  return (
    <>
      <Head application={application} entries={entries} />
      {live.kind === 'refused' ? <RefusedNote error={live.error} /> : null}
      <FrozenNote isFrozen={entries.some(({ frozen }) => frozen)} />
      {entries.some(({ attention }) => attention.length > 0) ? (
        <NeedsAttention concerns={concernsOf(entries)} nameFrom="alias" />
      ) : null}
      {clusters === null ? (
        live.kind === 'waiting' ? (
          <Waiting what="its service clusters" />
        ) : null
      ) : (
        <>
          <ClusterTable
            clusters={topology.lanes.flatMap(({ entry }) => clusters.byUid.get(entry.uid) ?? [])}
            clockAhead={clusters.clockAhead}
          />
          <TopologyPicture topology={topology} />
        </>
      )}
      <Settings application={application} />
    </>
  );
}

function Gone({ name, tenant }: { readonly name: string; readonly tenant: string }): ReactNode {
  return (
    <>
      <h1>{name}</h1>
      <EmptyNote title={`The tenant ${tenant} has no application ${name}.`}>
        <p>
          It was deleted, or never was there. <Link to="/">Go to the overview</Link>
        </p>
      </EmptyNote>
    </>
  );
}
