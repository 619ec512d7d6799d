/** What is there of this platform in a host cluster: its Deployments with their slots, and their pods. */
import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  type KubernetesObject,
  type V1Deployment,
  type V1Pod,
} from '@kubernetes/client-node';
import { managerOf } from '../objects/drift.ts';
import { LABELS, platformLabels, selectorOf, SLOTS_ANNOTATION, SLOTS_MANAGER } from '../objects/names.ts';
import { Cache } from './cache.ts';
import { follow, type Following } from './follow.ts';
import { readSlots, replicasOf, type Slot } from './slots.ts';

export interface Place {
  readonly namespace: string;
  readonly name: string;
}

export interface Found {
  readonly deployment: V1Deployment;
  readonly slot: Slot;
  /** The one that the slot is bound to, where it is there. */
  readonly pod: V1Pod | undefined;
}

export interface WorkloadsOptions {
  readonly config: KubeConfig;
  readonly platform: string;
  readonly onDeployment: (deployment: V1Deployment, isGone: boolean) => void;
  /** Somebody else has written the number of its pods. */
  readonly onScaled: (deployment: V1Deployment) => void;
  readonly onPod: (pod: V1Pod) => void;
  readonly onProblem: (error: Error) => void;
  readonly random: () => number;
}

export class Workloads {
  readonly deployments = new Cache<V1Deployment>((deployment, known) => {
    const kept = withOurSlots(deployment, known);
    if (isScaledByOthers(kept, known)) this.#options.onScaled(kept);
    return kept;
  });
  readonly pods = new Cache<V1Pod>();
  readonly #options: WorkloadsOptions;
  readonly #followings: Following[] = [];

  constructor(options: WorkloadsOptions) {
    this.#options = options;
  }

  /** Resolves when all that is there is known. Rejects when the API server does not answer. */
  async open(): Promise<void> {
    const { config, platform, random, onProblem, onDeployment, onPod } = this.#options;
    const labelSelector = selectorOf(platformLabels(platform));
    const shared = { config, labelSelector, random, onProblem };
    const apps = config.makeApiClient(AppsV1Api);
    const core = config.makeApiClient(CoreV1Api);
    this.#followings.push(
      await follow({
        ...shared,
        path: '/apis/apps/v1/deployments',
        list: () => apps.listDeploymentForAllNamespaces({ labelSelector }),
        cache: this.deployments,
        onChange: onDeployment,
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

  find(instance: string): Found | undefined {
    for (const deployment of this.deployments.values()) {
      const slot = slotsOf(deployment).find((one) => one.instance === instance);
      if (slot === undefined) continue;
      return { deployment, slot, pod: this.podOf(slot) };
    }
    return undefined;
  }

  at(place: Place): V1Deployment | undefined {
    return this.deployments.find((one) => keyOf(placeOf(one)) === keyOf(place));
  }

  ownerOf(pod: V1Pod): V1Deployment | undefined {
    return this.deployments.find((one) => isOf(pod, one));
  }

  podOf({ pod }: Slot): V1Pod | undefined {
    return pod === undefined ? undefined : this.pods.get(pod);
  }

  /** Those that stay, the oldest first. */
  podsOf(deployment: V1Deployment): V1Pod[] {
    // From a list it is a date, from a watch a text.
    const age = ({ metadata }: V1Pod): number => new Date(metadata?.creationTimestamp ?? 0).getTime();
    return [...this.pods.values()]
      .filter((pod) => isOf(pod, deployment) && pod.metadata?.deletionTimestamp === undefined && !hasEnded(pod))
      .sort((a, b) => age(a) - age(b) || (a.metadata!.name! < b.metadata!.name! ? -1 : 1));
  }

  async close(): Promise<void> {
    await Promise.all(this.#followings.map((following) => following.close()));
  }
}

/** A list of slots that somebody else wrote is none: the one from before counts until it is written again. */
function withOurSlots(deployment: V1Deployment, known: V1Deployment | undefined): V1Deployment {
  const ours = known?.metadata?.annotations?.[SLOTS_ANNOTATION];
  if (ours === undefined || hasOurSlots(deployment)) return deployment;
  const { metadata } = deployment;
  return {
    ...deployment,
    metadata: { ...metadata, annotations: { ...metadata?.annotations, [SLOTS_ANNOTATION]: ours } },
  };
}

/** By what it was before: the API server does not always say who wrote a number that nobody has applied. What we write is that of the slots. */
function isScaledByOthers(deployment: V1Deployment, known: V1Deployment | undefined): boolean {
  const { replicas } = deployment.spec ?? {};
  return known !== undefined && known.spec?.replicas !== replicas && replicas !== replicasOf(slotsOf(deployment));
}

/** Whether nobody else has written which instances it is for. */
export function hasOurSlots(deployment: V1Deployment): boolean {
  return managerOf(deployment, ['metadata', 'annotations', SLOTS_ANNOTATION]) === SLOTS_MANAGER;
}

export function slotsOf({ metadata }: V1Deployment): readonly Slot[] {
  return readSlots(metadata?.annotations?.[SLOTS_ANNOTATION]);
}

/** By what the Deployment selects, and not by its owner: that is a ReplicaSet between the two. */
export function isOf({ metadata: pod }: V1Pod, { metadata: deployment }: V1Deployment): boolean {
  return (
    pod?.namespace === deployment?.namespace &&
    [LABELS.cluster, LABELS.partition].every((label) => pod?.labels?.[label] === deployment?.labels?.[label])
  );
}

function hasEnded({ status }: V1Pod): boolean {
  return status?.phase === 'Failed' || status?.phase === 'Succeeded';
}

export function placeOf({ metadata }: KubernetesObject): Place {
  return { namespace: metadata?.namespace ?? '', name: metadata?.name ?? '' };
}

export function keyOf({ namespace, name }: Place): string {
  return `${namespace}/${name}`;
}
