/** From a slot and its pod to what the provider reports. Pure. */
import type { V1Deployment, V1Pod } from '@kubernetes/client-node';
import type { ObservedInstance, ProviderObject, ProviderProblem } from '../../../app/ports/provider.ts';
import { LABELS } from '../objects/names.ts';
import type { PortNumber } from '../objects/workload.ts';
import { problemOf, refusalOf } from './problem.ts';
import type { Slot } from './slots.ts';

/** `pod`: the one that the slot is bound to, where it is there; `ports`: those of every pod of the Deployment. */
export function observedOf(
  deployment: V1Deployment,
  slot: Slot,
  pod: V1Pod | undefined,
  ports: readonly PortNumber[],
): ObservedInstance {
  const labelled = (label: string): string => deployment.metadata?.labels?.[label] ?? '';
  const state = stateOf(slot, pod);
  const problem = slot.ended === undefined ? problemIn(deployment, slot, pod) : undefined;
  const detail = state === 'gone' ? { detail: problem?.message ?? goneDetail(slot, pod) } : {};
  return {
    instance: slot.instance,
    cluster: labelled(LABELS.cluster),
    tenant: labelled(LABELS.tenant),
    application: labelled(LABELS.application),
    alias: labelled(LABELS.alias),
    state,
    host: pod?.status?.podIP ?? '',
    ports,
    objects: objectsOf(deployment, pod),
    ...(problem === undefined ? {} : { problem }),
    ...detail,
  };
}

function objectsOf(deployment: V1Deployment, pod: V1Pod | undefined): ProviderObject[] {
  const objects: ProviderObject[] = [{ kind: 'Deployment', name: nameOf(deployment) }];
  if (pod === undefined) return objects;
  const { nodeName } = pod.spec ?? {};
  const { phase = 'Unknown' } = pod.status ?? {};
  const detail = nodeName === undefined ? `${phase}, on no node yet` : `${phase} on ${nodeName}`;
  return [...objects, { kind: 'Pod', name: nameOf(pod), detail }];
}

function nameOf({ metadata }: V1Deployment | V1Pod): string {
  return `${metadata?.namespace}/${metadata?.name}`;
}

/** A Deployment's own trouble is that of the instances that wait for a pod. */
function problemIn(deployment: V1Deployment, slot: Slot, pod: V1Pod | undefined): ProviderProblem | undefined {
  if (pod !== undefined) return problemOf(pod);
  return slot.pod === undefined ? refusalOf(deployment) : undefined;
}

function stateOf({ pod: bound, ended }: Slot, pod: V1Pod | undefined): ObservedInstance['state'] {
  if (ended !== undefined) return 'gone';
  if (pod === undefined) return bound === undefined ? 'starting' : 'gone';
  const { phase } = pod.status ?? {};
  if (phase === 'Failed' || phase === 'Succeeded') return 'gone';
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
