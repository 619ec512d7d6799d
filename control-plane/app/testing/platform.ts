/**
 * The parts of the app, wired as the core wires them, over a real database and a machine in memory. Nothing runs by itself: a
 * test says when a service cluster is looked at, and what time it is.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { newUid } from '../../../schema/ids.ts';
import { createArtifactStore } from '../../adapters/artifacts/store.ts';
import { createBuildLogs, type FileBuildLogs } from '../../adapters/builder/build-logs.ts';
import { createBuildFolders } from '../../adapters/builder/folders.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { openStore, type DatabaseStore } from '../../adapters/database/store.ts';
import type { SecretKey } from '../../adapters/secrets/key-file.ts';
import { createVault } from '../../adapters/secrets/vault.ts';
import { SegmentLog } from '../../adapters/logs/segment-log.ts';
import { Apply, type ApplyInput } from '../apply/apply.ts';
import { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { createFeeds } from '../ask/feeds.ts';
import { createMutations } from '../ask/mutations.ts';
import { createQueries } from '../ask/queries.ts';
import { GitPoller } from '../deploy/git-poller.ts';
import { Pipeline } from '../deploy/pipeline.ts';
import { Releases } from '../deploy/releases.ts';
import { EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Fleet } from '../fleet/fleet.ts';
import { InstanceJournal } from '../fleet/instance-journal.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { Observer } from '../fleet/observer.ts';
import { restore } from '../fleet/restore.ts';
import { onAck } from '../ingest/ack.ts';
import { onArtifact } from '../ingest/artifact.ts';
import { onDemand } from '../ingest/demand.ts';
import { LogIngest } from '../ingest/log.ts';
import { readHistory } from '../history/read.ts';
import { HistoryRecorder } from '../history/recorder.ts';
import { HistoryStore } from '../history/store.ts';
import { Ingest } from '../ingest/ingest.ts';
import { onStats } from '../ingest/stats.ts';
import { onStatus } from '../ingest/status.ts';
import { Meter } from '../metering/meter.ts';
import type { EventRecord, NewEvent, TenantQuota } from '../records.ts';
import type { ArtifactStore, BuildFolders } from '../ports/artifacts.ts';
import type { Principal } from '../principal.ts';
import { Publisher } from '../publish/publisher.ts';
import { clearingStrays } from '../publish/strays.ts';
import { Converge } from '../reconcile/converge.ts';
import { Decider } from '../reconcile/decider.ts';
import { DecisionJournal } from '../reconcile/decision-journal.ts';
import { Instances } from '../reconcile/instances.ts';
import { Removal } from '../reconcile/remove.ts';
import { Rollouts } from '../reconcile/rollouts.ts';
import { newTenant, NO_QUOTA } from '../tenants/quota.ts';
import { Quotas } from '../tenants/quotas.ts';
import { TenantRemoval } from '../tenants/removal.ts';
import { TokenWatch } from '../tenants/token-watch.ts';
import { ScriptedBuilder, ScriptedFetcher } from './builds.ts';
import { Crash } from './crash.ts';
import { cartridges } from './manifests.ts';
import { connectedTo, InMemoryMessaging } from './messaging.ts';
import { InMemoryProvider, reached } from './provider.ts';
import { hooked } from './store.ts';
import { testKey } from './vault.ts';

export const OPERATOR: Principal = {
  token: 'operator',
  name: 'operator',
  role: 'operator',
  tenant: null,
  application: null,
};
const logger = pino({ level: 'silent' });

export class Platform implements AsyncDisposable {
  now = 1_800_000_000_000;
  readonly provider = new InMemoryProvider();
  readonly messaging = new InMemoryMessaging();
  readonly crash = new Crash();
  /** Thrown by each write whose name it answers an error for. */
  refuse: (what: string) => Error | undefined = () => undefined;
  readonly fetcher = new ScriptedFetcher();
  readonly builder = new ScriptedBuilder();
  readonly logs: SegmentLog;
  readonly buildLogs: FileBuildLogs;
  readonly buildFolders: BuildFolders;
  readonly artifacts: ArtifactStore;
  readonly failures: unknown[] = [];
  /** Oldest first, as the next start finds them. */
  readonly keys: SecretKey[] = [testKey()];
  parts!: Parts;
  readonly #directory: string;
  readonly database: DatabaseStore;

  private constructor(
    directory: string,
    database: DatabaseStore,
    { artifacts, buildLogs, buildFolders }: Pick<Platform, 'artifacts' | 'buildLogs' | 'buildFolders'>,
  ) {
    this.#directory = directory;
    this.database = database;
    this.artifacts = artifacts;
    this.buildLogs = buildLogs;
    this.buildFolders = buildFolders;
    const onFailure = (error: unknown): void => void this.failures.push(error);
    this.logs = new SegmentLog({ directory: join(directory, 'logs'), onFailure });
  }

  /** A folder of the platform's own. */
  path(...parts: string[]): string {
    return join(this.#directory, ...parts);
  }

  /** With the tenants `acme` and `beta`, the test cartridges, and nothing else. */
  static async open(): Promise<Platform> {
    const directory = await mkdtemp(join(tmpdir(), 'cartwright-app-'));
    const database = await openStore({ directory });
    const platform = new Platform(directory, database, {
      artifacts: await createArtifactStore({ directory: join(directory, 'artifacts') }),
      buildLogs: await createBuildLogs(join(directory, 'build-logs')),
      buildFolders: await createBuildFolders(join(directory, 'builds')),
    });
    await database.transaction(async (tx) => {
      for (const cartridge of cartridges()) await tx.cartridges.save(cartridge);
      for (const name of ['acme', 'beta']) await tx.tenants.save(newTenant(name, { now: 0, newUid }));
    });
    await platform.start();
    return platform;
  }

  /** A new control plane takes over; what the one before had in memory is gone, and nothing of it goes on. */
  async start(): Promise<Parts> {
    const fence = await this.database.acquireLease(newUid());
    this.parts = partsOver(this, fence);
    await this.parts.restore();
    return this.parts;
  }

  apply(manifests: string, input: Partial<ApplyInput> & { principal?: Principal } = {}) {
    const { principal, ...rest } = input;
    return this.parts.apply.run(principal ?? OPERATOR, { manifests, tenant: 'acme', ...rest });
  }

  cluster(alias: string, application = 'shop', tenant = 'acme'): ClusterState {
    const cluster = this.parts.fleet.clusterByKey({ tenant, application, alias });
    if (cluster === undefined) throw new Error(`there is no ${tenant}/${application}/${alias}`);
    return cluster;
  }

  /** Rolls out a release with an artifact of its own, as a build does at its end. */
  async release(alias = 'web', digit = 'a'): Promise<string> {
    const cluster = this.cluster(alias);
    const uid = `sha256-${digit.repeat(64)}`;
    await this.database.artifacts.save({ uid, bytes: 10, createdAt: this.now });
    const content = { artifact: uid, source: null, build: newUid(), by: 'test' };
    return (await cluster.serial.run(() => this.parts.releases.create(cluster, content))).uid;
  }

  /** One look at every service cluster, or at one, without a decision. */
  async pass(...clusters: ClusterState[]): Promise<void> {
    const { fleet, observer } = this.parts;
    await observer.look();
    for (const cluster of clusters.length > 0 ? clusters : [...fleet.clusters()])
      await cluster.serial.run(() => this.parts.pass(cluster));
  }

  /** What was stored of an event type, oldest first. */
  async events(type: string): Promise<EventRecord[]> {
    await this.parts.recorded();
    return this.database.events.newest({ types: [type] }, 200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.crash.never();
    this.refuse = () => undefined;
    await this.parts.close();
    await this.logs.close();
    await this.buildLogs.close();
    await this.database.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

export type Parts = ReturnType<typeof partsOver>;

function partsOver(platform: Platform, fence: number) {
  const alive = platform.crash.begin();
  const provider = reached(platform.provider, alive);
  const messaging = connectedTo(platform.messaging, alive);
  const store = hooked(platform.database, {
    before: async (what) => {
      const error = platform.refuse(what);
      if (error !== undefined) throw error;
      await alive();
    },
  });
  const clock = { ...systemClock, now: (): number => platform.now };
  const { now } = clock;
  // As each start reads the file of keys again.
  const vault = createVault(platform.keys);
  const onFailure = (error: unknown): void => void platform.failures.push(error);
  const fleet = new Fleet();
  const appends = new Set<Promise<unknown>>();
  const events = new EventRecorder(
    {
      transaction: (work) => store.transaction(work),
      events: {
        ...store.events,
        append: (batch: readonly NewEvent[]) => {
          const append = store.events.append(batch);
          appends.add(append);
          return append.finally(() => appends.delete(append));
        },
      },
    },
    now,
    onFailure,
  );
  const dirty = new Set<string>();
  const markDirty = (cluster: ClusterState): void => void dirty.add(cluster.keyText);
  const journal = new InstanceJournal(store, events, clock, onFailure);
  const publisher = new Publisher({
    fleet,
    messaging,
    store,
    endpoints: { controlPlane: 'http://127.0.0.1:1/instance/v1' },
    epoch: fence,
    reportIntervalSeconds: 5,
    logger,
  });
  const instances = new Instances({
    store,
    fleet,
    provider,
    publisher,
    journal,
    events,
    fence,
    brokers: ['mqtt://127.0.0.1:1'],
    controlPlane: 'http://127.0.0.1:1/instance/v1',
    logger,
    now,
    newUid,
  });
  const quotaOf = async (tenant: string): Promise<TenantQuota> =>
    (await store.tenants.find({ name: tenant }))[0]?.quota ?? NO_QUOTA;
  const quotas = new Quotas({ fleet, quotaOf, recentQuotaOf: quotaOf, balancerCartridge: 'lb' });
  const releases = new Releases({ store, vault, events, quotas, markDirty, now, newUid });
  const { logs, buildLogs, artifacts, fetcher } = platform;
  const exclusively: ClusterKeeper['exclusively'] = (tenants, work) => keeper.exclusively(tenants, work);
  const tenantRemoval = new TenantRemoval({ store, fleet, events, exclusively, clock, logger });
  const tokenWatch = new TokenWatch(store.tokens, clock);
  const onApplicationGone = ({ tenant }: { tenant: string }): void => tenantRemoval.look(tenant);
  const historyStore = new HistoryStore(store.history);
  const removal = new Removal({ fleet, journal, publisher, logs, history: historyStore, events, onApplicationGone });
  let port = 8000;
  const keeper = new ClusterKeeper({
    store,
    fleet,
    releases,
    publisher,
    removal,
    events,
    provider: 'process',
    balancerAlias: 'lb',
    balancerCartridge: 'lb',
    findPublicPort: async () => (port += 1),
    markDirty,
    now,
    newUid,
  });
  const rollouts = new Rollouts({ store, fleet, instances, publisher, journal, events, epoch: fence, now });
  const converge = new Converge({ fleet, instances, rollouts, journal, events, logger, now, markDirty });
  const decisions = new DecisionJournal({ store, onFailure, clock, newUid });
  const decider = new Decider({
    fleet,
    room: (memoryBytes) => provider.room(memoryBytes),
    quotas,
    journal: decisions,
    events,
    reportIntervalSeconds: 5,
    count: () => undefined,
    now,
  });
  const observer = new Observer({ fleet, provider, markDirty, logger, clock });
  const stale: number[] = [];
  const history = new HistoryRecorder({ fleet, store: historyStore, logger, clock });
  const meter = new Meter({ fleet, store, logger, clock });
  const context = {
    fleet,
    journal,
    markDirty,
    meter,
    stale: (count: number) => void stale.push(count),
    throttled: () => undefined,
    started: () => undefined,
  };
  const logIngest = new LogIngest({
    logs: platform.logs,
    tenantBytesPerSecond: 1024 * 1024,
    isBrokerOutside: false,
  });
  const ingest = new Ingest({
    fleet,
    count: () => undefined,
    clear: clearingStrays({ messaging, logger, assertHolder: () => instances.assertHolder() }),
    logger,
    handlers: {
      status: (source, { value }) => onStatus(source, value, context),
      stats: (source, { value }) => onStats(source, value, context),
      demand: (source, { value }) => onDemand(source, value, context),
      artifact: (source, { value }) => onArtifact(source, value, context),
      log: (source, { value }) => logIngest.take(source, value),
      ack: (source, { value }) => onAck(source, value, context),
    },
  });
  const pipeline = new Pipeline({
    vault,
    store,
    fleet,
    fetcher,
    artifacts,
    builder: platform.builder,
    logs: buildLogs,
    releases,
    buildsAtOnce: async (tenant) => (await quotaOf(tenant)).buildsAtOnce,
    events,
    folders: platform.buildFolders,
    logger,
    observeDuration: () => undefined,
    now,
    newUid,
  });
  const poller = new GitPoller({
    vault,
    fleet,
    store,
    fetcher,
    pipeline,
    events,
    logger,
    intervalSeconds: 10,
    clock,
    random: () => 0.5,
  });
  const apply = new Apply({ store, vault, fetcher, fleet, keeper, quotas, provider, events, now, newUid });
  return {
    apply,
    queries: createQueries({
      quotas,
      store,
      vault,
      fleet,
      events,
      logs,
      history: (cluster, question) => readHistory(historyStore, history, cluster, question),
      drains: {
        status: async ({ name }) => [
          {
            ...{ name, type: 'syslog', url: 'tls://logs.example.org', state: 'idle' },
            ...{ sent: 0, dropped: 0, behind: 0, lastSentAt: null, lastError: null },
          },
        ],
      },
      publicHost: '127.0.0.1',
      now,
    }),
    history,
    meter,
    mutations: createMutations({
      store,
      vault,
      fleet,
      apply,
      keeper,
      pipeline,
      poller,
      releases,
      artifacts,
      publisher,
      events,
      quotas,
      tenants: { store, fleet, events, watch: tokenWatch, removal: tenantRemoval, exclusively, now, newUid },
      markDirty,
      now,
      newUid,
    }),
    feeds: createFeeds({ store, fleet, events, pipeline, buildLogs, logs, clock }),
    pipeline,
    poller,
    converge,
    decider,
    decisions,
    dirty,
    events,
    fleet,
    ingest,
    instances,
    journal,
    keeper,
    observer,
    publisher,
    vault,
    releases,
    removal,
    rollouts,
    tokenWatch,
    async restore(): Promise<void> {
      await restore({ store, fleet, provider, keeper, journal, logger, now });
      for (const application of [...fleet.applications.values()]) await keeper.keep(application);
      await pipeline.resume();
      await tenantRemoval.resume();
    },
    async pass(cluster: ClusterState, platformAtFault = false): Promise<void> {
      await releases.begin(cluster);
      await converge.run(cluster, platformAtFault);
      await publisher.publish(cluster);
      await removal.cluster(cluster);
    },
    /** Resolves when every event so far is stored. */
    async recorded(): Promise<void> {
      await journal.settle();
      while (appends.size > 0) await Promise.allSettled(appends);
    },
    async close(): Promise<void> {
      tokenWatch.close();
      await tenantRemoval.close();
      await poller.close();
      await converge.close();
      await pipeline.close();
      await observer.close();
      await decisions.close(fleet.clusters());
      await journal.close();
      while (appends.size > 0) await Promise.allSettled(appends);
    },
  };
}

/** The only live instance of a service cluster. */
export function only(cluster: ClusterState): InstanceState {
  const [instance, ...others] = cluster.live();
  if (instance === undefined || others.length > 0) throw new Error(`there are ${cluster.live().length} instances`);
  return instance;
}
