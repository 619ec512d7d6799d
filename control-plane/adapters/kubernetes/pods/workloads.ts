/** What is there of this platform in a host cluster: its Deployments and StatefulSets with their slots, and their pods. */
import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  type KubernetesObject,
  type V1PersistentVolumeClaim,
  type V1Pod,
} from '@kubernetes/client-node';
import { managerOf } from '../objects/drift.ts';
import { LABELS, platformLabels, selectorOf, SLOTS_ANNOTATION, SLOTS_MANAGER } from '../objects/names.ts';
import { isStateful } from '../objects/volumes.ts';
import type { Workload } from '../objects/workload.ts';
import { Cache } from './cache.ts';
import { follow, type Following } from './follow.ts';
import { readSlots, replicasOf, type Slot } from './slots.ts';

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface Found {
  readonly workload: Workload;
  readonly slot: Slot;
  /** The one that the slot is bound to, where it is there. */
  readonly pod: V1Pod | undefined;
}

export interface WorkloadsOptions {
  readonly config: KubeConfig;
  readonly platform: string;
  readonly onWorkload: (workload: Workload, isGone: boolean) => void;
  /** Somebody else has written the number of its pods. */
  readonly onScaled: (workload: Workload) => void;
  readonly onPod: (pod: V1Pod) => void;
  readonly onProblem: (error: Error) => void;
  readonly random: () => number;
}

export class Workloads {
  readonly #deployments = this.#workloadCache();
  readonly #statefulSets = this.#workloadCache();
  readonly pods = new Cache<V1Pod>({ keysOf: (pod) => [clusterKey(clusterOf(pod))] });
  readonly claims = new Cache<V1PersistentVolumeClaim>({ keysOf: (claim) => [keyOf(placeOf(claim))] });
  readonly #options: WorkloadsOptions;
  readonly #followings: Following[] = [];

  constructor(options: WorkloadsOptions) {
    this.#options = options;
  }

  /** Resolves when all that is there is known. Rejects when the API server does not answer. */
  async open(): Promise<void> {
    const { config, platform, random, onProblem, onWorkload, onPod } = this.#options;
    // What is for a whole tenant is for no service cluster.
    const labelSelector = `${selectorOf(platformLabels(platform))},${LABELS.cluster}`;
    const shared = { config, labelSelector, random, onProblem };
    const apps = config.makeApiClient(AppsV1Api);
    const core = config.makeApiClient(CoreV1Api);
    this.#followings.push(
      await follow<Workload>({
        ...shared,
        path: '/apis/apps/v1/deployments',
        list: () => apps.listDeploymentForAllNamespaces({ labelSelector }),
        cache: this.#deployments,
        onChange: onWorkload,
      }),
      await follow<Workload>({
        ...shared,
        path: '/apis/apps/v1/statefulsets',
        list: () => apps.listStatefulSetForAllNamespaces({ labelSelector }),
        cache: this.#statefulSets,
        onChange: onWorkload,
      }),
      await follow({
        ...shared,
        path: '/api/v1/persistentvolumeclaims',
        list: () => core.listPersistentVolumeClaimForAllNamespaces({ labelSelector }),
        cache: this.claims,
        onChange: () => undefined,
      }),
      await follow({
        ...shared,
        path: '/api/v1/pods',
        list: () => core.listPodForAllNamespaces({ labelSelector }),
        cache: this.pods,
        onChange: onPod,
      }),
    );
  }

  all(): Workload[] {
    return [...this.#deployments.values(), ...this.#statefulSets.values()];
  }

  get(uid: string): Workload | undefined {
    return this.#deployments.get(uid) ?? this.#statefulSets.get(uid);
  }

  /** Answers whether it is news. */
  put(workload: Workload): boolean {
    return this.#cacheOf(workload).put(workload);
  }

  remove(workload: Workload): void {
    this.#cacheOf(workload).remove(workload);
  }

  find(instance: string): Found | undefined {
    const [workload] = this.#under(instanceKey(instance));
    const slot = workload && slotsOf(workload).find((one) => one.instance === instance);
    return workload && slot && { workload, slot, pod: this.podOf(slot) };
  }

  /** A Deployment, a StatefulSet; both where a cartridge has got volumes, or has none any more, while instances of before are there. */
  at(place: Place): Workload[] {
    return this.#under(keyOf(place));
  }

  /** What makes the pods of a service cluster, in whichever partitions. */
  ofCluster(cluster: string): Workload[] {
    return this.#under(clusterKey(cluster));
  }

  /** Whether anything is there that makes pods. */
  isUsed(namespace: string): boolean {
    return this.#under(namespaceKey(namespace)).length > 0;
  }

  ownerOf(pod: V1Pod): Workload | undefined {
    return this.ofCluster(clusterOf(pod)).find((one) => isOf(pod, one));
  }

  claim(place: Place): V1PersistentVolumeClaim | undefined {
    return this.claims.under(keyOf(place))[0];
  }

  podOf({ pod }: Slot): V1Pod | undefined {
    return pod === undefined ? undefined : this.pods.get(pod);
  }

  /** Those that stay, the oldest first. */
  podsOf(workload: Workload): V1Pod[] {
    // From a list it is a date, from a watch a text.
    const age = ({ metadata }: V1Pod): number => new Date(metadata?.creationTimestamp ?? 0).getTime();
    return this.pods
      .under(clusterKey(clusterOf(workload)))
      .filter((pod) => isOf(pod, workload) && pod.metadata?.deletionTimestamp === undefined && !hasEnded(pod))
      .sort((a, b) => age(a) - age(b) || (a.metadata!.name! < b.metadata!.name! ? -1 : 1));
  }

  async close(): Promise<void> {
    await Promise.all(this.#followings.map((following) => following.close()));
  }

  #workloadCache(): Cache<Workload> {
    return new Cache<Workload>({ taken: (seen, known) => this.#taken(seen, known), keysOf: keysOfWorkload });
  }

  #under(key: string): Workload[] {
    return [...this.#deployments.under(key), ...this.#statefulSets.under(key)];
  }

  #cacheOf(workload: Workload): Cache<Workload> {
    return isStateful(workload) ? this.#statefulSets : this.#deployments;
  }

  #taken(seen: Workload, known: Workload | undefined): Workload {
    const kept = withOurSlots(seen, known);
    if (isScaledByOthers(kept, known)) this.#options.onScaled(kept);
    return kept;
  }
}

const clusterOf = ({ metadata }: KubernetesObject): string => metadata?.labels?.[LABELS.cluster] ?? '';
const clusterKey = (cluster: string): string => `cluster ${cluster}`;
const instanceKey = (instance: string): string => `instance ${instance}`;
const namespaceKey = (namespace: string): string => `namespace ${namespace}`;

function keysOfWorkload(workload: Workload): string[] {
  const place = placeOf(workload);
  const slots = slotsOf(workload).map(({ instance }) => instanceKey(instance));
  return [keyOf(place), namespaceKey(place.namespace), clusterKey(clusterOf(workload)), ...slots];
}

/** A list of slots that somebody else wrote is none: the one from before counts until it is written again. */
function withOurSlots(workload: Workload, known: Workload | undefined): Workload {
  const ours = known?.metadata?.annotations?.[SLOTS_ANNOTATION];
  if (ours === undefined || hasOurSlots(workload)) return workload;
  const { metadata } = workload;
  return {
    ...workload,
    metadata: { ...metadata, annotations: { ...metadata?.annotations, [SLOTS_ANNOTATION]: ours } },
  };
}

/** By what it was before: the API server does not always say who wrote a number that nobody has applied. What we write is that of the slots. */
function isScaledByOthers(workload: Workload, known: Workload | undefined): boolean {
  const { replicas } = workload.spec ?? {};
  return known !== undefined && known.spec?.replicas !== replicas && replicas !== replicasOf(slotsOf(workload));
}

/** Whether nobody else has written which instances it is for. */
export function hasOurSlots(workload: Workload): boolean {
  return managerOf(workload, ['metadata', 'annotations', SLOTS_ANNOTATION]) === SLOTS_MANAGER;
}

/** What is known of an object never changes, so its list is read once. */
const slotsRead = new WeakMap<object, readonly Slot[]>();

export function slotsOf({ metadata }: Workload): readonly Slot[] {
  if (metadata === undefined) return [];
  const read = slotsRead.get(metadata) ?? readSlots(metadata.annotations?.[SLOTS_ANNOTATION]);
  slotsRead.set(metadata, read);
  return read;
}

/** By what the workload selects: a Deployment's pods are owned by a ReplicaSet between the two, a StatefulSet's by itself. */
export function isOf({ metadata: pod }: V1Pod, workload: Workload): boolean {
  const { metadata } = workload;
  const isNumbered = pod?.ownerReferences?.some(({ kind }) => kind === 'StatefulSet') ?? false;
  return (
    isNumbered === isStateful(workload) &&
    pod?.namespace === metadata?.namespace &&
    [LABELS.cluster, LABELS.partition, LABELS.image].every(
      (label) => pod?.labels?.[label] === metadata?.labels?.[label],
    )
  );
}

export function hasEnded({ status }: V1Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

export function placeOf({ metadata }: KubernetesObject): Place {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

export function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}

/** Items of a list do not say what they are. */
export function kindOf(workload: Workload): 'Deployment' | 'StatefulSet' {
  return isStateful(workload) ? 'StatefulSet' : 'Deployment';
}
