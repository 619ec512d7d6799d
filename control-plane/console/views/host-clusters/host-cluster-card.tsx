/** One host cluster among others. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import { useTenantSearch } from '../../shell/tenant.ts';
import { FailureNote, ProbeText, Room, StateWords } from './host-cluster-parts.tsx';
import { useHostCluster } from './use-host-cluster.ts';

export function HostClusterCard({ name }: { readonly name: string }): ReactNode {
  const live = useHostCluster(name);
  const search = useTenantSearch();
  if (live.kind === 'ended') return null;
  return (
    <section className="block host-cluster" aria-label={name}>
      <h2>
        <Link to="/host-clusters/$name" params={{ name }} search={search}>
          {name}
        </Link>
      </h2>
      {live.kind === 'waiting' ? <Waiting what={name} /> : null}
      {live.kind === 'refused' ? <RefusedNote error={live.error} /> : null}
      {live.kind !== 'live' ? null : (
        <>
          <p>
            <StateWords cluster={live.state} />
          </p>
          <FailureNote failure={live.state.status.failure} />
          <dl className="facts">
            <dt>Version</dt>
            <dd>{live.state.status.version ?? 'not known'}</dd>
            <dt>Nodes</dt>
            <dd>
              {live.state.status.nodes === null
                ? 'not known'
                : `${live.state.status.usableNodes ?? 0} of ${live.state.status.nodes} take pods`}
            </dd>
            <dt>Probe</dt>
            <dd>
              <ProbeText probe={live.state.probe} />
            </dd>
          </dl>
          <Room status={live.state.status} />
        </>
      )}
    </section>
  );
}
