/** Where `top` has its rows from. The one place that knows by which subscription they come. */
import { latest, type LatestOptions } from '../client/latest.ts';
import { followSubscription, type Session } from '../client/session.ts';
import {
  TopClusters,
  TopInstances,
  type ServiceClusterRef,
  type TopClustersSubscription,
  type TopInstancesSubscription,
} from '../generated/operations.ts';
import { control } from '../nouns/clusters.ts';
import { word } from '../output/text.ts';
import type { ClusterRow, InstanceRow } from './rows.ts';

/** All rows as they are now, and again after they have changed. */
export type RowSource<T> = (options: LatestOptions) => AsyncIterable<readonly T[]>;

/** The service clusters of the session's tenant (of all tenants, for an operator who names none), or of one application. */
export function clusterSource(session: Session, application: string | undefined): RowSource<ClusterRow> {
  const { tenant } = session;
  return (options) => latest((signal) => overviewRows(session, { tenant, application }, signal), options);
}

/** The overview is told as a whole and then by what has changed; again as a whole after each connection. */
async function* overviewRows(
  session: Session,
  scope: { readonly tenant: string | undefined; readonly application: string | undefined },
  signal: AbortSignal,
): AsyncGenerator<readonly ClusterRow[], void, undefined> {
  const entries = new Map<string, Entry>();
  const applications = new Map<string, Overview['applications'][number]>();
  for await (const { overview } of followSubscription(session, TopClusters, () => scope, { signal })) {
    if (overview.isWhole) for (const known of [entries, applications]) known.clear();
    for (const uid of overview.removed) for (const known of [entries, applications]) known.delete(uid);
    for (const one of overview.applications) applications.set(one.uid, one);
    for (const one of overview.changed) entries.set(one.uid, one);
    const all = [...entries.values()];
    const isOfSeveral = new Set(all.map(({ tenant }) => tenant)).size > 1;
    yield all.map((entry) => {
      const blocked = applications.get(entry.applicationUid)?.blocked ?? null;
      return clusterRow(entry, { blocked, isOfSeveral, now: session.io.now() });
    });
  }
}

/** The instances of a service cluster, but for those that have ended. */
export function instanceSource(session: Session, ref: ServiceClusterRef): RowSource<InstanceRow> {
  return async function* (options) {
    const open = (signal: AbortSignal) => followSubscription(session, TopInstances, () => ({ ref }), { signal });
    for await (const { serviceCluster } of latest(open, options)) yield serviceCluster.instances.map(instanceRow);
  };
}

type Overview = TopClustersSubscription['overview'];
type Entry = Overview['changed'][number];

interface Around {
  readonly blocked: { readonly code: string } | null;
  /** There are service clusters of several tenants. */
  readonly isOfSeveral: boolean;
  readonly now: number;
}

function clusterRow(entry: Entry, { blocked, isOfSeveral, now }: Around): ClusterRow {
  const { uid, tenant, applicationName, alias, counts, queued, factor, release, rollout, attention } = entry;
  const name = `${applicationName}/${alias}`;
  const stable = release === null ? null : String(release);
  return {
    ...{ uid, name: isOfSeveral ? `${tenant}/${name}` : name, ...counts, queued },
    requestsPerSecond: entry.throughputPerSecond,
    factor: factor && { ...factor, horizonSeconds: entry.horizonSeconds },
    release: rollout === null ? stable : `${stable ?? ''}→${rollout.to ?? '?'}`,
    control: control({ ...entry, blocked, frozen: entry.frozen ? {} : null }, now),
    attention: attention.map(({ sentence }) => sentence),
  };
}

function instanceRow({
  instance: { uid, state, unreachable, release, activeAt, reason },
  live,
}: TopInstancesSubscription['serviceCluster']['instances'][number]): InstanceRow {
  return {
    ...live,
    uid,
    state: `${word(state)}${unreachable ? ', unreachable' : ''}`,
    release: release === null ? null : String(release.number),
    activeAt,
    reason: reason === null ? null : `${reason.code}: ${reason.message}`,
  };
}
