/** What the app is made of, and what it is to whoever constructs it. */
import type { CacheBounds } from '../../domain/collection/caches.ts';
import type { Logger } from 'pino';
import type { ClusterKeeperOptions } from '../apply/cluster-keeper.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { HostClusters } from '../host-clusters/host-clusters.ts';
import type { KubeconfigRules } from '../host-clusters/credential.ts';
import type { ExchangeIdentity } from '../identity/exchange.ts';
import type { TokenTimes } from '../identity/timed-token.ts';
import type { ArtifactStore, BuildFolders, Builder, SourceFetcher } from '../ports/artifacts.ts';
import type { BacktestRunner } from '../ports/backtests.ts';
import type { BrokerAccounts } from '../ports/broker-accounts.ts';
import type { BuildLogs } from '../ports/build-logs.ts';
import type { Clock, NewUid } from '../ports/clock.ts';
import type { Disk, DiskSpace } from '../ports/disk.ts';
import type { DrainPositions, DrainTransports } from '../ports/drains.ts';
import type { HostClusterAccess } from '../ports/host-clusters.ts';
import type { ApplicationLogs } from '../ports/logs.ts';
import type { Messaging } from '../ports/messaging.ts';
import type { Metrics } from '../ports/metrics.ts';
import type { ProgramParts, ReadinessCheck } from '../ports/platform.ts';
import type { NoticeTransport } from '../ports/notices.ts';
import type { PodInstances } from '../ports/pods.ts';
import type { Provider } from '../ports/provider.ts';
import type { Runtimes } from '../ports/runtimes.ts';
import type { Store } from '../ports/store.ts';
import type { TaskProvider } from '../ports/tasks.ts';
import type { Vault } from '../ports/vault.ts';
import type { UseCases } from '../use-cases.ts';
import type { WebhookReceiver } from '../webhooks/receiver.ts';

export interface CoreOptions {
  readonly store: Store;
  readonly vault: Vault;
  readonly provider: Provider;
  readonly runtimes: Runtimes;
  /** What runs one-off tasks. */
  readonly tasks: TaskProvider;
  readonly messaging: Messaging;
  readonly accounts: BrokerAccounts;
  readonly fetcher: SourceFetcher;
  readonly artifacts: ArtifactStore;
  readonly builder: Builder;
  readonly buildLogs: BuildLogs;
  readonly logs: ApplicationLogs;
  readonly drains: { readonly transports: DrainTransports; readonly positions: DrainPositions };
  /** Closed with the core. */
  readonly noticeTransport: NoticeTransport;
  readonly hostClusters: {
    readonly access: HostClusterAccess;
    readonly rules: KubeconfigRules;
    readonly probeImage: string;
  };
  /** Absent: no instance is a pod. */
  readonly pods?: PodInstances;
  /** Closed with the core. */
  readonly backtestRunner: BacktestRunner;
  readonly program: ProgramParts;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Fencing number of this holder. */
  readonly fence: number;
  readonly brokers: readonly string[];
  /** Not a part of this process: it delivers while the control plane is away. */
  readonly isBrokerOutside: boolean;
  /** What all instances of a tenant together may log, on average. */
  readonly tenantLogBytesPerSecond: number;
  readonly controlPlaneUrl: string;
  readonly publicHost: string;
  readonly findPublicPort: ClusterKeeperOptions['findPublicPort'];
  /** Takes cartridges that have come (back) since the start into the store. */
  readonly refreshCartridges: () => Promise<void>;
  /** Under which Git hosts and people reach the control plane, without a slash at its end; null where nobody said. */
  readonly publicUrl: string | null;
  /** Of instances' tokens. */
  readonly tokenTimes: TokenTimes;
  readonly gitPollSeconds: number;
  /** That of the data folder. */
  readonly disk: Disk;
  /** Share of it that is to be free, 0 (never mind) to below 1. */
  readonly minimumFreeDiskShare: number;
  /** Artifacts and uploaded trees together; what is in use is kept beyond it. */
  readonly maximumArchiveBytes: number;
  readonly cacheBounds: CacheBounds;
  readonly buildFolders: BuildFolders;
  readonly clock: Clock;
  readonly newUid: NewUid;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

export interface Core {
  readonly fleet: Fleet;
  readonly useCases: UseCases;
  /** Where Git hosts tell of pushes. */
  readonly webhooks: WebhookReceiver;
  /** Log lines beyond the tenants' limits since the start. */
  readonly droppedLogLines: number;
  /** What the file system last said; null before it was asked. */
  readonly diskSpace: DiskSpace | null;
  /** What is known of each host cluster. */
  readonly hostClusters: Pick<HostClusters, 'status' | 'statuses'>;
  /** Which instance a pod is, and its token. */
  readonly exchangeIdentity: ExchangeIdentity;
  /** Runs `work` while nothing of sources, builds, artifacts and releases is removed. */
  whileNothingIsCollected<T>(work: () => Promise<T>): Promise<T>;
  /** Rejects with the reason while the core is not started. */
  ready(): Promise<void>;
  /** That it is started, and what it needs. */
  readonly checks: readonly ReadinessCheck[];
  /** Begins to listen, decide and act. */
  start(): Promise<void>;
  /** Stops acting, leaves every instance running, writes what is still in memory. */
  close(): Promise<void>;
}
