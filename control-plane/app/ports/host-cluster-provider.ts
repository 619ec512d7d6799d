/** What runs instances in one host cluster; `HostClusterFleet` makes one provider of all of them. */
import type { HostClusterCredential } from '../host-clusters/credential.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import type { KeptRelease, Provider } from './provider.ts';
import type { JobRequest, ObservedTask, TaskProvider } from './tasks.ts';

/** One-off tasks, or builds, in one host cluster; what they print is kept elsewhere. Closed with its provider. */
export interface HostClusterTasks extends Pick<TaskProvider, 'list' | 'stop' | 'remove' | 'onChange'> {
  /** Idempotent by the uid of the document. */
  start(request: JobRequest): Promise<void>;
  observe(task: string): Promise<ObservedTask | undefined>;
  /** Whether anything of it is there. */
  has(task: string): boolean;
  /** The task that a pod runs; no second pod is ever that of the same task. */
  taskOf(podUid: string): string | undefined;
}

export interface HostClusterProvider extends Provider {
  readonly tasks: HostClusterTasks;
  readonly builds: HostClusterTasks;
  /** The instance that a pod is; `undefined` where it is none, or none yet. */
  instanceOf(podUid: string): string | undefined;
  addressOf(cluster: string): Promise<string | undefined>;
  removeCluster(cluster: string): Promise<void>;
  settle(cluster: string): void;
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
