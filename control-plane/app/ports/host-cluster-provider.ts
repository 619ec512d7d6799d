/** What runs instances in one host cluster; `HostClusterFleet` makes one provider of all of them. */
import type { HostClusterCredential } from '../host-clusters/credential.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import type { KeptRelease, Provider } from './provider.ts';

export interface HostClusterProvider extends Provider {
  /** The instance that a pod is; `undefined` where it is none, or none yet. */
  instanceOf(podUid: string): string | undefined;
  addressOf(cluster: string): Promise<string | undefined>;
  removeCluster(cluster: string): Promise<void>;
  keepRelease(cluster: string, release: KeptRelease | null): void;
}

export interface HostClusterProviders {
  /**
   * Resolves when it knows what is there. Rejects when the cluster does not answer, and as the signal says; nothing is left open then.
   * The caller closes the provider, and with it its connection.
   */
  open(
    hostCluster: HostClusterRecord,
    credential: HostClusterCredential,
    signal: AbortSignal,
  ): Promise<HostClusterProvider>;
}
