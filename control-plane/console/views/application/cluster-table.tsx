import type { ReactNode } from 'react';
import { Cells, COLUMNS } from '../../clusters/cells.tsx';
import type { Cluster } from '../../clusters/overview-state.ts';
import { stepOf } from '../../clusters/trend.ts';
import { useNow } from '../../components/time.tsx';

export interface ClusterTableProps {
  readonly clusters: readonly Cluster[];
  /** See Clusters. */
  readonly clockAhead: number;
}

/** The service clusters of one application, with the same figures as in the overview. */
export function ClusterTable({ clusters, clockAhead }: ClusterTableProps): ReactNode {
  const step = stepOf(useNow() + clockAhead);
  return (
    <section aria-labelledby="clusters">
      <h2 id="clusters">Service clusters</h2>
      <div role="table" aria-labelledby="clusters" className="clusters">
        <div role="rowgroup">
          <div role="row" className="row head">
            {COLUMNS.map((name) => (
              <span key={name} role="columnheader">
                {name}
              </span>
            ))}
          </div>
        </div>
        <div role="rowgroup" className="rows">
          {clusters.map((cluster) => (
            <div key={cluster.entry.uid} role="row" className="row">
              <Cells cluster={cluster} step={step} nameFrom="alias" />
            </div>
          ))}
        </div>
      </div>
    </section>
  );
}
