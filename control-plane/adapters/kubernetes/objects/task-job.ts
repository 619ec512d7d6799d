/** The Job of a one-off task or a build. Pure: the same request gives the same objects. */
import type {
  KubernetesObject,
  V1Job,
  V1NetworkPolicy,
  V1NetworkPolicyEgressRule,
  V1ResourceRequirements,
  V1PodSpec,
  V1Volume,
} from '@kubernetes/client-node';
import type { CartridgeSpec } from '../../../../schema/manifests/cartridge.ts';
import { EGRESS_ANNOTATION, LABELS, platformLabels, type ClusterIdentity } from './names.ts';
import { namedRules, outwardRules } from './network.ts';
import { podSpec, type WorkloadRequest } from './workload.ts';

/** For the command to end, and for the agent to bring its result. */
const GRACE_SECONDS = 30;
/** Beyond a task's own limit, which its agent keeps: to be scheduled and pulled, and to wait for a control plane that is away. */
const BEYOND_LIMIT_SECONDS = 900;

/** What is run once. A build is none of its application's: nobody of that lets it in. */
export type JobKind = 'task' | 'build';

export interface TaskJobRequest extends Omit<WorkloadRequest, 'partition' | 'spec'> {
  readonly kind: JobKind;
  readonly spec: CartridgeSpec;
  /** Uid of the task or the build. */
  readonly task: string;
  readonly timeoutSeconds: number;
  /** Beyond the memory that the cartridge declares; absent: as an instance. */
  readonly limits?: { readonly cpuCores: number; readonly diskBytes: number };
}

/** The name is the task's, so that there is one of it however often it is made. */
export function taskJobName(kind: JobKind, task: string): string {
  return `${kind}-${task}`;
}

function labelsOf({ platform, identity, kind, task, cartridge }: TaskJobRequest): Record<string, string> {
  const { tenant, application, alias }: ClusterIdentity = identity;
  return {
    ...platformLabels(platform),
    [LABELS.name]: cartridge,
    [LABELS.partOf]: application,
    [LABELS.tenant]: tenant,
    // Not those of the service cluster: a Deployment would take its pod for one of its own.
    ...(kind === 'task' ? { [LABELS.application]: application, [LABELS.alias]: alias } : {}),
    [LABELS[kind]]: task,
  };
}

/**
 * One pod, and never another one in its place: not when it fails (`backoffLimit`), and not before it is gone (`podReplacementPolicy`). Should there be a second
 * one all the same, it is told nothing: a Job is bound to its first pod.
 */
export function taskJob(request: TaskJobRequest): V1Job {
  const { namespace, kind, task, timeoutSeconds } = request;
  const labels = labelsOf(request);
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: taskJobName(kind, task),
      namespace,
      labels,
      annotations: { [EGRESS_ANNOTATION]: JSON.stringify(egressOf(request)) },
    },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podReplacementPolicy: 'Failed',
      activeDeadlineSeconds: Math.ceil(timeoutSeconds) + BEYOND_LIMIT_SECONDS,
      template: { metadata: { labels }, spec: taskPodSpec(request) },
    },
  };
}

function egressOf({ kind, identity, spec }: TaskJobRequest): V1NetworkPolicyEgressRule[] {
  return kind === 'task' ? outwardRules(identity, spec) : namedRules(spec);
}

/** That of an instance, but that nobody reaches it, and that it runs once. */
function taskPodSpec(request: TaskJobRequest): V1PodSpec {
  const { spec, kind, limits } = request;
  return runningOnce(podSpec({ ...request, spec: alone(spec), partition: '' }), kind, limits);
}

/** An instance's data and doors are the instance's. */
function alone({ volumes: _volumes, ...spec }: CartridgeSpec): CartridgeSpec {
  return { ...spec, ports: [] };
}

function runningOnce(
  { topologySpreadConstraints: _spread, containers, volumes = [], ...pod }: V1PodSpec,
  kind: JobKind,
  limits: TaskJobRequest['limits'],
): V1PodSpec {
  return {
    ...pod,
    volumes: volumes.map(withoutRelease),
    restartPolicy: 'Never',
    terminationGracePeriodSeconds: GRACE_SECONDS,
    containers: containers.map(({ readinessProbe: _probe, ports: _ports, args = [], ...container }) => ({
      ...container,
      name: kind,
      args: [...args, `--${kind}`],
      ...(limits === undefined ? {} : { resources: limited(container.resources, limits) }),
    })),
  };
}

/** What a pod runs by whom nobody tells anything is for instances alone. */
function withoutRelease(volume: V1Volume): V1Volume {
  const { projected } = volume;
  if (projected === undefined) return volume;
  const sources = projected.sources?.filter(({ secret }) => secret === undefined) ?? [];
  return { ...volume, projected: { ...projected, sources } };
}

/** What is asked for stays what it is: a limit alone would be a request, too. */
function limited(
  resources: V1ResourceRequirements | undefined,
  { cpuCores, diskBytes }: NonNullable<TaskJobRequest['limits']>,
): V1ResourceRequirements {
  const { requests = {}, limits = {} } = resources ?? {};
  return {
    requests: { ...requests, 'ephemeral-storage': '64Mi' },
    limits: { ...limits, cpu: `${Math.ceil(cpuCores * 1000)}m`, 'ephemeral-storage': String(Math.ceil(diskBytes)) },
  };
}

/** It reaches what an instance of its service cluster reaches, and nobody reaches it. Made of the Job alone, whoever has made that, and gone with it. */
export function taskPolicy({ metadata }: V1Job): V1NetworkPolicy {
  const { name = '', namespace = '', uid = '', labels = {}, annotations = {} } = metadata ?? {};
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name, namespace, labels, ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name, uid }] },
    spec: {
      podSelector: { matchLabels: selectorIn(labels) },
      policyTypes: ['Ingress', 'Egress'],
      egress: JSON.parse(annotations[EGRESS_ANNOTATION] ?? '[]') as V1NetworkPolicyEgressRule[],
    },
  };
}

/** What a Job and its pod alone have. */
function selectorIn(labels: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    [LABELS.task, LABELS.build].flatMap((label) => (labels[label] === undefined ? [] : [[label, labels[label]]])),
  );
}

/** Task or build of an object of ours; `undefined` where it is of none. */
export function taskIn({ metadata }: KubernetesObject): string | undefined {
  return metadata?.labels?.[LABELS.task] ?? metadata?.labels?.[LABELS.build];
}
