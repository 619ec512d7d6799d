/** `/applications/…/releases`: what ran, what runs, what is being rolled out, and the way back. */
import { Link, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { EmptyNote, RefusedNote, Waiting } from '../../components/notes.tsx';
import { RolloutInstances } from '../../components/rollouts/rollout-instances.tsx';
import { knownOf } from '../../components/rollouts/use-build.ts';
import { Time } from '../../components/time.tsx';
import { ReleasesCluster, ReleasesHistory, type ReleasesClusterSubscription } from '../../generated/operations.ts';
import { useAsk } from '../../live/use-ask.ts';
import { useLive } from '../../live/use-live.ts';
import { useTenant, useTenantSearch } from '../../shell/tenant.ts';
import { BuildsTable } from './builds-table.tsx';
import { Comparison } from './comparison.tsx';
import { ReleasesTable } from './releases-table.tsx';
import { RolloutsTable } from './rollouts-table.tsx';
import { UpdateNow } from './update-now.tsx';
import './releases.css';

const PATH = '/applications/$application/$alias/releases';

type Snapshot = ReleasesClusterSubscription['serviceCluster'];

export default function Releases(): ReactNode {
  const { application, alias } = useParams({ from: PATH });
  const { build } = useSearch({ from: PATH });
  const search = useTenantSearch();
  const tenant = useTenant();
  const ref = { tenant, application, alias };
  const live = useLive(ReleasesCluster, { variables: { ref }, apply: snapshotIn });
  const [asked, ask] = useAsk(ReleasesHistory, {
    variables: { ref },
    again: ['release.', 'rollout.', 'build.', 'source.'],
  });
  const snapshot = knownOf(live);
  const history = asked.kind === 'answered' ? asked.result.serviceCluster : null;
  return (
    <div className="page">
      <title>{`Releases of ${application}/${alias} · Cartwright`}</title>
      <div className="page-head">
        <h1>
          Releases of{' '}
          <Link to="/applications/$application/$alias" params={{ application, alias }} search={search}>
            {application}/{alias}
          </Link>
        </h1>
        {snapshot === null ? null : (
          <UpdateNow application={application} alias={alias} source={snapshot.serviceCluster.gitSource} />
        )}
      </div>
      {live.kind === 'refused' ? <RefusedNote error={live.error} /> : null}
      {asked.kind === 'refused' ? <RefusedNote error={asked.error} again={ask} /> : null}
      {snapshot === null ? null : <Present application={application} alias={alias} snapshot={snapshot} />}
      {asked.kind === 'waiting' ? <Waiting what="the releases" /> : null}
      {asked.kind === 'answered' && history === null ? (
        <EmptyNote title={`There is no ${application}/${alias}.`}>
          <p>It may have been deleted or renamed.</p>
        </EmptyNote>
      ) : null}
      {history === null ? null : (
        <>
          <ReleasesTable
            application={application}
            alias={alias}
            releases={history.releases.edges.map(({ node }) => node).reverse()}
            snapshot={snapshot}
          />
          <Comparison releases={history.releases.edges.map(({ node }) => node).reverse()} />
          <RolloutsTable rollouts={history.rollouts.edges.map(({ node }) => node).reverse()} />
          <BuildsTable builds={history.builds.edges.map(({ node }) => node).reverse()} open={build ?? null} />
        </>
      )}
    </div>
  );
}

function snapshotIn(_before: Snapshot | undefined, { serviceCluster }: ReleasesClusterSubscription): Snapshot {
  return serviceCluster;
}

/** What is going on now. */
function Present({
  application,
  alias,
  snapshot,
}: {
  readonly application: string;
  readonly alias: string;
  readonly snapshot: Snapshot;
}): ReactNode {
  const { rollout, instances, serviceCluster } = snapshot;
  const { blocked, gitSource } = serviceCluster;
  const problem = gitSource?.problem ?? null;
  return (
    <>
      {blocked === null ? null : (
        <p className="note bad" role="alert">
          <strong>Nothing of it is begun or ended:</strong> {blocked.message}
        </p>
      )}
      {problem === null ? null : (
        <p className="note warning">
          <strong>Its repository cannot be read</strong> since <Time at={problem.since} />:{' '}
          <Foreign text={problem.message} />
        </p>
      )}
      {rollout === null ? null : (
        <section className="block">
          <h2>
            {rollout.state === 'RETURNING' ? 'Taking back' : 'Rolling out'} release {rollout.toRelease?.number ?? '?'}
          </h2>
          <p>
            {rollout.fromRelease === null
              ? 'The first of all'
              : `In the place of release ${rollout.fromRelease.number}`}
            , begun <Time at={rollout.createdAt} />.{' '}
            {rollout.reason === null ? null : <Foreign text={rollout.reason.message} />}
          </p>
          <RolloutInstances
            application={application}
            alias={alias}
            rollout={rollout}
            instances={instances.map(({ instance }) => instance)}
          />
        </section>
      )}
    </>
  );
}
