/**
 * Who may reach instances, and whom they may reach. Policies add up: the tenant's closes everything but the way to the outside, that of a
 * service cluster opens what it needs inside. Pure. Only a network plugin that enforces policies makes them count.
 */
import type { V1NetworkPolicy, V1NetworkPolicyEgressRule, V1NetworkPolicyPeer } from '@kubernetes/client-node';
import { isIP, isIPv4 } from 'node:net';
import type { CartridgeSpec } from '../../../../schema/manifests/cartridge.ts';
import { LABELS, workloadLabels, type ClusterIdentity } from './names.ts';
import type { PortNumber } from './workload.ts';

/** Never reached: private networks (other namespaces, nodes, most API servers) and link-local addresses (a cloud's metadata). */
const INSIDE_V4 = ['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'];
const INSIDE_V6 = ['fc00::/7', 'fe80::/10', '64:ff9b::/96'];
const NAMESPACE = 'kubernetes.io/metadata.name';

const DNS: V1NetworkPolicyEgressRule = {
  to: [{ namespaceSelector: { matchLabels: { [NAMESPACE]: 'kube-system' } } }],
  ports: [
    { protocol: 'UDP', port: 53 },
    { protocol: 'TCP', port: 53 },
  ],
};

export interface Reachable {
  /** URLs of what instances need of the platform: the host cluster's broker and control plane. */
  readonly platform: readonly string[];
  /** Address of the API server, which is none of the instances' business where it is a public one; a URL. */
  readonly apiServer?: string;
}

/** Of a whole namespace: nobody comes in; out to DNS, the platform and the internet. */
export function tenantRules({ platform, apiServer }: Reachable): V1NetworkPolicy['spec'] {
  const hidden = apiServer === undefined ? undefined : hostOf(apiServer);
  const except = hidden !== undefined && isIPv4(hidden) ? [...INSIDE_V4, `${hidden}/32`] : INSIDE_V4;
  return {
    podSelector: {},
    policyTypes: ['Ingress', 'Egress'],
    egress: [
      DNS,
      { to: [{ ipBlock: { cidr: '0.0.0.0/0', except } }, { ipBlock: { cidr: '::/0', except: INSIDE_V6 } }] },
      ...platform.flatMap(toPlatform),
    ],
  };
}

/**
 * One address by its number; a Service of this cluster by its namespace, for a policy is asked after a Service's port has become a pod's.
 * Another name is the internet's, or has to be opened by whoever owns the cluster.
 */
function toPlatform(url: string): V1NetworkPolicyEgressRule[] {
  const host = hostOf(url);
  if (host === undefined) return [];
  if (isIP(host) > 0) {
    const { port, protocol } = new URL(url);
    const cidr = `${host}/${isIPv4(host) ? 32 : 128}`;
    return [{ to: [{ ipBlock: { cidr } }], ports: [{ protocol: 'TCP', port: Number(port) || defaultPort(protocol) }] }];
  }
  const [, namespace] = /^[a-z0-9-]+\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?$/.exec(host) ?? [];
  if (namespace === undefined) return [];
  return [{ to: [{ namespaceSelector: { matchLabels: { [NAMESPACE]: namespace } } }], ports: [{ protocol: 'TCP' }] }];
}

function hostOf(url: string): string | undefined {
  return URL.parse(url)?.hostname.replace(/^\[|\]$/g, '');
}

function defaultPort(protocol: string): number {
  switch (protocol) {
    case 'mqtt:':
      return 1883;
    case 'mqtts:':
      return 8883;
    case 'http:':
      return 80;
    default:
      return 443;
  }
}

export interface ClusterNetworkRequest {
  readonly platform: string;
  readonly namespace: string;
  readonly identity: ClusterIdentity;
  readonly partition: string;
  /** That of what makes its pods. */
  readonly name: string;
  readonly spec: Pick<CartridgeSpec, 'category' | 'network'>;
  readonly ports: readonly PortNumber[];
}

/**
 * Of a service cluster in a partition. In: to a load balancer from anywhere, to what holds data (or says so) from its application, to all
 * others from their application's load balancers; to the declared ports only. Out: to what its application lets in, and what its cartridge names.
 */
export function clusterPolicy({
  platform,
  namespace,
  identity,
  partition,
  name,
  spec,
  ports,
}: ClusterNetworkRequest): V1NetworkPolicy {
  const application = { [LABELS.application]: identity.application };
  const from = whoComesIn(spec, application);
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: {
      name,
      namespace,
      labels: workloadLabels(platform, identity, partition),
    },
    spec: {
      podSelector: { matchLabels: { [LABELS.cluster]: identity.cluster, [LABELS.partition]: partition } },
      policyTypes: ['Ingress', 'Egress'],
      // A rule without ports would be for all of them.
      ...(ports.length === 0
        ? {}
        : {
            ingress: [
              {
                ...(from === 'anywhere' ? {} : { _from: [from] }),
                ports: ports.map(({ port }) => ({ protocol: 'TCP', port })),
              },
            ],
          }),
      egress: outwardRules(identity, spec),
    },
  };
}

/** To what its application lets in, and to what its cartridge names. */
export function outwardRules(
  { application }: Pick<ClusterIdentity, 'application'>,
  { network }: Pick<CartridgeSpec, 'network'>,
): V1NetworkPolicyEgressRule[] {
  const inside: V1NetworkPolicyPeer = { podSelector: { matchLabels: { [LABELS.application]: application } } };
  return [{ to: [inside] }, ...namedRules({ network })];
}

/** To what its cartridge names. */
export function namedRules({ network }: Pick<CartridgeSpec, 'network'>): V1NetworkPolicyEgressRule[] {
  const named = (network?.to ?? []).map((cidr): V1NetworkPolicyPeer => ({ ipBlock: { cidr } }));
  return named.length === 0 ? [] : [{ to: named }];
}

function whoComesIn(
  { category, network }: ClusterNetworkRequest['spec'],
  application: Readonly<Record<string, string>>,
): V1NetworkPolicyPeer | 'anywhere' {
  if (category === 'load-balancer') return 'anywhere';
  const from = network?.from ?? (category === 'data' ? 'application' : 'load-balancer');
  if (from === 'application') return { podSelector: { matchLabels: application } };
  return { podSelector: { matchLabels: { ...application, [LABELS.category]: 'load-balancer' } } };
}
