/** From a slot and its pod to what the provider reports. Pure. */
import type { V1PersistentVolumeClaim, V1Pod, V1PodSpec } from '@kubernetes/client-node';
import type { ObservedInstance, ProviderObject, ProviderProblem } from '../../../app/ports/provider.ts';
import { quantity } from '../host-clusters/quantity.ts';
import { LABELS } from '../objects/names.ts';
import { claimsOf, isStateful } from '../objects/volumes.ts';
import { INSTANCE_CONTAINER, type PortNumber, type Workload } from '../objects/workload.ts';
import { mebibytes, problemOf, refusalOf, stallOf } from './problem.ts';
import type { Slot } from './slots.ts';
import { hasEnded, kindOf } from './workloads.ts';

export interface Seen {
  /** The one that the slot is bound to, where it is there. */
  readonly pod: V1Pod | undefined;
  /** Those of every pod of the workload. */
  readonly ports: readonly PortNumber[];
  /** By its name, in the workload's namespace. */
  readonly claimOf?: (name: string) => V1PersistentVolumeClaim | undefined;
  /** Since when none of the pods that it asks for is made, in milliseconds since 1970. */
  readonly stalledSince?: number;
}

export function observedOf(workload: Workload, slot: Slot, seen: Seen): ObservedInstance {
  const labelled = (label: string): string => workload.metadata?.labels?.[label] ?? '';
  const { pod, ports } = seen;
  const state = stateOf(workload, slot, pod);
  const problem = slot.ended === undefined ? problemIn(workload, slot, seen) : undefined;
  const image = imageIn(pod?.spec ?? workload.spec?.template.spec);
  const detail = state === 'gone' ? { detail: problem?.message ?? goneDetail(slot, pod) } : {};
  return {
    instance: slot.instance,
    cluster: labelled(LABELS.cluster),
    tenant: labelled(LABELS.tenant),
    application: labelled(LABELS.application),
    alias: labelled(LABELS.alias),
    state,
    ...whereabouts(pod),
    ...(image === undefined ? {} : { image }),
    ports,
    ...(slot.ordinal === undefined ? {} : { ordinal: slot.ordinal }),
    objects: [...objectsOf(workload, pod), ...claimObjects(workload, slot, seen)],
    ...(problem === undefined ? {} : { problem }),
    ...detail,
  };
}

function whereabouts(pod: V1Pod | undefined): Pick<ObservedInstance, 'host' | 'node'> {
  const node = pod?.spec?.nodeName;
  return { host: pod?.status?.podIP ?? '', ...(node === undefined ? {} : { node }) };
}

/** What the instance is run from: it is the only container of ours. */
export function imageIn(spec: V1PodSpec | undefined): string | undefined {
  return spec?.containers.find(({ name }) => name === INSTANCE_CONTAINER)?.image;
}

function objectsOf(workload: Workload, pod: V1Pod | undefined): ProviderObject[] {
  const objects: ProviderObject[] = [{ kind: kindOf(workload), name: nameOf(workload) }];
  if (pod === undefined) return objects;
  const { nodeName } = pod.spec ?? {};
  const { phase = 'Unknown' } = pod.status ?? {};
  const detail = nodeName === undefined ? `${phase}, on no node yet` : `${phase} on ${nodeName}`;
  return [...objects, { kind: 'Pod', name: nameOf(pod), detail }];
}

/** Each volume with its size, as it was given or asked for, and whether there is one. */
function claimObjects(workload: Workload, { ordinal }: Slot, { claimOf }: Seen): ProviderObject[] {
  if (ordinal === undefined || claimOf === undefined || !isStateful(workload)) return [];
  return claimsOf(workload, ordinal).map(({ volume, claim }) => {
    const { spec, status } = claimOf(claim) ?? {};
    const size = status?.capacity?.storage ?? spec?.resources?.requests?.storage;
    const state = status?.phase ?? 'not made yet';
    return {
      kind: 'PersistentVolumeClaim',
      name: `${workload.metadata?.namespace}/${claim}`,
      detail: [volume, ...(size === undefined ? [] : [mebibytes(quantity(size))]), state].join(', '),
    };
  });
}

function nameOf({ metadata }: Workload | V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

/** A Deployment's own trouble is that of the instances that wait for a pod. */
function problemIn(workload: Workload, slot: Slot, { pod, stalledSince }: Seen): ProviderProblem | undefined {
  if (pod !== undefined) return problemOf(pod);
  if (slot.pod !== undefined) return undefined;
  return refusalOf(workload) ?? (stalledSince === undefined ? undefined : stallOf(workload, stalledSince));
}

/** One with a number waits for the pod that comes in the place of its last one, and goes on as that. */
function stateOf(
  workload: Workload,
  { pod: bound, ended, leaving }: Slot,
  pod: V1Pod | undefined,
): ObservedInstance['state'] {
  if (ended !== undefined) return 'gone';
  const isReplaced = isStateful(workload) && leaving === undefined;
  if (pod === undefined) return bound === undefined || isReplaced ? 'starting' : 'gone';
  if (hasEnded(pod)) return isReplaced ? 'starting' : 'gone';
  return isUp(pod) ? 'running' : 'starting';
}

function isUp({ status }: V1Pod): boolean {
  return status?.containerStatuses?.some(({ state }) => state?.running !== undefined) ?? false;
}

function goneDetail({ ended }: Slot, pod: V1Pod | undefined): string {
  if (ended !== undefined) return ended;
  if (pod === undefined) return 'its pod was deleted';
  const { reason, message } = pod.status ?? {};
  const why = [reason, message].filter((part) => part !== undefined && part !== '').join(': ');
  return `its pod has ended${why === '' ? '' : ` (${why})`}`;
}
