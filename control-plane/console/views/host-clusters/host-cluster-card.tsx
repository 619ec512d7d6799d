/** One host cluster among others. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { useTenantSearch } from '../../shell/tenant.ts';
import { FailureNote, ProbeText, Room, StateWords } from './host-cluster-parts.tsx';
import type { HostCluster } from './words.ts';

export function HostClusterCard({ cluster }: { readonly cluster: HostCluster }): ReactNode {
  const { name, status, probe } = cluster;
  const search = useTenantSearch();
  return (
    <section className="block" aria-label={name}>
      <h2>
        <Link to="/host-clusters/$name" params={{ name }} search={search}>
          {name}
        </Link>
      </h2>
      <p>
        <StateWords cluster={cluster} />
      </p>
      <FailureNote failure={status.failure} />
      <dl className="facts">
        <dt>Version</dt>
        <dd>{status.version ?? 'not known'}</dd>
        <dt>Nodes</dt>
        <dd>{status.nodes === null ? 'not known' : `${status.usableNodes ?? 0} of ${status.nodes} take pods`}</dd>
        <dt>Probe</dt>
        <dd>
          <ProbeText probe={probe} />
        </dd>
      </dl>
      <Room status={status} />
    </section>
  );
}
