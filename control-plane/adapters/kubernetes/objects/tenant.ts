/** What a tenant has in a host cluster before anything of it runs: a namespace that nothing of another tenant reaches. Pure. */
import type {
  KubernetesObject,
  V1LimitRange,
  V1Namespace,
  V1NetworkPolicy,
  V1ServiceAccount,
} from '@kubernetes/client-node';
import { LABELS, platformLabels } from './names.ts';

/** The account of instances: it has no rights at all, and its token says which pod asks. */
export const INSTANCE_ACCOUNT = 'cartwright-instance';

export interface TenantObjectsOptions {
  readonly platform: string;
  readonly namespace: string;
  readonly tenant: string;
}

/** Namespace first; the others lie in it. */
export function tenantObjects(options: TenantObjectsOptions): KubernetesObject[] {
  return [namespace(options), account(options), limitRange(options), isolation(options)];
}

function namespace({ platform, namespace: name, tenant }: TenantObjectsOptions): V1Namespace {
  return {
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: {
      name,
      labels: {
        ...platformLabels(platform),
        [LABELS.tenant]: tenant,
        'pod-security.kubernetes.io/enforce': 'restricted',
        'pod-security.kubernetes.io/warn': 'restricted',
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
  };
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

/**
 * In: only from pods of the same application's load balancer, which are told apart by a policy of each service cluster; here nobody. Out:
 * DNS, and the internet without what is private or link-local (a cloud's metadata, the API server, other namespaces).
 */
function isolation(options: TenantObjectsOptions): V1NetworkPolicy {
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: metadata(options, 'cartwright-isolation'),
    spec: {
      podSelector: {},
      policyTypes: ['Ingress', 'Egress'],
      egress: [
        {
          to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'kube-system' } } }],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
        {
          to: [
            {
              ipBlock: {
                cidr: '0.0.0.0/0',
                except: ['10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
              },
            },
          ],
        },
      ],
    },
  };
}
