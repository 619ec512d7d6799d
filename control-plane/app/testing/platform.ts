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
import type { DatabaseStore } from '../../adapters/database/store.ts';
import { openUnsynced } from '../../adapters/database/testing/fresh.ts';
import type { SecretKey } from '../../adapters/secrets/key-file.ts';
import { createNoticeTransport } from '../../adapters/notices/transport.ts';
import { createVault } from '../../adapters/secrets/vault.ts';
import { SegmentLog } from '../../adapters/logs/segment-log.ts';
import { Apply, type ApplyInput } from '../apply/apply.ts';
import { ClusterKeeper } from '../apply/cluster-keeper.ts';
import { DiskWatch } from '../disk/disk-watch.ts';
import { Collector } from '../collect/collector.ts';
import { Serial } from '../fleet/serial.ts';
import { Backtests } from '../backtests/backtests.ts';
import { recordedReader } from '../backtests/read-recorded.ts';
import { BacktestThreads } from '../../simulation/backtest/threads.ts';
import { createFeeds } from '../ask/feeds.ts';
import { createMutations } from '../ask/mutations.ts';
import { createQueries } from '../ask/queries.ts';
import { GitPoller } from '../deploy/git-poller.ts';
import { Pipeline } from '../deploy/pipeline.ts';
import { Releases } from '../deploy/releases.ts';
import { AuditTrail } from '../audit/trail.ts';
import { EventRecorder } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Fleet } from '../fleet/fleet.ts';
import { InstanceJournal } from '../fleet/instance-journal.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { Observer } from '../fleet/observer.ts';
import { restore } from '../fleet/restore.ts';
import { RequestError } from '../errors.ts';
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
import type { EventRecord, NewEvent } from '../records/events.ts';
import type { TenantQuota } from '../records/tenants.ts';
import type { ArtifactStore, BuildFolders } from '../ports/artifacts.ts';
import type { Timer } from '../ports/clock.ts';
import { HostPlaces, LOCAL_PLACES, type HostPlace } from '../placement/host-places.ts';
import { Placer } from '../placement/placer.ts';
import type { InstanceNeeds, PlacementRequest } from '../ports/provider.ts';
import type { HostClusterAccess } from '../ports/host-clusters.ts';
import type { ProgramParts, ReadinessCheck } from '../ports/platform.ts';
import type { Runtimes } from '../ports/runtimes.ts';
import type { DiskSpace } from '../ports/disk.ts';
import type { Question } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import { MetadataVersions } from '../metadata/versions.ts';
import { Leftovers } from '../publish/leftovers.ts';
import { Publisher } from '../publish/publisher.ts';
import { clearingStrays } from '../publish/strays.ts';
import { RepositoryChecks } from '../repositories/repository-checks.ts';
import { Converge } from '../reconcile/converge.ts';
import { Moves } from '../reconcile/moves.ts';
import { Decider } from '../reconcile/decider.ts';
import { DecisionJournal } from '../reconcile/decision-journal.ts';
import { Freeze } from '../reconcile/freeze.ts';
import { Instances } from '../reconcile/instances.ts';
import { Removal } from '../reconcile/remove.ts';
import { Rollouts } from '../reconcile/rollouts.ts';
import { Silence } from '../reconcile/silence.ts';
import { OverviewBoard } from '../overview/board.ts';
import { HostClusters } from '../host-clusters/host-clusters.ts';
import { Notices } from '../notices/notices.ts';
import { SignInCodes } from '../sessions/codes.ts';
import { Sessions } from '../sessions/sessions.ts';
import { ReleaseHooks } from '../tasks/release-hook.ts';
import { Tasks } from '../tasks/tasks.ts';
import { newTenant, NO_QUOTA } from '../tenants/quota.ts';
import { Quotas } from '../tenants/quotas.ts';
import { TenantRemoval } from '../tenants/removal.ts';
import { AgentTokens } from '../identity/agent-tokens.ts';
import type { TokenTimes } from '../identity/timed-token.ts';
import { TokenRenewal } from '../token-renewal.ts';
import { TokenWatch } from '../tenants/token-watch.ts';
import { WebhookReceiver } from '../webhooks/receiver.ts';
import { ScriptedBuilder, ScriptedFetcher } from './builds.ts';
import { Crash } from './crash.ts';
import { HostClustersInMemory } from './host-clusters.ts';
import { cartridges } from './manifests.ts';
import { connectedTo, InMemoryMessaging, RecordedAccounts } from './messaging.ts';
import { PROGRAM } from './program.ts';
import { InMemoryProvider, reached } from './provider.ts';
import { hooked } from './store.ts';
import { InMemoryTasks, reachedTasks } from './tasks.ts';
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
  readonly tasks = new InMemoryTasks();
  readonly hostClusters = new HostClustersInMemory();
  /** As the next start is given. */
  hostClusterAccess: HostClusterAccess = this.hostClusters;
  readonly messaging = new InMemoryMessaging();
  /** Whether what is applied is asked about at its Git hosts: off, so that tests of others who ask can count. */
  asksHosts = false;
  readonly accounts = new RecordedAccounts();
  /** As the next start is told. */
  tokenTimes: TokenTimes = { lifetimeMilliseconds: null, graceMilliseconds: 600_000 };
  readonly crash = new Crash();
  /** Thrown by each write whose name it answers an error for. */
  refuse: (what: string) => Error | undefined = () => undefined;
  maximumArchiveBytes = 1e9;
  cacheBounds = { component: 1e9, total: 1e9 };
  /** As the next start is told. */
  publicUrl: string | null = null;
  /** The last port that load balancers may have. */
  lastPublicPort = Infinity;
  /** When something is to be collected, and how. */
  readonly collections: { readonly task: () => void; readonly milliseconds: number }[] = [];
  /** The host clusters, as the control plane sees them. */
  places: readonly HostPlace[] = LOCAL_PLACES;
  /** What the file system says of its disk. */
  space: DiskSpace = { directory: '/data', freeBytes: 50e9, totalBytes: 100e9 };
  /** What the machine lacks, by cartridge. */
  readonly lacking = new Map<string, string>();
  /** The images of cartridges that have none of their own, by name; where there is none, instances are run from none. */
  readonly images = new Map<string, string>();
  /** Why a tenant may not use a cartridge, by both as `tenant/cartridge`. */
  readonly forbidden = new Map<string, string>();
  readonly runtimes: Runtimes = {
    whyForbidden: ({ metadata }, tenant) => this.forbidden.get(`${tenant}/${metadata.name}`),
    whyUnusable: async ({ metadata }) => this.lacking.get(metadata.name),
    imageOf: ({ metadata, spec }) => spec.image ?? this.images.get(metadata.name),
  };
  readonly backtestRunner = new BacktestThreads();
  /** As the next start is told. */
  program: ProgramParts = PROGRAM;
  checks: readonly ReadinessCheck[] = [{ name: 'database', check: async () => undefined }];
  readonly fetcher = new ScriptedFetcher();
  readonly builder = new ScriptedBuilder();
  readonly logs: SegmentLog;
  readonly buildLogs: FileBuildLogs;
  readonly buildFolders: BuildFolders;
  readonly artifacts: ArtifactStore;
  readonly failures: unknown[] = [];
  /** What became of each try to tell a receiver of an event. */
  readonly sent: string[] = [];
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
    const database = await openUnsynced(directory);
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

  /** One decision, and what follows from it is stored. */
  async decide(cluster: ClusterState, platformAtFault = false): Promise<void> {
    const { decider } = this.parts;
    await decider.decide(cluster, platformAtFault);
    await cluster.serial.run(() => decider.act(cluster));
  }

  /** What was stored of an event type, oldest first. */
  async events(type: string): Promise<EventRecord[]> {
    await this.parts.recorded();
    return this.database.events.newest({ types: [type] }, 200);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.crash.never();
    this.refuse = () => undefined;
    await this.backtestRunner.close();
    await this.parts.close();
    await this.logs.close();
    await this.buildLogs.close();
    await this.database.close();
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** `receiver.example` is this machine, and every other name, too. */
const toThisMachine = async () => [{ address: '127.0.0.1', family: 4 }];

export type Parts = ReturnType<typeof partsOver>;

function partsOver(platform: Platform, fence: number) {
  const alive = platform.crash.begin();
  const provider = reached(platform.provider, alive);
  const messaging = connectedTo(platform.messaging, alive);
  const stored = hooked(platform.database, {
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
  const trail = new AuditTrail({ store: stored, now, newUid, onFailure });
  const { store } = trail;
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
  const metadataVersions = new MetadataVersions();
  const publisher = new Publisher({
    metadataVersion: (cluster) => metadataVersions.of(cluster),
    fleet,
    messaging,
    store,
    endpoints: { controlPlane: 'http://127.0.0.1:1/instance/v1' },
    epoch: fence,
    reportIntervalSeconds: 5,
    logger,
  });
  const hosts = new HostPlaces({ read: () => platform.places, now });
  const room = {
    at: (needs: InstanceNeeds, place: PlacementRequest) => provider.room(needs, place),
    placed: () => undefined,
  };
  const placer = new Placer({ hosts, room });
  const agentTokens = new AgentTokens({
    ...{ fleet, vault, accounts: platform.accounts, times: platform.tokenTimes, clock },
  });
  const instances = new Instances({
    placer,
    store,
    fleet,
    provider,
    publisher,
    accounts: platform.accounts,
    tokens: agentTokens,
    vault,
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
  const taskProvider = reachedTasks(platform.tasks, alive);
  const tasks = new Tasks({
    store,
    provider: taskProvider,
    events,
    assertHolder: () => instances.assertHolder(),
    brokers: ['mqtt://127.0.0.1:1'],
    controlPlane: 'http://127.0.0.1:1/instance/v1',
    logger,
    clock,
    newUid,
    vault,
    placeFor: (cluster) => placer.forTask(cluster),
  });
  const hooks = new ReleaseHooks({ store, tasks, artifacts: platform.artifacts });
  const quotas = new Quotas({
    fleet,
    tasks: (tenant) => tasks.use(tenant),
    quotaOf,
    recentQuotaOf: quotaOf,
    balancerCartridge: 'lb',
  });
  const releases = new Releases({ store, events, quotas, hooks, runtimes: platform.runtimes, markDirty, now, newUid });
  const { logs, buildLogs, artifacts, fetcher } = platform;
  const exclusively: ClusterKeeper['exclusively'] = (tenants, work) => keeper.exclusively(tenants, work);
  const tenantRemoval = new TenantRemoval({ store, fleet, events, exclusively, clock, logger });
  const tokenWatch = new TokenWatch(store.tokens, clock);
  const codes = new SignInCodes();
  const gate = new Serial();
  const onApplicationGone = ({ tenant }: { tenant: string }): void => {
    tenantRemoval.look(tenant);
    collector.soon();
  };
  const historyStore = new HistoryStore(store.history);
  const leftovers = new Leftovers({
    store,
    messaging,
    fleet,
    assertHolder: () => instances.assertHolder(),
    clock,
    logger,
  });
  const removal = new Removal({
    tasks,
    provider,
    fleet,
    journal,
    publisher,
    leftovers,
    logs,
    history: historyStore,
    events,
    onApplicationGone,
  });
  const keeper = new ClusterKeeper({
    store,
    fleet,
    releases,
    publisher,
    removal,
    events,
    provider: 'process',
    runtimes: platform.runtimes,
    balancerAlias: 'lb',
    balancerCartridge: 'lb',
    findPublicPort: async (taken) => {
      let port = 8001;
      while (taken.includes(port)) port += 1;
      if (port > platform.lastPublicPort) throw new RequestError('PORTS_EXHAUSTED', 'no public port is free');
      return port;
    },
    markDirty,
    onUnblocked: () => undefined,
    now,
    newUid,
  });
  const rollouts = new Rollouts({ store, fleet, instances, publisher, journal, events, hosts, epoch: fence, now });
  const backtests = new Backtests({ clock, logger });
  const freeze = new Freeze({ store, fleet, events, clock, logger });
  const moves = new Moves({ placer, freeze, now });
  const converge = new Converge({
    fleet,
    instances,
    rollouts,
    provider,
    placer,
    hosts,
    moves,
    journal,
    events,
    logger,
    now,
    markDirty,
  });
  const decisions = new DecisionJournal({ store, onFailure, clock, newUid });
  const tokenRenewal = new TokenRenewal({
    ...{ store, fleet, provider, tokens: agentTokens, vault, journal, logger, clock },
    assertHolder: () => instances.assertHolder(),
    graceMilliseconds: platform.tokenTimes.graceMilliseconds,
  });
  const decider = new Decider({
    store,
    fleet,
    placer,
    hosts,
    quotas,
    journal: decisions,
    events,
    freeze,
    reportIntervalSeconds: 5,
    count: () => undefined,
    now,
  });
  const observer = new Observer({ fleet, provider, markDirty, logger, clock });
  const stale: number[] = [];
  const history = new HistoryRecorder({ fleet, store: historyStore, logger, clock });
  const meter = new Meter({ fleet, store, logger, clock });
  const silence = new Silence({ fleet, hosts, isConnected: () => true, logger, clock });
  hosts.onReturn((hostCluster) => silence.waitAnew(hostCluster));
  const context = {
    fleet,
    journal,
    markDirty,
    silence,
    meter,
    stale: (count: number) => void stale.push(count),
    throttled: () => undefined,
    affinityBroken: () => undefined,
    ejected: () => undefined,
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
    placeFor: (cluster, memoryBytes) => placer.forBuild(cluster, memoryBytes),
    logger,
    observeDuration: () => undefined,
    now,
    newUid,
  });
  const later = (task: () => void, milliseconds: number): Timer => {
    platform.collections.push({ task, milliseconds });
    return { cancel: () => undefined };
  };
  const collector = new Collector({
    store,
    fleet,
    artifacts: {
      list: () => artifacts.list(),
      delete: async (digest, listed) => {
        await alive();
        return artifacts.delete(digest, listed);
      },
    },
    buildLogs: {
      list: () => buildLogs.list(),
      remove: async (build) => {
        await alive();
        return buildLogs.remove(build);
      },
    },
    buildFolders: {
      caches: () => platform.buildFolders.caches(),
      removeCache: async (cluster) => {
        await alive();
        return platform.buildFolders.removeCache(cluster);
      },
    },
    fetcher,
    maximumArchiveBytes: platform.maximumArchiveBytes,
    cacheBounds: platform.cacheBounds,
    gate,
    assertHolder: () => instances.assertHolder(),
    events,
    metrics: { collected: () => undefined, archives: () => undefined },
    logger,
    clock: { ...clock, setTimeout: later, setInterval: later },
  });
  const diskWatch = new DiskWatch({
    disk: { space: async () => platform.space },
    minimumFreeShare: 0.1,
    events,
    logger,
    clock,
  });
  const poller = new GitPoller({
    vault,
    fleet,
    store,
    fetcher,
    pipeline,
    events,
    logger,
    disk: diskWatch,
    intervalSeconds: 10,
    clock,
    random: () => 0.5,
  });
  const apply = new Apply({
    ...{ store, vault, fetcher, fleet, keeper, quotas, provider, events, now, newUid, clock },
    runtimes: platform.runtimes,
    origin: (tenant, git) => (platform.asksHosts ? poller.origin(tenant, git) : Promise.resolve()),
  });
  const noticeTransport = createNoticeTransport({ allowed: ['receiver.example'], resolve: toThisMachine, now });
  const notices = new Notices({
    ...{ store, vault, events, transport: noticeTransport, clock, random: () => 0, logger },
    count: (result) => void platform.sent.push(result),
  });
  const access = platform.hostClusterAccess;
  const rules = { commands: ['give'], insecureHosts: [] };
  const hostClusters = new HostClusters({
    ...{ store, vault, events, access, probeImage: 'probe:1', clock, random: () => 0.5, logger },
  });
  const overview = new OverviewBoard({ fleet, freeze, hosts, events, poller, history, logger, clock });
  return {
    apply,
    overview,
    notices,
    hostClusters,
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
      freeze,
      preview: (cluster, change) => decider.preview(cluster, false, change),
      backtests,
      tokenRenewal,
      poller,
      repositories: new RepositoryChecks({
        ...{ store, vault, fleet, fetcher, disk: diskWatch },
        clock: { monotonic: now },
      }),
      notices,
      hostClusters,
      placer,
      hosts,
      runtimes: platform.runtimes,
      provider,
      publicUrl: platform.publicUrl,
      publicHost: '127.0.0.1',
      now,
      platform: {
        ...{ store, fleet, messaging, fence, clock },
        ...{ program: platform.program, checks: platform.checks, disk: diskWatch },
        ...{ isBrokerOutside: true, limitedLogLines: () => logIngest.droppedLines, startedAt: () => platform.now },
      },
    }),
    history,
    meter,
    trail,
    mutations: trail.over(
      createMutations({
        store,
        vault,
        fleet,
        apply,
        keeper,
        pipeline,
        poller,
        releases,
        hooks,
        tasks,
        metadataVersions,
        backtests,
        backtestRunner: platform.backtestRunner,
        readRecorded: recordedReader({ store: historyStore, recorder: history, pause: async () => undefined }),
        provider,
        room: (needs) => provider.room(needs),
        artifacts,
        publisher,
        events,
        quotas,
        freeze,
        disk: diskWatch,
        notices,
        hostClusters,
        access,
        rules,
        clock,
        noticeTransport,
        codes,
        publicUrl: platform.publicUrl,
        gate,
        tenants: { store, fleet, events, watch: tokenWatch, removal: tenantRemoval, exclusively, now, newUid },
        markDirty,
        now,
        newUid,
      }),
    ),
    feeds: createFeeds({
      ...{ store, vault, fleet, events, pipeline, buildLogs, logs, hostClusters, taskProvider, overview, clock },
      backtests,
    }),
    pipeline,
    poller,
    converge,
    decider,
    decisions,
    collector,
    dirty,
    diskWatch,
    events,
    fleet,
    freeze,
    ingest,
    instances,
    journal,
    keeper,
    observer,
    publisher,
    vault,
    webhooks: new WebhookReceiver({ store, vault, fleet, events, poller, opened: Promise.resolve(), now }),
    releases,
    removal,
    rollouts,
    tasks,
    tokenRenewal,
    agentTokens,
    leftovers,
    tokenWatch,
    sessions: new Sessions({ store, vault, codes, watch: tokenWatch, clock, opened: Promise.resolve() }),
    idempotent: <T>(question: Question, work: () => Promise<T>) => store.idempotent(question, work),
    async restore(): Promise<void> {
      await freeze.restore();
      await restore({ store, fleet, provider, keeper, journal, events, vault, logger, now });
      await metadataVersions.restore(store);
      await tasks.restore(() => 0);
      await tokenRenewal.begin();
      for (const application of [...fleet.applications.values()])
        if (!fleet.blocked.has(application.uid)) await keeper.keep(application);
      await pipeline.resume();
      await tenantRemoval.resume();
    },
    async pass(cluster: ClusterState, platformAtFault = false): Promise<void> {
      if (fleet.isBlocked(cluster)) return;
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
      overview.close();
      await backtests.close();
      await freeze.close();
      await tokenRenewal.close();
      tokenWatch.close();
      await diskWatch.close();
      await collector.close();
      await tenantRemoval.close();
      await poller.close();
      await notices.close();
      await hostClusters.close();
      await converge.close();
      await tasks.close();
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
