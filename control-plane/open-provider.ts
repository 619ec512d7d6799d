/** What runs instances and tasks: this machine, or the host clusters. A part of the composition root. */
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createImageRuntimes, imageOf, readImages, type Images } from './adapters/cartridges/images.ts';
import { createRuntimes } from './adapters/cartridges/runtimes.ts';
import { systemClock } from './adapters/clock/system-clock.ts';
import type { HostClusterProvidersOptions } from './adapters/kubernetes/host-cluster-providers.ts';
import { BuildExchange, type BuildArchives } from './adapters/kubernetes/jobs/build-exchange.ts';
import { JobBuilder } from './adapters/kubernetes/jobs/job-builder.ts';
import { openTaskFiles } from './adapters/kubernetes/jobs/task-files.ts';
import { podAudience } from './adapters/kubernetes/objects/names.ts';
import { INSTANCE_ACCOUNT } from './adapters/kubernetes/objects/tenant.ts';
import { openMemoryGroups } from './adapters/process/memory-groups.ts';
import type { ProcessProviderOptions } from './adapters/process/options.ts';
import { createProcessProvider } from './adapters/process/provider.ts';
import { searchPathOf } from './adapters/process/spawn.ts';
import { createProcessTasks } from './adapters/process/tasks.ts';
import type { TenantUsers } from './adapters/users/tenant-users.ts';
import { artifactServerToken } from './app/artifact-servers.ts';
import { createPullSecrets } from './app/credentials/pull-secrets.ts';
import { EventRecorder } from './app/events.ts';
import { HostClusterFleet } from './app/host-clusters/host-cluster-fleet.ts';
import { happeningTo } from './app/host-clusters/runner.ts';
import type { HostClusterStatus } from './app/host-clusters/status.ts';
import { issueToken } from './app/instance-tokens.ts';
import type { Builder } from './app/ports/artifacts.ts';
import type { PodInstances } from './app/ports/pods.ts';
import type { Provider } from './app/ports/provider.ts';
import type { Runtimes } from './app/ports/runtimes.ts';
import type { Store } from './app/ports/store.ts';
import type { TaskInbox, TaskProvider } from './app/ports/tasks.ts';
import type { Vault } from './app/ports/vault.ts';
import { TimedLook } from './app/timed-look.ts';
import type { MayAct } from './app/while-holding.ts';
import type { Config } from './config.ts';
import type { Owned } from './owned.ts';
import { platformId } from './platform-id.ts';

const SWEEP_EVERY_MILLISECONDS = 60_000;

export interface OpenProviderOptions {
  readonly config: Config;
  readonly packageDirectory: string;
  readonly store: Store;
  readonly vault: Vault;
  readonly mayAct: MayAct;
  readonly logger: Logger;
  readonly owned: Owned;
  /** PEM, of an outside broker. */
  readonly authority: string | undefined;
  readonly users: TenantUsers | undefined;
  readonly statusOf: (hostCluster: string) => HostClusterStatus;
}

export interface OpenedProvider {
  readonly provider: Provider;
  readonly tasks: TaskProvider;
  /** Set where instances are pods. */
  readonly pods?: PodInstances;
  /** Takes what tasks print, where their agents have to bring it. */
  readonly taskInbox?: TaskInbox;
  /** Set where builds are Jobs of host clusters. */
  readonly buildJobs?: BuildJobs;
}

export interface BuildJobs {
  readonly builder: Builder;
  readonly inbox: TaskInbox;
  readonly archives: BuildArchives;
  /** The build that runs with this token, and the most bytes of its result. */
  readonly byToken: JobBuilder['byToken'];
}

/** Throws `CONFIGURATION_INVALID` where the file of images is none. */
export async function openRuntimes({ provider, imagesFile, podSecurity }: Config): Promise<Runtimes> {
  return provider === 'kubernetes'
    ? createImageRuntimes(await readImages(imagesFile), (tenant) => podSecurity[tenant])
    : createRuntimes(searchPathOf(process.execPath, process.env.PATH));
}

/** What it opens is owned by `owned`. */
export function openProvider(options: OpenProviderOptions): Promise<OpenedProvider> {
  return options.config.provider === 'kubernetes' ? openHostClusters(options) : openMachine(options);
}

async function openMachine(options: OpenProviderOptions): Promise<OpenedProvider> {
  const { config, packageDirectory, mayAct, logger, owned, authority, users } = options;
  const data = config.dataDirectory;
  const machine = {
    dataDirectory: data,
    agentProgram: join(packageDirectory, 'dist/agent/agent.mjs'),
    nodeProgram: process.execPath,
    portRange: config.instancePorts,
    listenHost: '127.0.0.1',
    publicListenHost: config.publicListenHost,
    memoryShare: 0.75,
    cartridgesDirectory: join(data, 'cartridges'),
    ...(users ? { users } : {}),
    ...(authority === undefined ? {} : { brokerAuthority: authority }),
    ...(process.env.PATH === undefined ? {} : { searchPath: process.env.PATH }),
    mayAct,
    onProblem: (error: Error) => logger.error({ error }, 'the process provider met a problem'),
  };
  const tasks = owned.add('tasks', await createProcessTasks(machine));
  const declaredBeside = (): Promise<number> => tasks.declaredMemoryBytes();
  const provider = owned.add(
    'provider',
    await createProcessProvider({ ...machine, ...memoryGroups(logger), declaredBeside }),
  );
  return { provider, tasks };
}

async function openHostClusters(options: OpenProviderOptions): Promise<OpenedProvider> {
  const { config, store, vault, mayAct, logger, owned, statusOf } = options;
  const images = await readImages(config.imagesFile);
  const platform = await platformId(store);
  const taskFiles = await openTaskFiles(join(config.dataDirectory, 'tasks'));
  const buildFiles = await openTaskFiles(join(config.dataDirectory, 'build-output'));
  const events = new EventRecorder(
    store,
    () => systemClock.now(),
    (error, event) => logger.error({ error, event }, 'an event was not stored'),
  );
  // Only here: the library that it speaks with is a third of the time to start.
  const { createHostClusterProviders } = await import('./adapters/kubernetes/host-cluster-providers.ts');
  const providers = createHostClusterProviders({
    platform,
    namespacePrefix: config.namespacePrefix,
    audience: podAudience(platform),
    loadBalancerService: config.loadBalancerService,
    imageOf: (cartridge) => ({ image: imageOf(images, cartridge) }),
    ...artifactServers(options, images),
    podSecurityOf: (tenant) => config.podSecurity[tenant],
    pullSecretOf: createPullSecrets({ store, vault, logger, now: () => systemClock.now() }),
    mayAct,
    taskResultOf: (task) => taskFiles.resultOf(task),
    buildResultOf: (build) => buildFiles.resultOf(build),
    ...(config.builds.kind === 'jobs' ? { buildResources: config.builds } : {}),
    shareOf: async (tenant) => (await store.tenants.find({ name: tenant }))[0]?.quota,
    onProblem: (hostCluster, error) => logger.warn({ hostCluster, error }, 'a host cluster met a problem'),
    onStall: (hostCluster, workload) =>
      logger.warn(
        { hostCluster, ...workload },
        'Kubernetes makes none of the pods that it owes; its controller is called on',
      ),
    onForeignChange: (hostCluster, { kind, namespace, name, fields, by, isReverted }) => {
      const change = { kind, namespace, name, fields: [...fields], by, isReverted };
      logger.warn({ hostCluster: hostCluster.name, ...change }, 'somebody else has changed an object of ours');
      events.record(happeningTo(hostCluster, 'host-cluster.object-changed', change));
    },
  });
  const hostClusters = new HostClusterFleet({
    ...{ providers, store, vault, statusOf, logger, taskFiles, buildFiles },
    clock: systemClock,
    random: Math.random,
  });
  owned.add('provider', hostClusters);
  await hostClusters.open();
  const exchange = new BuildExchange(join(config.dataDirectory, 'build-exchange'));
  // Where builds run on the machine it begins none, and removes what is left of earlier ones.
  const memoryBytes = config.builds.kind === 'jobs' ? config.builds.memoryBytes : 0;
  const builder = new JobBuilder({
    ...{ jobs: hostClusters.builds, exchange, memoryBytes },
    resultOf: (build) => buildFiles.resultOf(build),
    tokenOf: (build) => issueToken(vault, build),
    underWay: async () => (await store.builds.find({ state: ['queued', 'running'] })).map(({ uid }) => uid),
    monotonic: () => systemClock.monotonic(),
    onProblem: (error) => logger.warn({ error }, 'a build in a host cluster met a problem; it is tried again'),
  });
  owned.add('build sweeps', sweeping(builder, logger));
  const pods: PodInstances = {
    audience: podAudience(platform),
    serviceAccount: INSTANCE_ACCOUNT,
    instanceOf: (hostCluster, podUid) => hostClusters.instanceOfPod(hostCluster, podUid),
    taskOf: (hostCluster, podUid) => hostClusters.taskOfPod(hostCluster, podUid),
    buildOf(hostCluster, podUid) {
      const build = hostClusters.buildOfPod(hostCluster, podUid);
      return build === undefined ? undefined : builder.identity(build);
    },
  };
  const byToken = (token: string) => builder.byToken(token);
  const buildJobs = { builder, inbox: buildFiles, archives: exchange, byToken };
  return {
    ...{ provider: hostClusters, tasks: hostClusters.tasks, pods, taskInbox: taskFiles },
    ...(config.builds.kind === 'jobs' ? { buildJobs } : {}),
  };
}

/** What is left of builds that have ended goes at the start and now and then. */
function sweeping(builder: JobBuilder, logger: Logger): TimedLook {
  const looks = new TimedLook({
    everyMilliseconds: SWEEP_EVERY_MILLISECONDS,
    look: () => builder.sweep(),
    onFailure: (error) => logger.warn({ error }, 'what is left of builds was not looked for; it is tried again'),
    clock: systemClock,
  });
  looks.start();
  return looks;
}

/** They run from the image of the platform's own load balancer, which each application needs anyway and which has nothing but an agent. */
function artifactServers(
  { config: { artifactServer }, vault, logger }: OpenProviderOptions,
  images: Images,
): Pick<HostClusterProvidersOptions, 'artifactServer'> {
  const image = images.lb;
  if (artifactServer === undefined) return {};
  if (image === undefined || vault.currentKey === undefined) {
    logger.warn(
      `artifacts are not served inside host clusters, so pods begin only while this control plane answers: there is no ${image === undefined ? 'image of the cartridge lb in the file of CARTWRIGHT_IMAGES' : 'key in the key file'}`,
    );
    return {};
  }
  const { bytes, storageClass } = artifactServer;
  const tokenOf = (hostCluster: string, tenant: string) => artifactServerToken(vault, hostCluster, tenant);
  return { artifactServer: { image, bytes, tokenOf, ...(storageClass === undefined ? {} : { storageClass }) } };
}

/** Where a part of the control groups' tree was delegated; what keeps it from being used leaves the memory to the agents. */
function memoryGroups(logger: Logger): Pick<ProcessProviderOptions, 'memoryGroups'> {
  try {
    const groups = openMemoryGroups();
    return groups === undefined ? {} : { memoryGroups: groups };
  } catch (error) {
    logger.warn(
      { error },
      'the delegated control group cannot be used; agents alone see to the memory of applications',
    );
    return {};
  }
}
