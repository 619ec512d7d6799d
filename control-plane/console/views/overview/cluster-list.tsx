/** All service clusters, narrowed and in the order that the address says. */
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState, type ReactNode } from 'react';
import { EmptyNote } from '../../components/notes.tsx';
import type { NameFrom } from '../../clusters/name.ts';
import type { Cluster, Clusters } from '../../clusters/overview-state.ts';
import { pageSearch, type PageSearch } from '../../shell/tenant.ts';
import { FilterBar } from './filter-bar.tsx';
import { parseFilter } from './filter.ts';
import { sorted, type Sort } from './order.ts';
import { Rows } from './rows.tsx';
import type { OverviewSearch } from './search.ts';
import { useHeldOrder } from './use-held-order.ts';

export interface ClusterListProps {
  readonly clusters: Clusters;
  readonly nameFrom: NameFrom;
}

export function ClusterList({ clusters, nameFrom }: ClusterListProps): ReactNode {
  const { q = '', sort = 'attention' } = useSearch({ from: '/' });
  const navigate = useNavigate();
  const [isHeld, setHeld] = useState(false);
  const filter = useMemo(() => parseFilter(q), [q]);
  const found = useMemo(
    () => [...clusters.byUid.values()].filter(({ entry }) => filter.matches(entry)),
    [clusters, filter],
  );
  const ordered = useMemo(() => sorted(found, sort), [found, sort]);
  const shown = useHeldOrder(ordered, isHeld, `${sort} ${q}`);

  const go = (change: { readonly q?: string; readonly sort?: Sort }): void => {
    void navigate({ to: '/', search: (search) => asked(search, change), replace: true, resetScroll: false });
  };
  return (
    <section aria-labelledby="clusters">
      <h2 id="clusters">Service clusters</h2>
      <FilterBar
        text={q}
        sort={sort}
        unknown={filter.unknown}
        counted={counted(found, clusters.byUid.size)}
        isHeld={shown !== ordered && !isInOrder(shown, ordered)}
        onText={(text) => go({ q: text })}
        onSort={(next) => go({ sort: next })}
      />
      {shown.length === 0 ? (
        <EmptyNote title="No service cluster matches the filter.">
          <button type="button" onClick={() => go({ q: '' })}>
            Clear the filter
          </button>
        </EmptyNote>
      ) : (
        <Rows clusters={shown} clockAhead={clusters.clockAhead} nameFrom={nameFrom} onHeld={setHeld} />
      )}
    </section>
  );
}

/** The search of the address after a change; what is as it is by itself is not written there. */
function asked(
  search: OverviewSearch & PageSearch,
  { q, sort }: { readonly q?: string; readonly sort?: Sort },
): OverviewSearch & PageSearch {
  const text = q ?? search.q ?? '';
  const order = sort ?? search.sort ?? 'attention';
  return {
    ...pageSearch(search),
    ...(text === '' ? {} : { q: text }),
    ...(order === 'attention' ? {} : { sort: order }),
  };
}

function counted(found: readonly Cluster[], all: number): string {
  const [some, every] = [found.length.toLocaleString('en'), all.toLocaleString('en')];
  if (found.length === all) return `${every} ${all === 1 ? 'service cluster' : 'service clusters'}`;
  return `${some} of ${every} service clusters`;
}

function isInOrder(a: readonly Cluster[], b: readonly Cluster[]): boolean {
  return a.every((cluster, index) => cluster.entry.uid === b[index]?.entry.uid);
}
