/** When many instances fall silent at once it is the platform's fault: hold, say so, replace nothing. */
import type { ClusterState } from '../fleet/cluster-state.ts';
import { isPlatformAtFault, SILENT_AFTER_MILLISECONDS } from './health.ts';

export function platformAtFault(cluster: ClusterState, now: number, brokerConnected: boolean): boolean {
  if (!brokerConnected) return true;
  const expected = cluster.live().filter(({ record }) => record.activeAt !== null && record.state !== 'faulty');
  const silentSince = expected
    .filter((instance) => instance.record.unreachable || now - instance.lastHeardAt >= SILENT_AFTER_MILLISECONDS)
    .map((instance) => instance.lastHeardAt);
  return isPlatformAtFault(silentSince, expected.length);
}
