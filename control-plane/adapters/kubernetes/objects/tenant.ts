/** What a tenant has in a host cluster before anything of it runs: a namespace that nothing of another tenant reaches. Pure. */
import type {
  KubernetesObject,
  V1ConfigMap,
  V1LimitRange,
  V1Namespace,
  V1NetworkPolicy,
  V1ResourceQuota,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import type { TenantQuota } from '../../../app/records/tenants.ts';
import type { PodSecurity } from '../../../../schema/manifests/pod-security.ts';
import { LABELS, platformLabels } from './names.ts';
import { tenantRules, type Reachable } from './network.ts';
import { PULL_SECRET } from './pull-secret.ts';

/** The account of instances: it has no rights at all, and its token says which pod asks. */
export const INSTANCE_ACCOUNT = 'cartwright-instance';

/** Of which pods take the authorities that they check the control plane's certificate with, in the file {@link AUTHORITIES_FILE}. */
export const AUTHORITIES_MAP = 'cartwright-authorities';
/** On a namespace: the level of the Pod Security Standards that its pods are held to. */
export const ENFORCED_LABEL = 'pod-security.kubernetes.io/enforce';
export const AUTHORITIES_FILE = 'ca.pem';

const SLACK = 2;

/** Of a tenant's quota, what is held to in a host cluster, too. */
export type TenantShare = Pick<TenantQuota, 'instances' | 'memoryBytes' | 'buildsAtOnce'>;

/** What the server of artifacts takes of a tenant's share. */
export const ARTIFACT_SERVER_MEMORY_BYTES = 200_000_000;

export interface TenantObjectsOptions {
  readonly platform: string;
  readonly namespace: string;
  readonly tenant: string;
  /** None: it may take what there is. */
  readonly share?: TenantShare;
  /** What one of its builds may take, beside its share; 0 where they run elsewhere. */
  readonly buildMemoryBytes?: number;
  readonly reachable?: Reachable;
  /** What its pods may have; `restricted` if absent. */
  readonly podSecurity?: PodSecurity;
  /** PEM of the authorities of the host cluster's addresses; none: the public ones. */
  readonly ca?: string | null;
}

/** Namespace first; the others lie in it. */
export function tenantObjects(options: TenantObjectsOptions): KubernetesObject[] {
  const shares = options.share === undefined ? [] : [quota(options, options.share)];
  return [
    namespace(options),
    account(options),
    ...authorities(options),
    limitRange(options),
    ...shares,
    isolation(options),
  ];
}

function namespace({
  platform,
  namespace: name,
  tenant,
  podSecurity = 'restricted',
}: TenantObjectsOptions): V1Namespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        ...platformLabels(platform),
        [LABELS.tenant]: tenant,
        [ENFORCED_LABEL]: podSecurity,
        'pod-security.kubernetes.io/warn': podSecurity,
      },
    },
  };
}

function metadata({ platform, namespace: place, tenant }: TenantObjectsOptions, name: string) {
  return { name, namespace: place, labels: { ...platformLabels(platform), [LABELS.tenant]: tenant } };
}

function account(options: TenantObjectsOptions): V1ServiceAccount {
  return {
    apiVersion: 'v1',
    kind: 'ServiceAccount',
    metadata: metadata(options, INSTANCE_ACCOUNT),
    automountServiceAccountToken: false,
    imagePullSecrets: [{ name: PULL_SECRET }],
  };
}

function authorities(options: TenantObjectsOptions): V1ConfigMap[] {
  if ((options.ca ?? null) === null) return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: metadata(options, AUTHORITIES_MAP),
      data: { [AUTHORITIES_FILE]: options.ca! },
    },
  ];
}

/** For containers that say nothing themselves; ours do. */
function limitRange(options: TenantObjectsOptions): V1LimitRange {
  return {
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: metadata(options, 'cartwright-defaults'),
    spec: {
      limits: [{ type: 'Container', defaultRequest: { cpu: '100m', memory: '128Mi' }, _default: { memory: '256Mi' } }],
    },
  };
}

/** The tenant's own policy; those of its service clusters open what they need. */
function isolation(options: TenantObjectsOptions): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(options, 'cartwright-isolation'),
    spec: tenantRules(options.reachable ?? { platform: [] }),
  };
}

/**
 * Twice what the control plane holds the tenant to, its builds, and the server of artifacts: what leaves still counts here while what takes its place has come. It is
 * for the day when something goes wrong, and nobody is stopped by it before.
 */
function quota(options: TenantObjectsOptions, { instances, memoryBytes, buildsAtOnce }: TenantShare): V1ResourceQuota {
  const buildsBytes = buildsAtOnce * (options.buildMemoryBytes ?? 0);
  return {
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: metadata(options, 'cartwright-quota'),
    spec: {
      hard: {
        pods: String(SLACK * instances + buildsAtOnce + 1),
        'limits.memory': String(SLACK * memoryBytes + buildsBytes + ARTIFACT_SERVER_MEMORY_BYTES),
      },
    },
  };
}
