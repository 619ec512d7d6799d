/**
 * The provider `kubernetes` on one host cluster: a Deployment (with volumes: a StatefulSet) for each service cluster and partition, whose pods are
 * bound to instances ({@link Slot}). What is asked for lies in the API server, and what runs is observed there, so nothing is lost with this process.
 */
import {
  CoreV1Api,
  type KubeConfig,
  type KubernetesObject,
  type V1PersistentVolumeClaim,
  type V1Pod,
  type V1StatefulSet,
} from '@kubernetes/client-node';
import { setTimeout as delay } from 'node:timers/promises';
import { INSTANCE_PATH } from '../../../schema/agent/identity.ts';
import type { InstanceDocument } from '../../../schema/agent/instance.ts';
import type { TaskResult } from '../../../schema/agent/task.ts';
import { isWithin, type PodSecurity } from '../../../schema/manifests/pod-security.ts';
import { ProviderError } from '../../app/errors.ts';
import type { HostClusterProvider } from '../../app/ports/host-cluster-provider.ts';
import type {
  InstanceNeeds,
  InstanceRequest,
  KeptRelease,
  ObservedInstance,
  PlacementRequest,
} from '../../app/ports/provider.ts';
import type { JobRequest } from '../../app/ports/tasks.ts';
import { DEFAULT_PARTITION } from '../../domain/placement/placement.ts';
import { KeyedSerial } from '../keyed-serial.ts';
import { balancingOf } from './objects/balancing.ts';
import { appliedOn } from './objects/drift.ts';
import { LABELS, namespaceOf, platformLabels, selectorOf, SLOTS_ANNOTATION } from './objects/names.ts';
import { PULL_SECRET } from './objects/pull-secret.ts';
import type { ReleasePlace } from './objects/release.ts';
import { clusterService, membersService, type PublicServiceType } from './objects/service.ts';
import type { TenantShare } from './objects/tenant.ts';
import type { JobKind, TaskJobRequest } from './objects/task-job.ts';
import { isStateful, ordinalOf, volumesIn } from './objects/volumes.ts';
import { nameOf, portsIn, portsOf, workloadObjects, type Exchange, type Workload } from './objects/workload.ts';
import { TaskJobs } from './jobs/task-jobs.ts';
import { ArtifactServers, type ArtifactServerPlan } from './pods/artifact-servers.ts';
import { Applied } from './pods/applied.ts';
import type { Following } from './pods/follow.ts';
import { followApplied } from './pods/followed.ts';
import { Guard, type ForeignChange } from './pods/guard.ts';
import { Namespaces } from './pods/namespaces.ts';
import { needsOf } from './host-clusters/resources.ts';
import { imageIn, observedOf } from './pods/observed.ts';
import { Releases } from './pods/releases.ts';
import { SecretCheck } from './pods/secret-check.ts';
import { Stalls } from './pods/stalls.ts';
import { PublicAddresses } from './pods/public-addresses.ts';
import { nodesOf, roomIn } from './pods/room.ts';
import {
  bound,
  boundByOrdinal,
  changed,
  freeOrdinal,
  isCounted,
  replicasOf,
  withoutSlot,
  withSlot,
  type Slot,
} from './pods/slots.ts';
import {
  hasOurSlots,
  isOf,
  keyOf,
  kindOf,
  placeOf,
  slotsOf,
  Workloads,
  type Found,
  type Place,
} from './pods/workloads.ts';
import { Writes } from './pods/writes.ts';

const POLL_MILLISECONDS = 50;
/** What a build may have on its node's disk: its tree while it is built, both archives, and what the hook leaves elsewhere. */
const BUILD_DISK_FACTOR = 6;
const BUILD_DISK_BYTES = 2 ** 30;
/** How many times what it asks for of processors a build may use. */
const BUILD_CPU_LIMIT_FACTOR = 10;
/**
 * A pod that is nobody's is kept for the instance that takes the place of the one that is gone, until there is none to come
 * ({@link KubernetesProvider.settle}), or nobody has said so for so long: its service cluster may be unknown.
 */
const KEEP_MILLISECONDS = 60_000;

/** It asks for pods, is refused none, and gets none. */
export interface StalledWorkload extends Place {
  readonly kind: 'Deployment' | 'StatefulSet';
}

export interface KubernetesProviderOptions {
  /** Of a connection to the host cluster; closed by who opened it. */
  readonly config: KubeConfig;
  /** Name of the host cluster. */
  readonly hostCluster?: string;
  /** Id of this platform: several may use one host cluster, and none touches what is another's. */
  readonly platform: string;
  /** Of the names of namespaces: `PREFIX-TENANT`. */
  readonly namespacePrefix?: string;
  /** Image, by digest, that a cartridge is run from; `command` takes the place of its entry point. */
  readonly imageOf: (cartridge: InstanceDocument['cartridge']) => {
    readonly image: string;
    readonly command?: readonly string[];
  };
  /** Whom the tokens of pods are for. */
  readonly audience: string;
  /** How load balancers are reached from outside the host cluster; the default is NodePort. */
  readonly loadBalancerService?: PublicServiceType;
  /** How the artifacts of tenants are served inside the host cluster; absent: they are not. */
  readonly artifactServer?: ArtifactServerPlan;
  /** Where pods ask which instance they are; absent: they do not ask. */
  readonly exchange?: Exchange;
  /** PEM of the authorities of the host cluster's addresses; none: the public ones. */
  readonly ca?: string | null;
  /** Throws when another control plane has taken over; asked before each write. */
  readonly mayAct?: () => void;
  /** The result that the agent of a one-off task has brought; none if absent. */
  readonly taskResultOf?: (task: string) => Promise<TaskResult | undefined>;
  /** The same of a build. */
  readonly buildResultOf?: (build: string) => Promise<TaskResult | undefined>;
  /** Processors and memory of a build, whatever its cartridge declares for instances. */
  readonly buildResources?: { readonly cpuCores: number; readonly memoryBytes: number };
  /** Of a tenant's quota; undefined: it may take what there is. */
  readonly shareOf?: (tenant: string) => Promise<TenantShare | undefined>;
  /** What the operator lets pods of a tenant have; undefined: Pod Security's `restricted`. */
  readonly podSecurityOf?: (tenant: string) => PodSecurity | undefined;
  /** What a tenant's images are pulled with, as the text of Docker's `config.json`; undefined: no registry wants a password. */
  readonly pullSecretOf?: (tenant: string) => Promise<string | undefined>;
  /** URLs that instances need of the platform: the host cluster's broker and control plane. */
  readonly reachable?: readonly string[];
  /** Somebody else has changed or deleted what we have applied. Must not throw. */
  readonly onForeignChange?: (change: ForeignChange) => void;
  /** Kubernetes makes none of the pods that it owes; its controller is called on. Must not throw. */
  readonly onStall?: (workload: StalledWorkload) => void;
  readonly onProblem?: (error: Error) => void;
  /** How long pods may not come before people are told, and a fifth of the time before their controller is called on; a minute where it is not given. */
  readonly stallMilliseconds?: number;
  readonly random?: () => number;
}

/** Opens the provider once it knows what is there. Rejects when the API server does not answer. */
export async function createKubernetesProvider(options: KubernetesProviderOptions): Promise<HostClusterProvider> {
  const provider = new KubernetesProvider(options);
  await provider.open();
  return provider;
}

class KubernetesProvider implements HostClusterProvider {
  readonly name = 'kubernetes';
  readonly isolatesTenants = true;
  readonly tasks: TaskJobs;
  readonly builds: TaskJobs;
  readonly #options: KubernetesProviderOptions;
  readonly #core: CoreV1Api;
  readonly #workloads: Workloads;
  readonly #writes: Writes;
  readonly #addresses: PublicAddresses;
  readonly #releases: Releases;
  readonly #artifacts: ArtifactServers | undefined;
  readonly #serials = new KeyedSerial();
  readonly #listeners = new Set<(instance: string) => void>();
  readonly #closing = new AbortController();
  /** When a Deployment is looked at next. */
  readonly #timers = new Map<string, { readonly timer: NodeJS.Timeout; readonly at: number }>();
  /** Deployments that have more pods than instances: until when, at the latest, no fewer are asked for. */
  readonly #kept = new Map<string, { readonly workload: Workload; readonly until: number }>();
  readonly #applied = new Applied();
  readonly #guard: Guard;
  #followed: Following | undefined;
  readonly #namespaces: Namespaces;
  readonly #secretCheck: SecretCheck;
  readonly #stalls: Stalls;
  readonly #hurried = new Map<string, AbortController>();

  constructor(options: KubernetesProviderOptions) {
    this.#options = options;
    const { config, platform, random = Math.random, mayAct = () => undefined } = options;
    this.#core = config.makeApiClient(CoreV1Api);
    this.#workloads = new Workloads({
      config,
      platform,
      random,
      onWorkload: (workload, isGone) => this.#workloadChanged(workload, isGone),
      onScaled: (workload) => this.#guard.told({ ...workload, kind: kindOf(workload) }, ['spec.replicas']),
      onPod: (pod) => this.#podChanged(pod),
      onProblem: (error) => this.#problem(error),
    });
    this.#writes = new Writes({ config, platform, mayAct, workloads: this.#workloads, applied: this.#applied });
    this.#guard = new Guard({
      applied: this.#applied,
      apply: (object, uid) => this.#writes.applyAgain(object, uid),
      inTurn: (object, work) => this.#serials.run(keyOf(placeOf(object)), work),
      onForeignChange: options.onForeignChange ?? (() => undefined),
      onProblem: (error) => this.#problem(error),
      now: () => performance.now(),
    });
    this.#addresses = new PublicAddresses({ config, platform });
    const { artifactServer: plan, exchange } = options;
    if (plan !== undefined && exchange !== undefined)
      this.#artifacts = new ArtifactServers({
        ...{ platform, plan, controlPlane: exchange.controlPlane, writes: this.#writes },
        isUsed: (namespace) => this.#workloads.isUsed(namespace),
        inTurn: (namespace, work) => this.#serials.run(`artifacts/${namespace}`, work),
        onProblem: (error) => this.#problem(error),
      });
    this.#releases = new Releases({
      platform,
      namespaceOf: (tenant) => this.#namespaceOf(tenant),
      placeOf: (release) => this.#placeOfRelease(release),
      makersOf: (cluster) => this.#workloads.ofCluster(cluster),
      writes: this.#writes,
      inTurn: (cluster, work) => this.#serials.run(`release/${cluster}`, work),
      onProblem: (error) => this.#problem(error),
    });
    const server = config.getCurrentCluster()?.server;
    this.#namespaces = new Namespaces({
      ...{ platform, ca: options.ca ?? null, writes: this.#writes },
      reachable: { platform: options.reachable ?? [], ...(server === undefined ? {} : { apiServer: server }) },
      buildMemoryBytes: options.buildResources?.memoryBytes ?? 0,
      shareOf: options.shareOf ?? (async () => undefined),
      podSecurityOf: options.podSecurityOf ?? (() => undefined),
      pullSecretOf: options.pullSecretOf ?? (async () => undefined),
      inUse: () => this.#tenantsHere(),
      inTurn: (namespace, work) => this.#serials.run(`tenant/${namespace}`, work),
      onProblem: (error) => this.#problem(error),
    });
    this.#secretCheck = new SecretCheck({
      writes: this.#writes,
      restore: (secret) => this.#restoreSecret(secret),
      onRestored: (secret, fields) => this.#guard.told(secret, fields),
      onProblem: (error) => this.#problem(error),
    });
    this.#stalls = new Stalls({
      onOverdue: (workload) => this.#tellWaiting(workload),
      callOn: (workload) => this.#callOn(workload),
      now: () => Date.now(),
      patienceMilliseconds: options.stallMilliseconds,
    });
    const jobs = (kind: JobKind, resultOf: KubernetesProviderOptions['taskResultOf']): TaskJobs =>
      new TaskJobs({
        ...{ kind, config, platform, random, mayAct },
        prepare: (request) => this.#prepareJob(kind, request),
        resultOf: resultOf ?? (async () => undefined),
        onProblem: (error) => this.#problem(error),
      });
    this.tasks = jobs('task', options.taskResultOf);
    this.builds = jobs('build', options.buildResultOf);
  }

  async open(): Promise<void> {
    await this.#workloads.open();
    await this.tasks.open();
    await this.builds.open();
    // Of service clusters that were removed while this host cluster could not be asked; one that is empty gets another.
    const clusters = new Set(this.#workloads.all().map((one) => one.metadata?.labels?.[LABELS.cluster]));
    await this.#writes.deleteServices(({ metadata }) => {
      const cluster = metadata?.labels?.[LABELS.cluster];
      // One without is a whole tenant's.
      return cluster !== undefined && !clusters.has(cluster);
    });
    await this.#artifacts?.open();
    const { config, platform, random = Math.random } = this.#options;
    this.#followed = await followApplied({
      ...{ config, random, labelSelector: selectorOf(platformLabels(platform)) },
      onObject: (object, isGone) => this.#objectChanged(object, isGone),
      onProblem: (error) => this.#problem(error),
    });
    this.#namespaces.open();
    this.#secretCheck.open();
  }

  async list(): Promise<ObservedInstance[]> {
    return this.#workloads.all().flatMap((workload) => slotsOf(workload).map((slot) => this.#observe(workload, slot)));
  }

  async create(request: InstanceRequest): Promise<ObservedInstance> {
    const { document } = request;
    const place = this.#placeOf(request);
    return this.#serials.run(keyOf(place), async () => {
      const found = this.#workloads.find(document.instance);
      const owner = found?.workload.metadata?.labels?.[LABELS.cluster];
      if (found !== undefined && owner !== document.cluster)
        throw new ProviderError(
          'INSTANCE_CONFLICT',
          `instance ${document.instance} exists and belongs to service cluster ${owner}, not to ${document.cluster}; take a new id`,
        );
      if (found !== undefined) {
        if (this.#isOfAnotherImage(found.workload, request)) await this.#applyWorkload(request, place);
        return this.#observe(found.workload, found.slot);
      }
      const workload = await this.#applyWorkload(request, place);
      const changedOne = await this.#writes.change(workload, (slots) =>
        withSlot(slots, document.instance, {
          ...(document.cause === undefined ? {} : { cause: document.cause }),
          ...(isStateful(workload) ? { ordinal: freeOrdinal(slots) } : {}),
        }),
      );
      // Of several whose pods Kubernetes has replaced the first is no reason to let go the pods of the others.
      if (!asksForMore(changedOne) || !this.#kept.has(keyOf(place))) await this.#writes.scale(changedOne);
      // A number's pod may be there already.
      this.#soon(place);
      const slot = slotsOf(changedOne).find(({ instance }) => instance === document.instance);
      return this.#observe(changedOne, slot ?? { instance: document.instance });
    });
  }

  /** A pod's own token is exchanged for what the control plane accepts, so there is none to be replaced. */
  async replaceToken(instance: string): Promise<void> {
    if (this.#workloads.find(instance) === undefined)
      throw new ProviderError('INSTANCE_MISSING', `instance ${instance} has no pod that its token could be given to`);
  }

  async stop(instance: string, graceSeconds: number): Promise<void> {
    const hurry = this.#hurried.get(instance) ?? new AbortController();
    this.#hurried.set(instance, hurry);
    try {
      const pod = await this.#letGo(instance, graceSeconds);
      if (pod !== undefined) await this.#awaitEnd(instance, pod, graceSeconds, hurry.signal);
      await this.#inTurnOf(instance, async ({ workload }) => {
        await this.#writes.change(workload, (slots) => changed(slots, instance, { ended: 'it was stopped' }));
      });
    } finally {
      this.#hurried.delete(instance);
    }
    this.#tell(instance);
  }

  async remove(instance: string): Promise<void> {
    this.#hurried.get(instance)?.abort();
    const found = this.#workloads.find(instance);
    // By nobody who was asked: Kubernetes makes another in its place.
    const isLost = found?.slot.pod !== undefined && found.pod === undefined && isCounted(found.slot);
    const pod = await this.#letGo(instance, 0);
    if (pod !== undefined) await this.#awaitEnd(instance, pod, 0, this.#closing.signal);
    await this.#inTurnOf(instance, async ({ workload }) => {
      const left = await this.#writes.change(workload, (slots) => withoutSlot(slots, instance));
      // That other one is there already, perhaps for the instance that follows.
      if (isLost || this.#hasFreePod(left)) this.#keep(left);
      // One with volumes stays as long as its service cluster.
      else if (slotsOf(left).length === 0 && !isStateful(left)) await this.#writes.deleteWorkload(left);
      else await this.#writes.scale(left);
    });
    this.#tell(instance);
  }

  async room(needs: InstanceNeeds, placement?: PlacementRequest): Promise<number> {
    const [nodes, pods] = await Promise.all([this.#core.listNode(), this.#core.listPodForAllNamespaces()]);
    return roomIn(nodesOf(nodes.items, placement?.nodeSelector), pods.items, this.#unplaced(pods.items), needs);
  }

  async tail(instance: string, lines: number): Promise<string[]> {
    const { pod } = this.#workloads.find(instance) ?? {};
    const { name, namespace } = pod?.metadata ?? {};
    if (name === undefined || namespace === undefined) return [];
    // That of the container, and where it has not begun (again), that of the one before it.
    for (const previous of [false, true])
      try {
        const text = await this.#core.readNamespacedPodLog({ name, namespace, previous, tailLines: lines });
        const said = text.split('\n').filter((line) => line !== '');
        if (said.length > 0) return said;
      } catch {
        // There is none, or it is gone with its pod.
      }
    return [];
  }

  /** Pods that do not ask which instance they are have nothing to be told while nobody answers. */
  keepRelease(cluster: string, release: KeptRelease | null): void {
    if (this.#options.exchange !== undefined) this.#releases.keep(cluster, release);
  }

  settle(cluster: string): void {
    for (const [key, { workload }] of this.#kept) {
      if (workload.metadata?.labels?.[LABELS.cluster] !== cluster) continue;
      this.#kept.set(key, { workload, until: 0 });
      this.#soon(placeOf(workload));
    }
  }

  async removeCluster(cluster: string): Promise<void> {
    this.#releases.forget(cluster);
    const isMeant = ({ metadata }: KubernetesObject): boolean => metadata?.labels?.[LABELS.cluster] === cluster;
    for (const workload of this.#workloads.all().filter(isMeant))
      await this.#serials.run(keyOf(placeOf(workload)), () => this.#writes.deleteWorkload(workload));
    await this.#writes.deleteServices(isMeant);
    await this.#writes.deleteClaims(cluster, this.#closing.signal);
  }

  addressOf(cluster: string): Promise<string | undefined> {
    return this.#addresses.of(cluster);
  }

  instanceOf(podUid: string): string | undefined {
    const pod = this.#workloads.pods.get(podUid);
    const workload = pod && this.#workloads.ownerOf(pod);
    return workload && slotsOf(workload).find((slot) => slot.pod === podUid)?.instance;
  }

  onChange(listener: (instance: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    this.#listeners.clear();
    for (const { timer } of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
    this.#guard.close();
    this.#stalls.close();
    this.#releases.close();
    this.#artifacts?.close();
    await Promise.all([
      ...[this.#workloads.close(), this.tasks.close(), this.builds.close(), this.#followed?.close()],
      ...[this.#namespaces.close(), this.#secretCheck.close()],
    ]);
    await this.#serials.idle();
  }

  #observe(workload: Workload, slot: Slot): ObservedInstance {
    const { labels, namespace = '' } = workload.metadata ?? {};
    const partition = labels?.[LABELS.partition] ?? DEFAULT_PARTITION;
    const stalledSince = this.#stalls.since(workload);
    return {
      ...observedOf(workload, slot, {
        pod: this.#workloads.podOf(slot),
        ports: portsIn(workload),
        claimOf: (name) => this.#workloads.claim({ namespace, name }),
        ...(stalledSince === undefined ? {} : { stalledSince }),
      }),
      placement: { hostCluster: this.#options.hostCluster ?? '', partition },
    };
  }

  /** What each instance requests that was asked for and is on no node yet. */
  #unplaced(pods: readonly V1Pod[]): InstanceNeeds[] {
    return this.#workloads.all().flatMap((workload) => {
      const placed = pods.filter((pod) => isOf(pod, workload) && pod.spec?.nodeName !== undefined).length;
      const missing = Math.max(0, replicasOf(slotsOf(workload)) - placed);
      return Array.from({ length: missing }, () => needsOf(workload.spec?.template.spec));
    });
  }

  #placeOf({ document, placement }: InstanceRequest): Place {
    return {
      namespace: this.#namespaceOf(document.tenant),
      name: nameOf({
        identity: document,
        partition: placement?.partition ?? DEFAULT_PARTITION,
        image: this.#options.imageOf(document.cartridge).image,
        spec: document.cartridge.spec,
      }),
    };
  }

  /** A Deployment is for one image; Kubernetes replaces the pods of a StatefulSet, the highest number first, each as the same instance. */
  #isOfAnotherImage(workload: Workload, request: InstanceRequest): boolean {
    if (!isStateful(workload) || keyOf(placeOf(workload)) !== keyOf(this.#placeOf(request))) return false;
    return imageIn(workload.spec?.template.spec) !== this.#options.imageOf(request.document.cartridge).image;
  }

  #placeOfRelease(release: KeptRelease): ReleasePlace {
    const { identity, cartridge, stable } = release;
    const { tenant } = identity;
    const digests = stable.artifacts.map(({ digest }) => digest);
    const artifactServer = this.#artifacts?.of(this.#namespaceOf(tenant), tenant, digests);
    const { hostCluster, exchange } = this.#options;
    const balancing = hostCluster === undefined ? undefined : balancingOf(release, hostCluster);
    return {
      controlPlane: `${exchange?.controlPlane ?? ''}${INSTANCE_PATH}`,
      ports: portsOf(cartridge.spec.ports),
      ...(balancing === undefined ? {} : { balancing }),
      ...(artifactServer === undefined ? {} : { artifactServer }),
    };
  }

  #namespaceOf(tenant: string): string {
    return namespaceOf(this.#options.namespacePrefix ?? 'cartwright', tenant);
  }

  /** In the turn of the workload that the instance is of; nothing where there is none. */
  async #inTurnOf(instance: string, work: (found: Found) => Promise<void>): Promise<void> {
    const before = this.#workloads.find(instance);
    if (before === undefined) return;
    await this.#serials.run(keyOf(placeOf(before.workload)), async () => {
      const found = this.#workloads.find(instance);
      if (found !== undefined) await work(found);
    });
  }

  /** One that is no instance's (yet). */
  #hasFreePod(workload: Workload): boolean {
    const taken = new Set(slotsOf(workload).map(({ pod }) => pod));
    return this.#workloads.podsOf(workload).some(({ metadata }) => !taken.has(metadata?.uid));
  }

  /** Makes the pod the one that goes, and lets it go. Answers it, where there is one. */
  async #letGo(instance: string, graceSeconds: number): Promise<V1Pod | undefined> {
    let leaving: V1Pod | undefined;
    await this.#inTurnOf(instance, async ({ workload, slot, pod }) => {
      leaving = pod;
      if (!isCounted(slot) && pod === undefined) return;
      if (pod !== undefined) await this.#writes.lowerCost(pod);
      const left = await this.#writes.change(workload, (slots) => changed(slots, instance, { leaving: true }));
      if (pod !== undefined || slot.pod === undefined) await this.#writes.scale(left);
      if (pod !== undefined) await this.#writes.deletePod(pod, graceSeconds);
    });
    return leaving;
  }

  async #awaitEnd(instance: string, pod: V1Pod, graceSeconds: number, hurry: AbortSignal): Promise<void> {
    const deadline = performance.now() + graceSeconds * 1000;
    let isForced = false;
    while (this.#workloads.pods.get(pod.metadata?.uid ?? '') !== undefined) {
      if (this.#closing.signal.aborted)
        throw new ProviderError(
          'PROVIDER_CLOSED',
          `instance ${instance} was asked to stop; whether it did was not awaited`,
        );
      if (!isForced && (performance.now() > deadline || hurry.aborted)) {
        isForced = true;
        await this.#writes.deletePod(pod, 0);
      }
      await delay(POLL_MILLISECONDS);
    }
  }

  async #applyWorkload({ document, placement }: InstanceRequest, { namespace }: Place): Promise<Workload> {
    const { platform, audience, exchange, imageOf, loadBalancerService = 'NodePort' } = this.#options;
    const { tenant, application, alias, cluster, cartridge } = document;
    const identity = { tenant, application, alias, cluster };
    this.#checkSecurity(tenant, cartridge);
    await this.#namespaces.prepare(namespace, tenant);
    const [workload, ...others] = workloadObjects({
      ...{ platform, namespace, audience, identity, partition: placement?.partition ?? DEFAULT_PARTITION },
      ...(placement?.nodeSelector === undefined ? {} : { nodeSelector: placement.nodeSelector }),
      ...(exchange === undefined ? {} : { exchange }),
      cartridge: cartridge.name,
      spec: cartridge.spec,
      ...imageOf(cartridge),
    });
    const { category } = cartridge.spec;
    const type = category === 'load-balancer' ? loadBalancerService : 'ClusterIP';
    const served = { platform, namespace, identity, type, ports: portsIn(workload) } as const;
    const services = [clusterService(served), membersService(served)].filter((one) => one !== undefined);
    // All of them before the first: a Deployment without what belongs to it would be nobody's to remove.
    await this.#writes.checkOurs(workload, ...others, ...services);
    const applied = await this.#writes.applyWorkload(this.#withItsVolumes(workload));
    await this.#releases.write(cluster);
    this.#artifacts?.make(namespace, tenant);
    for (const object of others) await this.#writes.applyChanged(object, applied);
    // Not owned: its address outlives the last instance.
    for (const object of services) await this.#writes.applyChanged(object);
    return applied;
  }

  /** Claims that there are keep their size and class; Kubernetes lets none be changed. Throws `ProviderError` VOLUMES_CHANGED where they are others. */
  #withItsVolumes(workload: Workload): Workload {
    if (!isStateful(workload)) return workload;
    const present = this.#workloads.at(placeOf(workload)).find(isStateful);
    if (present === undefined) return workload;
    const [were, are] = [volumesIn(present), volumesIn(workload)];
    if (were.length !== are.length || were.some((name) => !are.includes(name)))
      throw new ProviderError(
        'VOLUMES_CHANGED',
        `the cartridge ${workload.metadata?.labels?.[LABELS.name]} declares the volumes ${are.join(', ')}, and ${keyOf(placeOf(present))} has ${were.join(', ')}: an application keeps the volumes that it began with; declare them again, or delete it and make it anew`,
      );
    const volumeClaimTemplates = appliedTemplates(present) ?? workload.spec!.volumeClaimTemplates!;
    return { ...workload, spec: { ...workload.spec!, volumeClaimTemplates } };
  }

  async #prepareJob(kind: JobKind, { document, placement }: JobRequest): Promise<TaskJobRequest> {
    const { platform, audience, exchange, imageOf, namespacePrefix = 'cartwright', buildResources } = this.#options;
    const { tenant, application, alias, cluster, cartridge, task, build } = document;
    const namespace = namespaceOf(namespacePrefix, tenant);
    this.#checkSecurity(tenant, cartridge);
    await this.#namespaces.prepare(namespace, tenant);
    const { nodeSelector } = placement;
    const { spec } = cartridge;
    const { cpuCores, memoryBytes } = (build && buildResources) ?? spec.resources;
    // Little is asked for, so that a build fits beside what serves and stands back behind it; it takes what is idle.
    const resources =
      build === undefined ? spec.resources : { cpuCores: cpuCores / BUILD_CPU_LIMIT_FACTOR, memoryBytes };
    const diskBytes = BUILD_DISK_FACTOR * (build?.maximumBytes ?? 0) + BUILD_DISK_BYTES;
    return {
      ...{ kind, platform, namespace, audience, task: document.instance },
      timeoutSeconds: (task ?? build)?.timeoutSeconds ?? 0,
      identity: { tenant, application, alias, cluster },
      ...(nodeSelector === undefined ? {} : { nodeSelector }),
      ...(exchange === undefined ? {} : { exchange }),
      ...{ cartridge: cartridge.name, spec: { ...spec, resources } },
      ...(build === undefined ? {} : { limits: { cpuCores, diskBytes } }),
      ...imageOf(cartridge),
    };
  }

  /** An operator may have taken away what was allowed when the application was applied. Throws `ProviderError` POD_SECURITY_FORBIDDEN. */
  #checkSecurity(tenant: string, { name, spec }: Pick<InstanceDocument['cartridge'], 'name' | 'spec'>): void {
    const asked = spec.podSecurity ?? 'restricted';
    const allowed = this.#options.podSecurityOf?.(tenant) ?? 'restricted';
    if (isWithin(asked, allowed)) return;
    throw new ProviderError(
      'POD_SECURITY_FORBIDDEN',
      `the cartridge ${name} needs Pod Security ${asked}, and the tenant ${tenant} may have ${allowed}; ask an operator to allow it`,
    );
  }

  #tenantsHere(): { readonly namespace: string; readonly tenant: string }[] {
    const objects = [...this.#workloads.all(), ...this.tasks.jobs(), ...this.builds.jobs()];
    const places = objects.flatMap(({ metadata }) => {
      const { namespace } = metadata ?? {};
      const tenant = metadata?.labels?.[LABELS.tenant];
      return namespace === undefined || tenant === undefined ? [] : [[namespace, tenant] as const];
    });
    return [...new Map(places)].map(([namespace, tenant]) => ({ namespace, tenant }));
  }

  async #restoreSecret(secret: KubernetesObject): Promise<void> {
    const { name, namespace = '', labels = {} } = secret.metadata ?? {};
    const cluster = labels[LABELS.cluster];
    if (cluster !== undefined) return this.#releases.write(cluster);
    if (name === PULL_SECRET) return this.#namespaces.restore(secret);
    await this.#artifacts?.restore(namespace, labels[LABELS.tenant] ?? '');
  }

  #workloadChanged(seen: Workload, isGone: boolean): void {
    const workload: Workload = { ...seen, apiVersion: 'apps/v1', kind: kindOf(seen) };
    if (isGone) {
      this.#artifacts?.look(workload.metadata?.namespace ?? '');
      // With it went the list of its instances: they are gone, and what is still wanted is made anew.
      this.#guard.gone(workload, false);
      this.#stalls.gone(workload);
      this.#kept.delete(keyOf(placeOf(workload)));
      for (const { instance } of slotsOf(workload)) this.#tell(instance);
      return;
    }
    this.#guard.seen(workload);
    this.#soon(placeOf(workload));
  }

  #objectChanged(object: KubernetesObject, isGone: boolean): void {
    if (!isGone && object.kind === 'Namespace') this.#namespaces.seen(object);
    if (!isGone) return this.#guard.seen(object);
    if (object.kind === 'Namespace') {
      this.#namespaces.forget(object.metadata?.name ?? '');
      this.#artifacts?.forget(object.metadata?.name ?? '');
    }
    const cluster = object.metadata?.labels?.[LABELS.cluster];
    const isNeeded =
      cluster === undefined ? object.kind !== 'Namespace' : this.#workloads.ofCluster(cluster).length > 0;
    this.#guard.gone(object, isNeeded);
  }

  #podChanged(pod: V1Pod): void {
    const { uid } = pod.metadata ?? {};
    const workload = this.#workloads.ownerOf(pod);
    if (workload === undefined) return;
    const slot = slotsOf(workload).find((one) => one.pod === uid);
    if (slot === undefined) this.#soon(placeOf(workload));
    else this.#tell(slot.instance);
  }

  /** What is left over is taken, or let go then. */
  #keep(workload: Workload): void {
    const place = placeOf(workload);
    this.#kept.set(keyOf(place), { workload, until: performance.now() + KEEP_MILLISECONDS });
    this.#soon(place);
  }

  /** Looks at what is there again, once, at the earliest time that was asked for. */
  #soon(place: Place, milliseconds = 0): void {
    const key = keyOf(place);
    const at = performance.now() + milliseconds;
    const due = this.#timers.get(key);
    if (this.#closing.signal.aborted || (due !== undefined && due.at <= at)) return;
    clearTimeout(due?.timer);
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      this.#serials.run(key, () => this.#settle(place)).catch((error: unknown) => this.#problem(error));
    }, milliseconds);
    this.#timers.set(key, { timer, at });
  }

  async #settle(place: Place): Promise<void> {
    for (const workload of this.#workloads.at(place)) await this.#settleOne(workload);
    // As they are now.
    for (const workload of this.#workloads.at(place)) this.#stalls.seen(workload);
  }

  /** Those of its instances that have no pod yet. */
  #tellWaiting(workload: Workload): void {
    for (const { instance, pod } of slotsOf(workload)) if (pod === undefined) this.#tell(instance);
  }

  /** Its controller, for pods that it owes. */
  #callOn(workload: Workload): void {
    const place = placeOf(workload);
    this.#options.onStall?.({ kind: kindOf(workload), ...place });
    this.#serials
      .run(keyOf(place), () => this.#writes.callOn(workload, new Date()))
      .catch((error: unknown) => this.#problem(error));
  }

  /** Gives pods that are nobody's to the instances that have none, and brings the number of pods to what is asked for. */
  async #settleOne(workload: Workload): Promise<void> {
    if (this.#closing.signal.aborted) return;
    if (!hasOurSlots(workload) && slotsOf(workload).length > 0) {
      this.#guard.told({ ...workload, kind: kindOf(workload) }, [`metadata.annotations.${SLOTS_ANNOTATION}`]);
      await this.#writes.writeSlots(workload, slotsOf(workload));
    }
    await this.#fit(await this.#bind(workload));
  }

  async #bind(workload: Workload): Promise<Workload> {
    const before = slotsOf(workload);
    const pods = this.#workloads.podsOf(workload);
    const settled = await this.#writes.change(workload, (slots) => boundTo(slots, pods, isStateful(workload)));
    for (const slot of slotsOf(settled)) {
      const isNew = slot.pod !== undefined && before.every(({ pod }) => pod !== slot.pod);
      if (isNew)
        await this.#writes.label(
          pods.find(({ metadata }) => metadata?.uid === slot.pod)!,
          slot,
        );
      if (isNew) this.#tell(slot.instance);
    }
    return settled;
  }

  async #fit(settled: Workload): Promise<void> {
    const place = placeOf(settled);
    const isEmpty = slotsOf(settled).length === 0;
    const isLeftOver = asksForMore(settled) || (isEmpty && this.#workloads.podsOf(settled).length > 0);
    if (isLeftOver && !this.#kept.has(keyOf(place))) return this.#keep(settled);
    const wait = (this.#kept.get(keyOf(place))?.until ?? 0) - performance.now();
    if (isLeftOver && wait > 0) return this.#soon(place, wait);
    this.#kept.delete(keyOf(place));
    if (isEmpty && !isStateful(settled)) await this.#writes.deleteWorkload(settled);
    else await this.#writes.scale(settled);
  }

  #tell(instance: string): void {
    for (const listener of this.#listeners) {
      try {
        listener(instance);
      } catch (error) {
        this.#problem(error);
      }
    }
  }

  #problem(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#options.onProblem?.(error instanceof Error ? error : new Error(String(error)));
  }
}

/** It asks for more pods than its instances need. */
function asksForMore(workload: Workload): boolean {
  return replicasOf(slotsOf(workload)) < (workload.spec?.replicas ?? 0);
}

function boundTo(slots: readonly Slot[], pods: readonly V1Pod[], areNumbered: boolean): readonly Slot[] {
  const uidOf = ({ metadata }: V1Pod): string => metadata?.uid ?? '';
  if (!areNumbered) return bound(slots, pods.map(uidOf));
  return boundByOrdinal(
    slots,
    pods.map((pod) => ({ ordinal: ordinalOf(pod) ?? -1, uid: uidOf(pod) })),
  );
}

/** Without what the API server has added to them. */
function appliedTemplates(present: Workload): V1PersistentVolumeClaim[] | undefined {
  const applied: V1StatefulSet | undefined = appliedOn(present);
  return applied?.spec?.volumeClaimTemplates;
}
