/** What runs, what needs attention first, and where to look next. */
import type { ReactNode } from 'react';
import { concernsOf, countBySeverity } from '../../clusters/attention.ts';
import { applyTold, type Clusters } from '../../clusters/overview-state.ts';
import '../../clusters/clusters.css';
import { RefusedNote, Waiting } from '../../components/notes.tsx';
import { OverviewClusters, type ClusterEntryFragment } from '../../generated/operations.ts';
import { useLive } from '../../live/use-live.ts';
import { useTenantFilter } from '../../shell/tenant.ts';
import { ClusterList } from './cluster-list.tsx';
import { FrozenNote } from '../../clusters/frozen-note.tsx';
import { NeedsAttention } from '../../clusters/needs-attention.tsx';
import { NothingYet } from './nothing-yet.tsx';
import './overview.css';

export default function Overview(): ReactNode {
  const tenant = useTenantFilter();
  const live = useLive(OverviewClusters, {
    variables: { tenant },
    apply: (state: Clusters | undefined, { overview }) => applyTold(state, overview, Date.now()),
  });
  const clusters = live.kind === 'live' || live.kind === 'ended' ? live.state : null;
  const entries = Array.from(clusters?.byUid.values() ?? [], ({ entry }) => entry);
  return (
    <div className="page overview">
      <title>{titleOf(entries)}</title>
      <h1>Overview</h1>
      {live.kind === 'refused' ? <RefusedNote error={live.error} /> : null}
      {live.kind === 'waiting' ? <Waiting what="the service clusters" /> : null}
      {clusters === null ? null : entries.length === 0 ? (
        <NothingYet />
      ) : (
        <Everything clusters={clusters} entries={entries} />
      )}
    </div>
  );
}

/** A page that stands in another tab tells of what is critical as well. */
function titleOf(entries: readonly ClusterEntryFragment[]): string {
  const { CRITICAL: critical } = countBySeverity(entries);
  return `${critical === 0 ? '' : `${critical} critical · `}Overview · Cartwright`;
}

interface EverythingProps {
  readonly clusters: Clusters;
  readonly entries: readonly ClusterEntryFragment[];
}

function Everything({ clusters, entries }: EverythingProps): ReactNode {
  const nameFrom = new Set(entries.map(({ tenant }) => tenant)).size > 1 ? 'tenant' : 'application';
  return (
    <>
      <FrozenNote isFrozen={entries.some(({ frozen }) => frozen)} />
      <NeedsAttention concerns={concernsOf(entries)} nameFrom={nameFrom} />
      <ClusterList clusters={clusters} nameFrom={nameFrom} />
    </>
  );
}
