/** Everything that is written to a host cluster. Each write first asks whether this control plane still may, and can be done twice. */
import {
  AppsV1Api,
  CoreV1Api,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type KubeConfig,
  type KubernetesObject,
  type V1Deployment,
  type V1OwnerReference,
  type V1Pod,
  type V1Secret,
  type V1Service,
} from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { ProviderError } from '../../../app/errors.ts';
import { ARTIFACT_SERVER } from '../objects/artifact-server.ts';
import { withApplied } from '../objects/drift.ts';
import {
  CALLED_ON_ANNOTATION,
  CAUSE_ANNOTATION,
  DIGEST_ANNOTATION,
  FIELD_MANAGER,
  LABELS,
  platformLabels,
  selectorOf,
  SLOTS_ANNOTATION,
  SLOTS_MANAGER,
} from '../objects/names.ts';
import type { Workload } from '../objects/workload.ts';
import { codeOf } from './answers.ts';
import type { Applied } from './applied.ts';
import { replicasOf, writeSlots, type Slot } from './slots.ts';
import { kindOf, slotsOf, type Workloads } from './workloads.ts';

/** Of the pods that may go, the one of the lowest cost goes first. */
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const LEAVING_COST = '-1000';

/** What bears the name of a Deployment or StatefulSet, is made with it and goes with it. */
const BESIDE_WORKLOAD = [
  { apiVersion: 'policy/v1', kind: 'PodDisruptionBudget' },
  { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy' },
];
const GOVERNING_SERVICE = { apiVersion: 'v1', kind: 'Service' };
/** For the claims of a service cluster that goes: each waits for the last pod that has it. */
const CLAIMS_GONE_MILLISECONDS = 60_000;
const POLL_MILLISECONDS = 250;

const BESIDE_ARTIFACT_SERVER: readonly { readonly kind: string; readonly called?: string }[] = [
  { kind: 'Deployment' },
  { kind: 'PersistentVolumeClaim' },
  { kind: 'Service' },
  { kind: 'NetworkPolicy' },
  { kind: 'NetworkPolicy', called: `${ARTIFACT_SERVER}-reached` },
];

export interface WritesOptions {
  readonly config: KubeConfig;
  readonly platform: string;
  /** Takes in what is answered, so that nobody waits for the watch to say it. */
  readonly workloads: Workloads;
  readonly applied: Applied;
  /** Throws when another control plane has taken over. */
  readonly mayAct: () => void;
}

/** A Secret as it was written. */
interface KnownSecret {
  readonly state: string;
  readonly object: KubernetesObject;
}

export class Writes {
  readonly #options: WritesOptions;
  readonly #objects: KubernetesObjectApi;
  readonly #apps: AppsV1Api;
  readonly #core: CoreV1Api;
  /** What Secrets this process knows to be, never what lies in them. */
  readonly #secrets = new Map<string, KnownSecret>();

  constructor(options: WritesOptions) {
    this.#options = options;
    this.#objects = KubernetesObjectApi.makeApiClient(options.config);
    this.#apps = options.config.makeApiClient(AppsV1Api);
    this.#core = options.config.makeApiClient(CoreV1Api);
  }

  /** An object of such a name that is not ours is left alone, whoever's it is. Throws `NAMESPACE_TAKEN` or `OBJECT_TAKEN`. */
  async checkOurs(...objects: readonly KubernetesObject[]): Promise<void> {
    await Promise.all(objects.map((object) => this.#checkOurs(object)));
  }

  async #checkOurs(object: KubernetesObject): Promise<void> {
    if (this.#options.applied.has(object)) return;
    const { apiVersion = '', kind = '', metadata } = object;
    const { name = '', namespace } = metadata ?? {};
    const named = { name, ...(namespace === undefined ? {} : { namespace }) };
    try {
      const there = await this.#objects.read({ apiVersion, kind, metadata: named });
      if (this.#isOurs(there)) return;
    } catch (error) {
      if (codeOf(error) === 404) return;
      throw error;
    }
    if (kind === 'Namespace')
      throw new ProviderError(
        'NAMESPACE_TAKEN',
        `the namespace ${name} of the host cluster is not this platform's (label ${LABELS.platform}); remove it or use another prefix for namespaces`,
      );
    throw taken(object);
  }

  /** `owner`: goes, and what is applied goes with it. Throws `NAMESPACE_TAKEN` or `OBJECT_TAKEN`. */
  async apply<T extends KubernetesObject>(object: T, owner?: Workload): Promise<T> {
    const wanted = owner === undefined ? object : ownedBy(object, owner);
    await this.checkOurs(wanted);
    return this.#applyOurs(wanted);
  }

  /**
   * Applies one that {@link checkOurs} was asked about, where it is another than was applied before: what somebody else does to an object is seen by
   * its watch, and put back without anybody asking for it.
   */
  async applyChanged(object: KubernetesObject, owner?: Workload): Promise<void> {
    const wanted = owner === undefined ? object : ownedBy(object, owner);
    if (!this.#options.applied.isAsApplied(wanted)) await this.#applyOurs(wanted);
  }

  /** The same for a workload; answers it as it is then. */
  async applyWorkload(workload: Workload): Promise<Workload> {
    const { applied, workloads } = this.#options;
    const { name = '', namespace = '' } = workload.metadata ?? {};
    const present = workloads.at({ name, namespace }).find((one) => kindOf(one) === workload.kind);
    if (present !== undefined && applied.isAsApplied(workload)) return present;
    const written = await this.#applyOurs(workload);
    workloads.put(written);
    return written;
  }

  /** Applies it once more where it is still the one of that uid, if there is one. */
  async applyAgain(object: KubernetesObject, uid: string | undefined): Promise<void> {
    this.#options.mayAct();
    const { metadata } = object;
    const written = await this.#applyAs(object, uid === undefined ? {} : { uid });
    this.#options.applied.put(object);
    // These alone are kept, and have a list of slots that is not to be forgotten.
    if (metadata !== undefined && (object.kind === 'Deployment' || object.kind === 'StatefulSet'))
      this.#options.workloads.put(written);
  }

  async #applyOurs<T extends KubernetesObject>(object: T): Promise<T> {
    this.#options.mayAct();
    const written = await this.#applyAs(object);
    this.#options.applied.put(object);
    return written;
  }

  #applyAs<T extends KubernetesObject>(object: T, more: { readonly uid?: string } = {}): Promise<T> {
    const written = withApplied(object);
    return this.#objects.patch(
      { ...written, metadata: { ...written.metadata, ...more } },
      undefined,
      undefined,
      FIELD_MANAGER,
      true,
      PatchStrategy.ServerSideApply,
    );
  }

  /** The Deployments of servers of artifacts, in all namespaces. */
  async artifactServers(): Promise<V1Deployment[]> {
    const labels = { ...platformLabels(this.#options.platform), [LABELS.name]: ARTIFACT_SERVER };
    return (await this.#apps.listDeploymentForAllNamespaces({ labelSelector: selectorOf(labels) })).items;
  }

  /** With all that is its own. Idempotent. */
  async dropArtifactServer(namespace: string): Promise<void> {
    const name = ARTIFACT_SERVER;
    const theirs = await this.artifactServers();
    for (const { kind, called = name } of BESIDE_ARTIFACT_SERVER)
      this.#options.applied.leave({ kind, metadata: { name: called, namespace } });
    this.#secrets.delete(this.#options.applied.keyOf({ kind: 'Secret', metadata: { name, namespace } }));
    for (const { metadata } of theirs.filter((one) => one.metadata?.namespace === namespace)) {
      const body = { preconditions: { uid: metadata!.uid! }, propagationPolicy: 'Background' };
      await this.#unlessGone(() => this.#apps.deleteNamespacedDeployment({ name, namespace, body }));
    }
  }

  /** Writes a Secret where it is not as it is to be, by its digest and its owners. Throws `OBJECT_TAKEN`. */
  async keepSecret(secret: V1Secret): Promise<void> {
    const key = this.#options.applied.keyOf(secret);
    const text = secretState(secret);
    if (this.#secrets.get(key)?.state === text) return;
    // While it is written nobody knows what it is.
    this.#secrets.delete(key);
    const { name, namespace } = secret.metadata!;
    const there = await this.#secret(namespace!, name!);
    if (there !== undefined && !this.#isOurs(there)) throw taken(secret);
    if (there === undefined || secretState(there) !== text) {
      this.#options.mayAct();
      const more = [undefined, undefined, FIELD_MANAGER, true, PatchStrategy.ServerSideApply] as const;
      await this.#objects.patch(secret, ...more);
    }
    this.#secrets.set(key, { state: text, object: namedAs(secret) });
  }

  /** Those that this process has written and not deleted, without what lies in them. */
  secrets(): KubernetesObject[] {
    return [...this.#secrets.values()].map(({ object }) => object);
  }

  knows(secret: KubernetesObject): boolean {
    return this.#secrets.has(this.#options.applied.keyOf(secret));
  }

  /** How it is now, where somebody else has changed it (the fields) or deleted it (none); it is not known any more then. */
  async isChanged(
    secret: KubernetesObject,
  ): Promise<{ readonly secret: KubernetesObject; readonly fields: readonly string[] } | undefined> {
    const key = this.#options.applied.keyOf(secret);
    const known = this.#secrets.get(key);
    const { name, namespace } = secret.metadata!;
    const there = await this.#secret(namespace!, name!);
    // It may have been written meanwhile.
    if (known === undefined || this.#secrets.get(key) !== known) return undefined;
    if (there !== undefined && secretState(there) === known.state) return undefined;
    this.#secrets.delete(key);
    const { metadata = secret.metadata! } = there ?? {};
    return { secret: { apiVersion: 'v1', kind: 'Secret', metadata }, fields: there === undefined ? [] : ['data'] };
  }

  /** Whether it is there as it is to be; it is known from then on. */
  async isWritten(secret: V1Secret): Promise<boolean> {
    const key = this.#options.applied.keyOf(secret);
    const state = secretState(secret);
    if (this.#secrets.get(key)?.state === state) return true;
    const { name, namespace } = secret.metadata!;
    const there = await this.#secret(namespace!, name!);
    if (there === undefined || !this.#isOurs(there) || secretState(there) !== state) return false;
    this.#secrets.set(key, { state, object: namedAs(secret) });
    return true;
  }

  /** Idempotent; another's is left alone. */
  async dropSecret(namespace: string, name: string): Promise<void> {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } };
    this.#secrets.delete(this.#options.applied.keyOf(secret));
    const there = await this.#secret(namespace, name);
    if (there === undefined || !this.#isOurs(there)) return;
    const body = { preconditions: { uid: there.metadata!.uid! } };
    await this.#unlessGone(() => this.#core.deleteNamespacedSecret({ name, namespace, body }));
  }

  async #secret(namespace: string, name: string): Promise<V1Secret | undefined> {
    try {
      return await this.#core.readNamespacedSecret({ name, namespace });
    } catch (error) {
      if (codeOf(error) === 404) return undefined;
      throw error;
    }
  }

  #isOurs({ metadata }: KubernetesObject): boolean {
    return metadata?.labels?.[LABELS.platform] === this.#options.platform;
  }

  /** Changes the slots of a workload; to be called in its turn. Answers it as it is then. */
  async change(workload: Workload, change: (slots: readonly Slot[]) => readonly Slot[]): Promise<Workload> {
    const present = this.#options.workloads.get(workload.metadata?.uid ?? '') ?? workload;
    const before = slotsOf(present);
    const after = change(before);
    if (after === before) return present;
    return this.writeSlots(present, after);
  }

  async writeSlots(workload: Workload, slots: readonly Slot[]): Promise<Workload> {
    const { name, namespace, uid } = workload.metadata ?? {};
    const cause = slots.findLast((slot) => slot.cause !== undefined)?.cause;
    const annotations = {
      [SLOTS_ANNOTATION]: writeSlots(slots),
      ...(cause === undefined ? {} : { [CAUSE_ANNOTATION]: cause }),
    };
    this.#options.mayAct();
    const written = await this.#objects.patch<Workload>(
      {
        apiVersion: 'apps/v1',
        kind: kindOf(workload),
        metadata: { name, namespace, uid, annotations },
      },
      undefined,
      undefined,
      SLOTS_MANAGER,
      true,
      PatchStrategy.ServerSideApply,
    );
    this.#options.workloads.put(written);
    return written;
  }

  async scale(workload: Workload): Promise<void> {
    const replicas = replicasOf(slotsOf(workload));
    const { name, namespace, uid } = workload.metadata ?? {};
    if (this.#options.workloads.get(uid ?? '')?.spec?.replicas === replicas) return;
    this.#options.mayAct();
    const place = { name: name!, namespace: namespace! };
    const change = { ...place, body: { spec: { replicas } }, fieldManager: FIELD_MANAGER };
    const asMerge = setHeaderOptions('Content-Type', PatchStrategy.MergePatch);
    // The scale has the version of what is scaled, but not the rest of it.
    if (kindOf(workload) === 'StatefulSet') {
      await this.#apps.patchNamespacedStatefulSetScale(change, asMerge);
      this.#options.workloads.put(await this.#apps.readNamespacedStatefulSet(place));
    } else {
      await this.#apps.patchNamespacedDeploymentScale(change, asMerge);
      this.#options.workloads.put(await this.#apps.readNamespacedDeployment(place));
    }
  }

  /** Changes nothing but a time on it, so that its controller looks at it once more. */
  async callOn(workload: Workload, at: Date): Promise<void> {
    const { name, namespace, uid } = workload.metadata ?? {};
    const kind = kindOf(workload);
    const annotations = { [CALLED_ON_ANNOTATION]: at.toISOString() };
    const written = {
      apiVersion: 'apps/v1',
      kind,
      metadata: { name: name!, namespace: namespace!, uid: uid!, annotations },
    };
    await this.#unlessGone(async () => {
      const more = [undefined, undefined, FIELD_MANAGER, undefined, PatchStrategy.MergePatch] as const;
      this.#options.workloads.put(await this.#objects.patch<Workload>(written, ...more));
    });
  }

  /** Of a StatefulSet the claims stay: {@link deleteClaims}. */
  async deleteWorkload(workload: Workload): Promise<void> {
    this.#options.mayAct();
    const { name, namespace, uid } = workload.metadata ?? {};
    const place = { name: name!, namespace: namespace! };
    const kind = kindOf(workload);
    const beside = kind === 'StatefulSet' ? [...BESIDE_WORKLOAD, GOVERNING_SERVICE] : BESIDE_WORKLOAD;
    for (const one of [{ kind }, ...beside]) this.#options.applied.leave({ ...one, metadata: place });
    for (const one of beside) await this.#unlessGone(() => this.#objects.delete({ ...one, metadata: place }));
    const body = { preconditions: { uid: uid! }, propagationPolicy: 'Background' };
    await this.#unlessGone(() =>
      kind === 'StatefulSet'
        ? this.#apps.deleteNamespacedStatefulSet({ ...place, body })
        : this.#apps.deleteNamespacedDeployment({ ...place, body }),
    );
    this.#options.workloads.remove(workload);
  }

  /**
   * Deletes the data of a service cluster, and resolves when it is gone. Throws `ProviderError` VOLUMES_REMAIN where something keeps it,
   * or the signal's reason.
   */
  async deleteClaims(cluster: string, signal: AbortSignal): Promise<void> {
    const labels = { ...platformLabels(this.#options.platform), [LABELS.cluster]: cluster };
    const deadline = performance.now() + CLAIMS_GONE_MILLISECONDS;
    for (;;) {
      const { items } = await this.#core.listPersistentVolumeClaimForAllNamespaces({
        labelSelector: selectorOf(labels),
      });
      if (items.length === 0) return;
      for (const { metadata } of items.filter((claim) => claim.metadata?.deletionTimestamp === undefined)) {
        const { name, namespace, uid } = metadata ?? {};
        const body = { preconditions: { uid: uid! } };
        await this.#unlessGone(() =>
          this.#core.deleteNamespacedPersistentVolumeClaim({ name: name!, namespace: namespace!, body }),
        );
      }
      if (performance.now() > deadline)
        throw new ProviderError(
          'VOLUMES_REMAIN',
          `the claim ${items[0]!.metadata?.namespace}/${items[0]!.metadata?.name} was deleted and is still there: a pod has it, or its finalizers (${(items[0]!.metadata?.finalizers ?? []).join(', ')}) keep it; it is tried again`,
        );
      await delay(POLL_MILLISECONDS, undefined, { signal });
    }
  }

  /** Of this platform. */
  async deleteServices(isMeant: (service: V1Service) => boolean): Promise<void> {
    const labelSelector = selectorOf(platformLabels(this.#options.platform));
    const { items } = await this.#core.listServiceForAllNamespaces({ labelSelector });
    for (const service of items.filter(isMeant)) {
      const { name, namespace, uid } = service.metadata ?? {};
      const body = { preconditions: { uid: uid! } };
      this.#options.applied.leave({ kind: 'Service', metadata: { name: name!, namespace: namespace! } });
      await this.#unlessGone(() => this.#core.deleteNamespacedService({ name: name!, namespace: namespace!, body }));
    }
  }

  async lowerCost(pod: V1Pod): Promise<void> {
    const { name, namespace } = pod.metadata ?? {};
    if (pod.metadata?.annotations?.[DELETION_COST] === LEAVING_COST) return;
    await this.#unlessGone(async () => {
      this.#options.workloads.pods.put(
        await this.#core.patchNamespacedPod(
          {
            name: name!,
            namespace: namespace!,
            body: { metadata: { annotations: { [DELETION_COST]: LEAVING_COST } } },
            fieldManager: FIELD_MANAGER,
          },
          setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
        ),
      );
    });
  }

  async deletePod(pod: V1Pod, gracePeriodSeconds: number): Promise<void> {
    const { name, namespace, uid } = pod.metadata ?? {};
    const body = { gracePeriodSeconds, preconditions: { uid: uid! } };
    await this.#unlessGone(() => this.#core.deleteNamespacedPod({ name: name!, namespace: namespace!, body }));
  }

  /** For people who look at pods; what counts is the slot. */
  async label({ metadata }: V1Pod, { instance, cause }: Slot): Promise<void> {
    await this.#unlessGone(async () => {
      this.#options.workloads.pods.put(
        await this.#core.patchNamespacedPod(
          {
            name: metadata!.name!,
            namespace: metadata!.namespace!,
            body: {
              metadata: {
                labels: { [LABELS.instance]: instance },
                ...(cause === undefined ? {} : { annotations: { [CAUSE_ANNOTATION]: cause } }),
              },
            },
            fieldManager: FIELD_MANAGER,
          },
          setHeaderOptions('Content-Type', PatchStrategy.StrategicMergePatch),
        ),
      );
    });
  }

  async #unlessGone(work: () => Promise<unknown>): Promise<void> {
    this.#options.mayAct();
    try {
      await work();
    } catch (error) {
      // Another object of the same name (409) is not ours to touch.
      if (codeOf(error) !== 404 && codeOf(error) !== 409) throw error;
    }
  }
}

function taken({ kind, metadata }: KubernetesObject): ProviderError {
  return new ProviderError(
    'OBJECT_TAKEN',
    `the ${kind} ${metadata?.name} in the namespace ${metadata?.namespace} of the host cluster is not this platform's (label ${LABELS.platform}) and is left alone; remove it`,
  );
}

/** What it is, without what lies in it. */
function namedAs({ metadata }: V1Secret): KubernetesObject {
  return { apiVersion: 'v1', kind: 'Secret', ...(metadata === undefined ? {} : { metadata }) };
}

/** By which a Secret is told to be as it is to be; of what lies in it a digest. */
function secretState({ metadata, data = {} }: V1Secret): string {
  const owners = (metadata?.ownerReferences ?? []).map(({ uid }) => uid).sort();
  const held = JSON.stringify(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
  const digest = createHash('sha256').update(held).digest('hex');
  return JSON.stringify([metadata?.annotations?.[DIGEST_ANNOTATION], owners, digest]);
}

/** Kubernetes removes what is owned with its owner, also where nobody else is there any more to do it. */
function ownedBy<T extends KubernetesObject>(object: T, owner: Workload): T {
  return { ...object, metadata: { ...object.metadata, ownerReferences: [ownerOf(owner)] } };
}

export function ownerOf(workload: Workload): V1OwnerReference {
  const { apiVersion, metadata } = workload;
  return {
    apiVersion: apiVersion ?? 'apps/v1',
    kind: kindOf(workload),
    name: metadata!.name!,
    uid: metadata!.uid!,
  };
}
