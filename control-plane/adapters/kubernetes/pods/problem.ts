/** What Kubernetes says is wrong with a pod, or why there is none, as a person needs to hear it: what, which, and the way out. Pure. */
import type { V1ContainerStatus, V1Pod, V1PodCondition } from '@kubernetes/client-node';
import type { Workload } from '../objects/workload.ts';
import type { ProviderProblem } from '../../../app/ports/provider.ts';
import { quantity } from '../host-clusters/quantity.ts';

/** Words of the kubelet (pkg/kubelet/images/types.go, pkg/kubelet/container/sync_result.go). */
const IMAGE =
  /^(ErrImagePull|ImagePullBackOff|ErrImageNeverPull|InvalidImageName|ImageInspectError|RegistryUnavailable|SignatureValidationFailed)$/;
const NOT_CREATED = /^(CreateContainerConfigError|CreateContainerError|RunContainerError|StartError)$/;
const CRASH_LOOP = 'CrashLoopBackOff';
const OUT_OF_MEMORY = 'OOMKilled';
/** What a node's own word means for the pod that it was taken from. */
const TAKEN: Readonly<Record<string, string>> = {
  EvictionByEvictionAPI: 'whoever empties its node asked it to leave',
  PreemptionByScheduler: 'a pod of a higher priority took its place',
  TerminationByKubelet: 'its node ran short of something and ended it',
};
const BY_NODE_CONTROLLER = 'DeletionByTaintManager';
const LAST_LINES = 5;
const MOST_CHARACTERS = 1000;

/** Of the instance's pod as it is now; undefined where nothing is wrong, or nothing is known yet. */
export function problemOf(pod: V1Pod): ProviderProblem | undefined {
  return goneOrLost(pod) ?? unscheduled(pod) ?? ofContainer(pod);
}

/** Why a Deployment gets no pods at all: its ReplicaSet may not make them. */
export function refusalOf({ metadata, status }: Workload): ProviderProblem | undefined {
  const failure = status?.conditions?.find(({ type, status: value }) => type === 'ReplicaFailure' && value === 'True');
  if (failure === undefined) return undefined;
  return refusalIn(metadata?.namespace ?? '', failure.message ?? '');
}

/** Nothing refuses its pods, and none is made. `since`: in milliseconds since 1970. */
export function stallOf({ metadata, spec, status }: Workload, since: number): ProviderProblem {
  return problem(
    'pod-not-made',
    `${metadata?.namespace}/${metadata?.name} asks its host cluster for ${spec?.replicas} pods and has had ${status?.replicas ?? 0} since ${new Date(since).toISOString()}, without a reason given; after five minutes its controller is called on once a minute: look at kube-controller-manager if that does not help`,
  );
}

/** @param message with which the API server refuses a pod */
export function refusalIn(namespace: string, message: string): ProviderProblem {
  if (message.includes('exceeded quota'))
    return problem(
      'quota-exceeded',
      `no pod was made, the quota of the namespace ${namespace} is used up: ${message}; stop other instances or raise the quota`,
    );
  return problem(
    'pod-refused',
    `the host cluster refuses its pod in the namespace ${namespace}: ${message}; change what is asked for or what admits pods there`,
  );
}

function goneOrLost(pod: V1Pod): ProviderProblem | undefined {
  const { metadata, spec, status } = pod;
  const node = spec?.nodeName ?? 'no node';
  const taken = conditionOf(status?.conditions, 'DisruptionTarget', 'True');
  if (status?.phase === 'Failed' && status.reason === 'Evicted')
    return problem(
      'evicted',
      `node ${node} evicted it: ${said(status.message)}; another takes its place: free the node or declare what the instance needs`,
    );
  if (isLost(pod, taken))
    return problem(
      'node-lost',
      `node ${node} does not report to its host cluster any more, whether the instance runs there is not known; look at the node`,
    );
  if (taken === undefined || metadata?.deletionTimestamp === undefined) return undefined;
  return problem(
    'evicted',
    `it has to leave node ${node}: ${said(TAKEN[taken.reason ?? ''] ?? taken.reason)}; another takes its place`,
  );
}

function isLost({ status }: V1Pod, taken: V1PodCondition | undefined): boolean {
  return status?.reason === 'NodeLost' || taken?.reason === BY_NODE_CONTROLLER || isOnSilentNode(status?.conditions);
}

/** The node controller, not the kubelet, takes a pod's readiness away: without a word of the containers' (pkg/controller/util/node). */
function isOnSilentNode(conditions: readonly V1PodCondition[] | undefined): boolean {
  const ready = conditionOf(conditions, 'Ready', 'False');
  return (
    ready !== undefined &&
    (ready.reason ?? '') === '' &&
    conditionOf(conditions, 'ContainersReady', 'True') !== undefined
  );
}

function unscheduled({ spec, status }: V1Pod): ProviderProblem | undefined {
  const scheduled = conditionOf(status?.conditions, 'PodScheduled', 'False');
  if (scheduled === undefined) return undefined;
  const { cpu = '0', memory = '0' } = spec?.containers[0]?.resources?.requests ?? {};
  const asks = `it asks for ${Number(quantity(cpu).toFixed(3))} CPUs and ${mebibytes(quantity(memory))}`;
  return problem(
    'unschedulable',
    `no node takes it: ${said(scheduled.message ?? scheduled.reason)}; ${asks}: free some, add a node, or declare less`,
  );
}

function ofContainer({ spec, status }: V1Pod): ProviderProblem | undefined {
  const container = status?.containerStatuses?.[0];
  if (container === undefined) return undefined;
  return notStarted(container) ?? ended(container, spec?.containers[0]?.resources?.limits?.memory);
}

function notStarted({ image, state }: V1ContainerStatus): ProviderProblem | undefined {
  const { reason = '', message = '' } = state?.waiting ?? {};
  if (IMAGE.test(reason))
    return problem(
      'image-pull-failed',
      `the image ${image} cannot be pulled (${reason}): ${message}; it is tried again: see that it is there and that the host cluster may pull it`,
    );
  if (!NOT_CREATED.test(reason)) return undefined;
  return problem('container-not-created', `its container cannot be started (${reason}): ${message}`);
}

/** Now, or the last time when it is not ready again since. */
function ended(container: V1ContainerStatus, limit: string | undefined): ProviderProblem | undefined {
  const { state, lastState, ready } = container;
  const last = state?.terminated ?? (ready ? undefined : lastState?.terminated);
  if (last === undefined) return undefined;
  const words = `${times(container)}${lastWords(last.message)}`;
  if (last.reason === OUT_OF_MEMORY) {
    const most = limit === undefined ? 'what its node has' : `its limit of ${mebibytes(quantity(limit))}`;
    return problem(
      'out-of-memory',
      `its container used more memory than ${most} and was ended${words}; let it use less, or declare more (resources.memoryBytes)`,
    );
  }
  const isBackingOff = state?.waiting?.reason === CRASH_LOOP;
  if (!isBackingOff && state?.terminated === undefined) return undefined;
  const pause = isBackingOff ? '; it is started again after a pause' : '';
  return problem('crash-loop', `its container ended with exit code ${last.exitCode}${words}${pause}`);
}

function said(message: string | undefined): string {
  return message ?? 'no reason';
}

function conditionOf(
  conditions: readonly V1PodCondition[] | undefined,
  type: string,
  status: 'True' | 'False',
): V1PodCondition | undefined {
  return conditions?.find((one) => one.type === type && one.status === status);
}

function times({ restartCount }: V1ContainerStatus): string {
  return restartCount > 0 ? `, ${restartCount + 1} times` : '';
}

/** The kubelet keeps the end of the log of a container that failed (`terminationMessagePolicy`). */
function lastWords(message: string | undefined): string {
  const lines = (message ?? '').split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? '; it printed nothing' : `; last lines: ${lines.slice(-LAST_LINES).join(' | ')}`;
}

/** For people, to a tenth. */
export function mebibytes(bytes: number): string {
  return `${Number((bytes / 1024 ** 2).toFixed(1))} MiB`;
}

function problem(code: ProviderProblem['code'], message: string): ProviderProblem {
  return { code, message: message.length <= MOST_CHARACTERS ? message : `${message.slice(0, MOST_CHARACTERS)} …` };
}
