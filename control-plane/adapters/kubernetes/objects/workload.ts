/** The objects of a service cluster in one partition of a host cluster. Pure: the same request gives the same objects. */
import type {
  KubernetesObject,
  V1Container,
  V1Deployment,
  V1LabelSelector,
  V1PodDisruptionBudget,
  V1PodSecurityContext,
  V1PodSpec,
  V1PodTemplateSpec,
  V1SecurityContext,
  V1StatefulSet,
} from '@kubernetes/client-node';
import * as z from 'zod';
import type { CartridgeSpec } from '../../../../schema/manifests/cartridge.ts';
import { RELEASE_DOCUMENT_FILE } from '../../../../schema/agent/release-document.ts';
import type { PodSecurity } from '../../../../schema/manifests/pod-security.ts';
import type { Volume } from '../../../../schema/manifests/volume.ts';
import { READINESS_PATH, READINESS_PORT } from '../../../../schema/agent/readiness.ts';
import { imageLabel, LABELS, PORTS_ANNOTATION, workloadLabels, workloadName, type ClusterIdentity } from './names.ts';
import { clusterPolicy } from './network.ts';
import { releaseName } from './release.ts';
import { AUTHORITIES_FILE, AUTHORITIES_MAP, INSTANCE_ACCOUNT } from './tenant.ts';
import { claimMounts, claimTemplates, governingService, VOLUMES_GROUP } from './volumes.ts';

/** Where the agent and its application write; nothing else of the image is written to. */
const DATA_FOLDER = '/cartwright/data';
const IDENTITY_FOLDER = '/var/run/secrets/cartwright';
export const INSTANCE_CONTAINER = 'instance';
const FIRST_PORT = 8080;
/** Beyond the drain, in which an instance that has to leave serves on: 10 s for the application to end, and the agent's last words. */
const GRACE_BEYOND_DRAIN_SECONDS = 15;
const TOKEN_SECONDS = 3600;
const ZONE = 'topology.kubernetes.io/zone';
const HOST = 'kubernetes.io/hostname';

export interface WorkloadRequest {
  readonly platform: string;
  readonly namespace: string;
  readonly identity: ClusterIdentity;
  readonly partition: string;
  readonly cartridge: string;
  readonly spec: Pick<
    CartridgeSpec,
    'category' | 'ports' | 'resources' | 'drainSeconds' | 'network' | 'podSecurity' | 'volumes'
  >;
  /** A reference by digest. */
  readonly image: string;
  /** In place of the image's entry point; the image's own if absent. */
  readonly command?: readonly string[];
  /** Whom the pods' tokens are for. */
  readonly audience: string;
  /** Labels of the nodes that the partition is; any node if absent. */
  readonly nodeSelector?: Readonly<Record<string, string>>;
  /** Where a pod asks which instance it is; absent: it does not ask. */
  readonly exchange?: Exchange;
}

/** Pods without data of their own are a Deployment's; those with volumes have numbers, and are a StatefulSet's. */
export type Workload = V1Deployment | V1StatefulSet;

export interface Exchange {
  /** Address at which pods reach the control plane, without a path. */
  readonly controlPlane: string;
  /** Uid of the host cluster. */
  readonly hostCluster: string;
}

const portNumber = z.object({ name: z.string(), protocol: z.enum(['http', 'tcp']), port: z.int().min(1).max(65535) });
export type PortNumber = z.infer<typeof portNumber>;

/** Those of a workload's pods; none where they are not said, or not by us. */
export function portsIn({ metadata }: Workload): PortNumber[] {
  try {
    return z.array(portNumber).parse(JSON.parse(metadata?.annotations?.[PORTS_ANNOTATION] ?? '[]'));
  } catch {
    return [];
  }
}

/** Each pod has an address of its own, so the ports are the same in all: 8080, 8081 … in the cartridge's order. */
export function portsOf(ports: CartridgeSpec['ports']): PortNumber[] {
  return ports.map(({ name, protocol }, index) => ({ name, protocol, port: FIRST_PORT + index }));
}

/** Without the number of replicas: that is written through the scale subresource, and another's to change through none. */
function deployment(request: WorkloadRequest): V1Deployment {
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: workloadMetadata(request),
    spec: {
      selector: selectorOf(request),
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } },
      template: template(request),
    },
  };
}

/**
 * The same for pods with volumes. All may begin and end at once; changes of the template go from the highest number down, each pod
 * ready before the next. Claims outlive their pods, fewer of them, and the StatefulSet itself: they go with the service cluster only.
 */
function statefulSet(request: WorkloadRequest, volumes: readonly Volume[]): V1StatefulSet {
  const metadata = workloadMetadata(request);
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata,
    spec: {
      serviceName: metadata.name,
      podManagementPolicy: 'Parallel',
      updateStrategy: { type: 'RollingUpdate' },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      selector: selectorOf(request),
      template: template(request),
      volumeClaimTemplates: claimTemplates(volumes, labelsOf(request)),
    },
  };
}

/**
 * Of what makes the pods. A Deployment is for one image: one whose template changed would have Kubernetes make pods in the place of instances, which
 * are none until somebody takes them. Volumes stay with their StatefulSet, whose pods have numbers and are the same instance again.
 */
export function nameOf({
  identity,
  partition,
  image,
  spec,
}: Pick<WorkloadRequest, 'identity' | 'partition' | 'image'> & {
  readonly spec: Pick<CartridgeSpec, 'podSecurity' | 'volumes'>;
}): string {
  const level = spec.podSecurity === undefined || spec.podSecurity === 'restricted' ? [] : [spec.podSecurity];
  return workloadName(identity, partition, spec.volumes === undefined ? [image, ...level].join('/') : undefined);
}

function labelsOf({ platform, identity, partition }: WorkloadRequest): Record<string, string> {
  return workloadLabels(platform, identity, partition);
}

function workloadMetadata(request: WorkloadRequest) {
  const { namespace, cartridge, spec } = request;
  return {
    name: nameOf(request),
    namespace,
    labels: { ...labelsOf(request), ...imageOf(request), [LABELS.name]: cartridge },
    annotations: { [PORTS_ANNOTATION]: JSON.stringify(portsOf(spec.ports)) },
  };
}

function spreadOf({ identity, partition }: WorkloadRequest): V1LabelSelector {
  return { matchLabels: { [LABELS.cluster]: identity.cluster, [LABELS.partition]: partition } };
}

/** Two budgets for one pod would keep it from being evicted at all. */
function selectorOf(request: WorkloadRequest): V1LabelSelector {
  return { matchLabels: { ...spreadOf(request).matchLabels, ...imageOf(request) } };
}

function imageOf({ image, spec }: WorkloadRequest): Record<string, string> {
  return spec.volumes === undefined ? { [LABELS.image]: imageLabel(image, spec.podSecurity) } : {};
}

function template(request: WorkloadRequest): V1PodTemplateSpec {
  const { cartridge, spec } = request;
  return {
    metadata: {
      labels: {
        ...labelsOf(request),
        ...imageOf(request),
        [LABELS.name]: cartridge,
        [LABELS.category]: spec.category,
      },
    },
    spec: podSpec(request),
  };
}

/** Told to the agent, which passes none of it on to its application. */
function exchangeOf(exchange: Exchange | undefined): Pick<V1Container, 'args' | 'env'> {
  if (exchange === undefined) return {};
  return {
    args: ['--identity'],
    env: [
      { name: 'CARTWRIGHT_CONTROL_PLANE', value: exchange.controlPlane },
      { name: 'CARTWRIGHT_HOST_CLUSTER', value: exchange.hostCluster },
      { name: 'CARTWRIGHT_POD_IP', valueFrom: { fieldRef: { apiVersion: 'v1', fieldPath: 'status.podIP' } } },
    ],
  };
}

export function podSpec(request: WorkloadRequest): V1PodSpec {
  const { spec, image, command, audience, nodeSelector, exchange } = request;
  const { cpuCores, memoryBytes } = spec.resources;
  const memory = String(memoryBytes);
  return {
    serviceAccountName: INSTANCE_ACCOUNT,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: Math.ceil(spec.drainSeconds) + GRACE_BEYOND_DRAIN_SECONDS,
    ...(nodeSelector === undefined ? {} : { nodeSelector: { ...nodeSelector } }),
    securityContext: {
      ...podContext(spec.podSecurity),
      ...(spec.volumes === undefined ? {} : VOLUMES_GROUP),
    },
    topologySpreadConstraints: [ZONE, HOST].map((topologyKey) => ({
      topologyKey,
      maxSkew: 1,
      whenUnsatisfiable: 'ScheduleAnyway',
      labelSelector: spreadOf(request),
    })),
    containers: [
      {
        name: INSTANCE_CONTAINER,
        image,
        ...(command === undefined ? {} : { command: [...command] }),
        ...exchangeOf(exchange),
        ports: portsOf(spec.ports).map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
        // A limit of processor time would throttle an instance in the very moment when it has most to do.
        resources: { requests: { cpu: `${Math.ceil(cpuCores * 1000)}m`, memory }, limits: { memory } },
        securityContext: containerContext(spec.podSecurity),
        // Where it fails, the pod's status has its last lines, and they need not be asked for.
        terminationMessagePolicy: 'FallbackToLogsOnError',
        // Ready is what serves. Nothing is killed for not being it: the agent starts its application again and says why.
        readinessProbe: {
          httpGet: { path: READINESS_PATH, port: READINESS_PORT },
          periodSeconds: 1,
          timeoutSeconds: 2,
          failureThreshold: 1,
        },
        volumeMounts: [
          { name: 'data', mountPath: DATA_FOLDER },
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'identity', mountPath: IDENTITY_FOLDER, readOnly: true },
          ...claimMounts(spec.volumes ?? [], DATA_FOLDER),
        ],
      },
    ],
    volumes: [
      { name: 'data', emptyDir: {} },
      { name: 'tmp', emptyDir: {} },
      {
        name: 'identity',
        projected: {
          sources: [
            { serviceAccountToken: { audience, expirationSeconds: TOKEN_SECONDS, path: 'token' } },
            {
              configMap: {
                name: AUTHORITIES_MAP,
                items: [{ key: AUTHORITIES_FILE, path: AUTHORITIES_FILE }],
                optional: true,
              },
            },
            // A pod may come before it, and comes by itself: Kubernetes makes one whenever one is gone.
            {
              secret: {
                name: releaseName(request.identity),
                items: [{ key: RELEASE_DOCUMENT_FILE, path: RELEASE_DOCUMENT_FILE }],
                optional: true,
              },
            },
          ],
        },
      },
    ],
  };
}

/** Who needs more than `restricted` may run as root and write to its image's files, as images of others do. */
function podContext(level: PodSecurity = 'restricted'): V1PodSecurityContext {
  switch (level) {
    case 'restricted':
      return { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } };
    case 'baseline':
      return { seccompProfile: { type: 'RuntimeDefault' } };
    case 'privileged':
      return {};
  }
}

function containerContext(level: PodSecurity = 'restricted'): V1SecurityContext {
  switch (level) {
    case 'restricted':
      return { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } };
    case 'baseline':
      return {};
    case 'privileged':
      return { privileged: true };
  }
}

/** At most one instance at a time is taken by those who empty a node, and one that is broken holds nobody up. */
function disruptionBudget(request: WorkloadRequest): V1PodDisruptionBudget {
  const { namespace } = request;
  return {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: nameOf(request), namespace, labels: labelsOf(request) },
    spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: 'AlwaysAllow', selector: selectorOf(request) },
  };
}

/** In the order in which they are made. */
export function workloadObjects(request: WorkloadRequest): readonly [Workload, ...KubernetesObject[]] {
  const { volumes } = request.spec;
  const policy = clusterPolicy({ ...request, name: nameOf(request), ports: portsOf(request.spec.ports) });
  const beside = [disruptionBudget(request), policy];
  if (volumes === undefined) return [deployment(request), ...beside];
  const { name, namespace } = workloadMetadata(request);
  const service = governingService({ name, namespace, labels: labelsOf(request), selector: selectorOf(request) });
  return [statefulSet(request, volumes), service, ...beside];
}
