import { WatchHostCluster, type WatchHostClusterSubscription } from '../../generated/operations.ts';
import { useLive, type Live } from '../../live/use-live.ts';
import type { HostCluster } from './words.ts';

/** One host cluster as it is, and as it is after each change; ended: it was removed. */
export function useHostCluster(name: string): Live<HostCluster> {
  return useLive(WatchHostCluster, { variables: { name }, apply: hostClusterIn });
}

function hostClusterIn(_before: HostCluster | undefined, { hostCluster }: WatchHostClusterSubscription): HostCluster {
  return hostCluster;
}
