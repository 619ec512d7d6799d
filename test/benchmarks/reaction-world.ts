/** The world of the reaction benchmark: the app over its real adapters, with a provider whose instances are simulated agents. */
import { HostClustersInMemory } from '../../control-plane/app/testing/host-clusters.ts';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { InMemoryTasks } from '../../control-plane/app/testing/tasks.ts';
import { newUid } from '../../schema/ids.ts';
import { cartridgeManifest } from '../../schema/manifests/cartridge.ts';
import { createArtifactStore } from '../../control-plane/adapters/artifacts/store.ts';
import { createEmbeddedBroker } from '../../control-plane/adapters/broker/broker.ts';
import { createBuildLogs } from '../../control-plane/adapters/builder/build-logs.ts';
import { createBuilder } from '../../control-plane/adapters/builder/builder.ts';
import { createBuildFolders } from '../../control-plane/adapters/builder/folders.ts';
import { systemClock } from '../../control-plane/adapters/clock/system-clock.ts';
import { createVault } from '../../control-plane/adapters/secrets/vault.ts';
import { openStore } from '../../control-plane/adapters/database/store.ts';
import { diskOf } from '../../control-plane/adapters/disk/disk.ts';
import { createSourceFetcher } from '../../control-plane/adapters/git/fetcher.ts';
import { createMetrics } from '../../control-plane/adapters/http/metrics.ts';
import { createNoticeTransport } from '../../control-plane/adapters/notices/transport.ts';
import { drainGuard } from '../../control-plane/adapters/drains/guard.ts';
import { FileDrainPositions } from '../../control-plane/adapters/drains/positions.ts';
import { createDrainTransports } from '../../control-plane/adapters/drains/transports.ts';
import { SegmentLog } from '../../control-plane/adapters/logs/segment-log.ts';
import { createCore } from '../../control-plane/app/core.ts';
import type { Core } from '../../control-plane/app/core/options.ts';
import { InstanceAccess } from '../../control-plane/app/instance-access.ts';
import type { Messaging } from '../../control-plane/app/ports/messaging.ts';
import type { InstanceRequest, ObservedInstance, Provider } from '../../control-plane/app/ports/provider.ts';
import type { Principal } from '../../control-plane/app/principal.ts';
import { PROGRAM } from '../../control-plane/app/testing/program.ts';
import { newTenant } from '../../control-plane/app/tenants/quota.ts';
import { SimulatedAgent, SteppedDemand } from './simulated-agent.ts';

export interface Trial {
  readonly application: string;
  /** Milliseconds since the epoch. */
  stepAt: number;
  readonly reports: { sentAt: number; receivedAt: number }[];
  decidedAt: number | null;
}

export interface ReactionWorld {
  readonly trials: readonly Trial[];
  close(): Promise<void>;
}

const INSTANCES = 5;
const READY_WITHIN_MILLISECONDS = 60_000;
const CONCURRENCY = 10;
const CAPACITY = INSTANCES * CONCURRENCY * 0.7;
const OPERATOR: Principal = {
  token: 'benchmark',
  name: 'benchmark',
  role: 'operator',
  tenant: null,
  application: null,
};

function cartridge(name: string, spec: object) {
  return cartridgeManifest.parse({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Cartridge',
    metadata: { name },
    spec: {
      version: '1',
      runtimes: ['process'],
      ports: [{ name: 'http', protocol: 'http' }],
      artifact: { required: false },
      ...spec,
    },
  });
}

/** Starts an agent for each instance that it is asked for. */
class SimulatedProvider implements Provider {
  readonly isolatesTenants = true;
  readonly name = 'process';
  readonly agents = new Map<
    string,
    { agent: Promise<SimulatedAgent>; request: InstanceRequest; observed: ObservedInstance }
  >();
  readonly #onBalancer: (application: string, agent: SimulatedAgent) => void;
  #port = 20_000;

  constructor(onBalancer: (application: string, agent: SimulatedAgent) => void) {
    this.#onBalancer = onBalancer;
  }

  async list(): Promise<ObservedInstance[]> {
    return [...this.agents.values()].map(({ observed }) => observed);
  }

  async create(request: InstanceRequest): Promise<ObservedInstance> {
    const { document, token } = request;
    const port = (this.#port += 1);
    const observed: ObservedInstance = {
      ...document,
      state: 'running',
      host: '127.0.0.1',
      ports: [{ name: 'http', protocol: 'http', port }],
    };
    const agent = SimulatedAgent.start({ key: document, token, broker: document.brokers[0]!, port, release: null });
    this.agents.set(document.instance, { agent, request, observed });
    const isBalancer = document.cartridge.spec.category === 'load-balancer';
    if (isBalancer)
      void agent.then((started) =>
        started.followTopology().then(() => this.#onBalancer(document.application, started)),
      );
    return observed;
  }

  async replaceToken(): Promise<void> {}

  async stop(instance: string): Promise<void> {
    await (await this.agents.get(instance)?.agent)?.close();
  }

  async remove(instance: string): Promise<void> {
    this.agents.delete(instance);
  }

  async room(): Promise<number> {
    return 10_000;
  }

  async tail(): Promise<string[]> {
    return [];
  }

  onChange(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {
    for (const { agent } of this.agents.values()) await (await agent).close();
  }
}

/** Notes when each balancer's reports arrive, on their way to the app. */
function timed(messaging: Messaging, onDemand: (instance: string, at: number) => void): Messaging {
  return {
    start: (listener) =>
      messaging.start({
        ...listener,
        connected: () => listener.connected(),
        disconnected: (reason) => listener.disconnected(reason),
        message(message) {
          const parts = message.topic.split('/');
          if (parts[7] === 'demand') onDemand(parts[6]!, Date.now());
          listener.message(message);
        },
      }),
    publish: (topic, payload) => messaging.publish(topic, payload),
    clear: (topic) => messaging.clear(topic),
    get isConnected() {
      return messaging.isConnected;
    },
    close: () => messaging.close(),
  };
}

export async function makeReactionWorld(
  directory: string,
  count: number,
  times: { calmSeconds: number; spreadSeconds: number },
): Promise<ReactionWorld> {
  const logger = pino({ level: 'error' }, pino.destination(2));
  const store = await openStore({ directory });
  const fence = await store.acquireLease('benchmark');
  const now = Date.now();
  await store.tenants.save(newTenant('default', { now, newUid }, { instances: 100_000, memoryBytes: 2 ** 50 }));
  for (const manifest of [
    cartridge('web', { category: 'framework', concurrency: CONCURRENCY }),
    cartridge('lb', { category: 'load-balancer' }),
  ]) {
    await store.cartridges.save({
      uid: newUid(),
      name: manifest.metadata.name,
      generation: 1,
      directory,
      digest: null,
      manifest,
    });
  }
  const vault = createVault([]);
  const tokenTimes = { lifetimeMilliseconds: null, graceMilliseconds: 600_000 };
  const access = new InstanceAccess(store, vault, Date.now, tokenTimes);
  const broker = await createEmbeddedBroker({
    host: '127.0.0.1',
    port: 0,
    authenticate: (instance, token) => access.identify(instance, token),
    logger,
  });
  const trials = new Map<string, Trial>();
  const byBalancer = new Map<string, Trial>();
  const timers = new Set<NodeJS.Timeout>();
  const provider = new SimulatedProvider((application, agent) => {
    const trial = trials.get(application);
    if (trial !== undefined) timers.add(reportEachSecond(trial, agent));
  });
  const messaging = timed(broker, (instance, at) => {
    const report = byBalancer.get(instance)?.reports.findLast(({ receivedAt }) => receivedAt === 0);
    if (report !== undefined) report.receivedAt = at;
  });
  const core = createCore({
    store,
    vault,
    provider,
    tasks: new InMemoryTasks(),
    messaging,
    accounts: broker,
    fetcher: createSourceFetcher({ cacheDirectory: join(directory, 'git'), allowedHosts: [], allowedFileRoots: [] }),
    artifacts: await createArtifactStore({ directory: join(directory, 'artifacts') }),
    builder: createBuilder(),
    buildLogs: await createBuildLogs(join(directory, 'build-logs')),
    logs: new SegmentLog({
      directory: join(directory, 'logs'),
      onFailure: (error) => logger.error({ error }, 'log lines could not be written'),
    }),
    program: PROGRAM,
    metrics: createMetrics(),
    logger,
    fence,
    brokers: [`mqtt://127.0.0.1:${broker.port}`],
    isBrokerOutside: false,
    drains: {
      transports: createDrainTransports(drainGuard([])),
      positions: new FileDrainPositions(join(directory, 'drains')),
    },
    hostClusters: {
      access: new HostClustersInMemory(),
      rules: { commands: [], insecureHosts: [] },
      probeImage: 'probe',
    },
    noticeTransport: createNoticeTransport({ allowed: [], now: Date.now }),
    backtestRunner: {
      run: () => Promise.reject(new Error('nothing is backtested here')),
      close: async () => undefined,
    },
    tenantLogBytesPerSecond: 1024 * 1024,
    controlPlaneUrl: 'http://127.0.0.1:1',
    publicHost: '127.0.0.1',
    findPublicPort: async (taken) => 30_000 + taken.length,
    refreshCartridges: async () => undefined,
    runtimes: { whyUnusable: async () => undefined },
    publicUrl: null,
    tokenTimes,
    gitPollSeconds: 3600,
    disk: diskOf(directory),
    minimumFreeDiskShare: 0,
    maximumArchiveBytes: 1e9,
    cacheBounds: { component: 1e9, total: 1e9 },
    buildFolders: await createBuildFolders(join(directory, 'builds')),
    clock: systemClock,
    newUid,
    random: Math.random,
  });
  await core.start();
  for (let index = 0; index < count; index += 1) {
    const application = `app-${index}`;
    trials.set(application, {
      application,
      stepAt: Number.POSITIVE_INFINITY,
      reports: [],
      decidedAt: null,
    });
    await core.useCases.mutations.apply(OPERATOR, { manifests: manifestOf(application) });
  }
  await allReady(core, count);
  for (const trial of trials.values())
    trial.stepAt = Date.now() + (times.calmSeconds + Math.random() * times.spreadSeconds) * 1000;
  const watch = setInterval(() => noteDecisions(core, trials, byBalancer), 20);
  timers.add(watch);
  return {
    trials: [...trials.values()],
    async close() {
      for (const timer of timers) clearInterval(timer);
      await core.close();
      await provider.close();
      await broker.close();
      await store.close();
    },
  };
}

async function allReady(core: Core, count: number): Promise<void> {
  const deadline = Date.now() + READY_WITHIN_MILLISECONDS;
  const isReady = (): boolean => {
    const clusters = [...core.fleet.clusters()];
    const active = (cluster: (typeof clusters)[number]): number =>
      cluster.live().filter(({ record }) => record.state === 'active').length;
    return (
      clusters.length === 2 * count &&
      clusters.every((cluster) => active(cluster) >= (cluster.isLoadBalancer ? 1 : INSTANCES))
    );
  };
  while (!isReady()) {
    if (Date.now() > deadline)
      throw new Error(`not every simulated instance was active after ${READY_WITHIN_MILLISECONDS / 1000} s`);
    await sleep(100);
  }
}

function manifestOf(application: string): string {
  const autoscaling = {
    minimum: INSTANCES,
    maximum: 100,
    factors: { requestsInFlight: { target: CONCURRENCY * 0.7 } },
  };
  return JSON.stringify({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: application },
    spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'web', autoscaling }] },
  });
}

/** A report a second at a phase of its own, whose counters make the step at its very moment. */
function reportEachSecond(trial: Trial, agent: SimulatedAgent): NodeJS.Timeout {
  const startedAt = Date.now();
  const demand = new SteppedDemand(CAPACITY * 0.5, CAPACITY * 2);
  return setInterval(() => {
    demand.stepAt = (trial.stepAt - startedAt) / 1000;
    const uptime = (Date.now() - startedAt) / 1000;
    trial.reports.push({ sentAt: Date.now(), receivedAt: 0 });
    void agent.reportDemand(uptime, 'web', demand.at(uptime));
  }, 1000);
}

function noteDecisions(core: Core, trials: ReadonlyMap<string, Trial>, byBalancer: Map<string, Trial>): void {
  for (const cluster of core.fleet.clusters()) {
    const trial = trials.get(cluster.record.application);
    if (trial === undefined) continue;
    if (cluster.isLoadBalancer) for (const uid of cluster.instances.keys()) byBalancer.set(uid, trial);
    const decision = cluster.lastDecision?.decision;
    if (
      !cluster.isLoadBalancer &&
      trial.decidedAt === null &&
      decision?.outcome === 'scale-up' &&
      decision.from >= INSTANCES
    )
      trial.decidedAt = decision.at;
  }
}
