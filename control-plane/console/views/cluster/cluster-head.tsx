/** What the service cluster is called, how it is, where to go from here, and what can be done to it. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTenantSearch } from '../../shell/tenant.ts';
import type { ClusterRef } from './ref.ts';
import { healthOf, type Snapshot } from './snapshot.ts';
import { Steer } from './steering/steer.tsx';

export interface ClusterHeadProps {
  readonly clusterRef: ClusterRef;
  readonly snapshot: Snapshot;
  readonly isGone: boolean;
}

export function ClusterHead({ clusterRef, snapshot, isGone }: ClusterHeadProps): ReactNode {
  const search = useTenantSearch();
  const { application, alias } = clusterRef;
  const { tone, text } = healthOf(snapshot);
  const { cartridge, stableRelease } = snapshot.serviceCluster;
  const params = { application, alias };
  return (
    <header className="cluster-head">
      <div className="page-head">
        <h1>
          <Link to="/applications/$application" params={{ application }} search={search}>
            {application}
          </Link>{' '}
          / {alias}
        </h1>
        <span className={`word ${isGone ? 'bad' : tone}`}>{isGone ? 'deleted' : text}</span>
        <span className="quiet">
          {cartridge}
          {stableRelease === null ? ', no release yet' : `, release ${stableRelease.number}`}
        </span>
        <Steer clusterRef={clusterRef} snapshot={snapshot} />
      </div>
      <nav className="cluster-links" aria-label="Service cluster">
        <Link to="/applications/$application/$alias/releases" params={params} search={search}>
          Releases
        </Link>
        <Link to="/logs/$application" params={{ application }} search={search}>
          Logs
        </Link>
        <Link to="/applications/$application/$alias/policy" params={params} search={search}>
          Policy
        </Link>
      </nav>
    </header>
  );
}
