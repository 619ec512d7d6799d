/** The server of a tenant's artifacts in its namespace, on a claim. Pure. */
import type {
  KubernetesObject,
  V1Deployment,
  V1NetworkPolicy,
  V1ObjectMeta,
  V1PersistentVolumeClaim,
  V1PodSpec,
  V1Secret,
  V1Service,
} from '@kubernetes/client-node';
import { createHash } from 'node:crypto';
import {
  ARTIFACT_SERVER_PORT,
  ARTIFACT_SERVER_TOKEN_FILE,
  artifactBearer,
  ARTIFACTS_PATH,
} from '../../../../schema/agent/artifact-server.ts';
import { READINESS_PATH } from '../../../../schema/agent/readiness.ts';
import type { ArtifactServer } from '../../../../schema/agent/release-document.ts';
import { DIGEST_ANNOTATION, LABELS, platformLabels } from './names.ts';
import { ARTIFACT_SERVER_MEMORY_BYTES, AUTHORITIES_FILE, AUTHORITIES_MAP, INSTANCE_ACCOUNT } from './tenant.ts';

export const ARTIFACT_SERVER = 'cartwright-artifacts';
const COMPONENT = { 'app.kubernetes.io/component': 'artifact-server' };
const IDENTITY_FOLDER = '/var/run/secrets/cartwright';
/** The user of the platform's images. */
const USER = 10001;
/** Of the claim; the rest is the file system's own. */
const USABLE_SHARE = 0.9;

export interface ArtifactServerRequest {
  readonly platform: string;
  readonly namespace: string;
  readonly tenant: string;
  /** With an agent, by digest. */
  readonly image: string;
  /** At which pods reach the control plane, without a path. */
  readonly controlPlane: string;
  /** What the claim asks for. */
  readonly bytes: number;
  /** The host cluster's default if absent. */
  readonly storageClass?: string;
}

/** Where a pod finds these artifacts, and what it shows for each. @param token the server's own */
export function artifactServerOf(namespace: string, token: string, digests: readonly string[]): ArtifactServer {
  return {
    url: `http://${ARTIFACT_SERVER}.${namespace}.svc${ARTIFACTS_PATH}`,
    bearers: Object.fromEntries(digests.map((digest) => [digest, artifactBearer(token, digest)])),
  };
}

/** By which its pods are found, and no instance is. */
function selector({ platform }: ArtifactServerRequest): Record<string, string> {
  return { [LABELS.platform]: platform, [LABELS.name]: ARTIFACT_SERVER };
}

function metadata(request: ArtifactServerRequest, name = ARTIFACT_SERVER): V1ObjectMeta & { name: string } {
  const { platform, namespace, tenant } = request;
  const labels = { ...platformLabels(platform), [LABELS.name]: ARTIFACT_SERVER, [LABELS.tenant]: tenant };
  return { name, namespace, labels: { ...labels, ...COMPONENT } };
}

/** The Deployment first: all others are its own, and go with it. */
export function artifactServerObjects(request: ArtifactServerRequest): readonly [V1Deployment, ...KubernetesObject[]] {
  return [deployment(request), claim(request), service(request), comesIn(request), goesOut(request)];
}

/** Beside the others, as it is written by itself. */
export function artifactServerSecret(request: ArtifactServerRequest, token: string, owner: V1Deployment): V1Secret {
  const { name, uid } = owner.metadata!;
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    type: 'Opaque',
    metadata: {
      ...metadata(request),
      annotations: { [DIGEST_ANNOTATION]: createHash('sha256').update(token).digest('hex') },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: name!, uid: uid! }],
    },
    data: { [ARTIFACT_SERVER_TOKEN_FILE]: Buffer.from(token).toString('base64') },
  };
}

function deployment(request: ArtifactServerRequest): V1Deployment {
  const { labels } = metadata(request);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: metadata(request),
    spec: {
      replicas: 1,
      // Its claim may be mounted by one at a time only.
      strategy: { type: 'Recreate' },
      selector: { matchLabels: selector(request) },
      template: { metadata: { labels: { ...labels } }, spec: podSpec(request) },
    },
  };
}

function podSpec({ image, controlPlane, bytes }: ArtifactServerRequest): V1PodSpec {
  const memory = String(ARTIFACT_SERVER_MEMORY_BYTES);
  return {
    serviceAccountName: INSTANCE_ACCOUNT,
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    terminationGracePeriodSeconds: 15,
    securityContext: {
      ...{ runAsNonRoot: true, runAsUser: USER, runAsGroup: USER, fsGroup: USER },
      fsGroupChangePolicy: 'OnRootMismatch',
      seccompProfile: { type: 'RuntimeDefault' },
    },
    containers: [
      {
        name: 'artifacts',
        image,
        command: ['/cartwright/tini', '--', '/cartwright/node', '/cartwright/agent.mjs'],
        args: ['--artifact-server'],
        env: [
          { name: 'CARTWRIGHT_CONTROL_PLANE', value: controlPlane },
          { name: 'CARTWRIGHT_ARTIFACT_SERVER_BYTES', value: String(Math.floor(bytes * USABLE_SHARE)) },
        ],
        ports: [{ name: 'http', containerPort: ARTIFACT_SERVER_PORT, protocol: 'TCP' }],
        resources: { requests: { cpu: '10m', memory: String(64 * 2 ** 20) }, limits: { memory } },
        securityContext: {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        },
        readinessProbe: { httpGet: { path: READINESS_PATH, port: ARTIFACT_SERVER_PORT }, periodSeconds: 5 },
        volumeMounts: [
          { name: 'data', mountPath: '/cartwright/data' },
          { name: 'spare', mountPath: '/cartwright/spare' },
          { name: 'tmp', mountPath: '/tmp' },
          { name: 'identity', mountPath: IDENTITY_FOLDER, readOnly: true },
        ],
      },
    ],
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: ARTIFACT_SERVER } },
      // For when the claim's volume is root's, which no fsGroup changes where volumes are folders of a node.
      { name: 'spare', emptyDir: { sizeLimit: String(bytes) } },
      { name: 'tmp', emptyDir: {} },
      {
        name: 'identity',
        projected: {
          sources: [
            { secret: { name: ARTIFACT_SERVER } },
            {
              configMap: {
                name: AUTHORITIES_MAP,
                items: [{ key: AUTHORITIES_FILE, path: AUTHORITIES_FILE }],
                optional: true,
              },
            },
          ],
        },
      },
    ],
  };
}

function claim(request: ArtifactServerRequest): V1PersistentVolumeClaim {
  const { bytes, storageClass } = request;
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(request),
    spec: {
      accessModes: ['ReadWriteOnce'],
      ...(storageClass === undefined ? {} : { storageClassName: storageClass }),
      resources: { requests: { storage: String(bytes) } },
    },
  };
}

function service(request: ArtifactServerRequest): V1Service {
  const ports = [{ name: 'http', port: 80, targetPort: ARTIFACT_SERVER_PORT, protocol: 'TCP' }];
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: metadata(request),
    spec: { type: 'ClusterIP', selector: selector(request), ports },
  };
}

const PORTS = [{ protocol: 'TCP', port: ARTIFACT_SERVER_PORT }];

/** From the tenant's own pods alone. */
function comesIn(request: ArtifactServerRequest): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(request),
    spec: {
      podSelector: { matchLabels: selector(request) },
      policyTypes: ['Ingress'],
      ingress: [{ _from: [{ podSelector: {} }], ports: PORTS }],
    },
  };
}

/** Policies add up: the tenant's pods may reach it beside what they may reach otherwise. */
function goesOut(request: ArtifactServerRequest): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(request, `${ARTIFACT_SERVER}-reached`),
    spec: {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [{ to: [{ podSelector: { matchLabels: selector(request) } }], ports: PORTS }],
    },
  };
}
