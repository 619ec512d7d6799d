/** Where `top` has its rows from. The one place that knows by which subscription they come. */
import { eachLive } from '../client/each-live.ts';
import { latest, type LatestOptions } from '../client/latest.ts';
import { followSubscription, type Session } from '../client/session.ts';
import {
  TopClusters,
  TopInstances,
  type ServiceClusterRef,
  type TopClustersSubscription,
  type TopInstancesSubscription,
} from '../generated/operations.ts';
import { control, scopeRefs } from '../nouns/clusters.ts';
import { word } from '../output/text.ts';
import { tightest, type ClusterRow, type InstanceRow } from './rows.ts';

/** All rows as they are now, and again after they have changed. */
export type RowSource<T> = (options: LatestOptions) => AsyncIterable<readonly T[]>;

/** The service clusters of the session's tenant, or of one application. */
export function clusterSource(session: Session, application: string | undefined): RowSource<ClusterRow> {
  const scope = { application, limit: 1, includeTerminated: false, actionsOnly: false, types: [] };
  return async function* (options) {
    for await (const states of eachLive(session, TopClusters, () => scopeRefs(session, scope), options))
      yield states.map(({ serviceCluster }) => clusterRow(serviceCluster, session.io.now()));
  };
}

/** The instances of a service cluster, but for those that have ended. */
export function instanceSource(session: Session, ref: ServiceClusterRef): RowSource<InstanceRow> {
  return async function* (options) {
    const open = (signal: AbortSignal) => followSubscription(session, TopInstances, () => ({ ref }), { signal });
    for await (const { serviceCluster } of latest(open, options)) yield serviceCluster.instances.map(instanceRow);
  };
}

function clusterRow({ serviceCluster, live }: TopClustersSubscription['serviceCluster'], now: number): ClusterRow {
  const { uid, applicationName, alias, stableRelease, candidateRelease } = serviceCluster;
  const { wanted, active, starting, faulty, throughputPerSecond, queued, factors } = live;
  const rows = factors.map(({ name, observed, capacity, forecast }) => ({
    ...{ name, observed, capacity },
    predicted: forecast?.predicted ?? null,
    horizonSeconds: forecast?.horizonSeconds ?? null,
  }));
  const stable = stableRelease === null ? null : String(stableRelease.number);
  return {
    ...{ uid, name: `${applicationName}/${alias}`, wanted, active, starting, faulty, queued },
    requestsPerSecond: throughputPerSecond,
    factor: tightest(rows),
    release: candidateRelease === null ? stable : `${stable ?? ''}→${candidateRelease.number}`,
    control: control(serviceCluster, now),
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
