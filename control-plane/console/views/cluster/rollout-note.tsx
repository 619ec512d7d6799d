/** The roll-out that is under way. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { Foreign } from '../../components/foreign.tsx';
import { Time } from '../../components/time.tsx';
import { useTenantSearch } from '../../shell/tenant.ts';
import type { ClusterRef } from './ref.ts';
import type { Snapshot } from './snapshot.ts';

export function RolloutNote({
  clusterRef,
  snapshot,
}: {
  readonly clusterRef: ClusterRef;
  readonly snapshot: Snapshot;
}): ReactNode {
  const search = useTenantSearch();
  const { rollout, instances } = snapshot;
  if (rollout === null) return null;
  const { application, alias } = clusterRef;
  const to = rollout.toRelease?.number ?? null;
  const moved = instances.filter(
    ({ instance: { release, state } }) => release?.number === to && state === 'ACTIVE',
  ).length;
  const isBack = rollout.state === 'RETURNING';
  return (
    <section className={`note ${isBack ? 'warning' : ''}`} aria-label="Roll-out">
      <p>
        <strong>
          {isBack ? `Release ${to ?? ''} is being taken back` : `Release ${to ?? ''} is being rolled out`}
        </strong>
        {rollout.fromRelease === null ? '' : `, ${isBack ? 'to' : 'in place of'} release ${rollout.fromRelease.number}`}
        , begun <Time at={rollout.createdAt} />.{' '}
        <Link to="/applications/$application/$alias/releases" params={{ application, alias }} search={search}>
          Releases and roll-outs
        </Link>
      </p>
      <p className="rollout-progress">
        <progress aria-label="Instances that run the new release" value={moved} max={Math.max(1, instances.length)} />
        {moved} of {instances.length} {instances.length === 1 ? 'instance runs' : 'instances run'} release {to ?? ''}
      </p>
      {rollout.reason === null ? null : (
        <p>
          <Foreign text={rollout.reason.message} /> <span className="quiet">({rollout.reason.code})</span>
        </p>
      )}
    </section>
  );
}
