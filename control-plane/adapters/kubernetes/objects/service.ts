/** Under which address the instances of a service cluster are reached: in the host cluster, and from outside for load balancers. Pure. */
import type { V1Service } from '@kubernetes/client-node';
import { LABELS, platformLabels, workloadName, type ClusterIdentity } from './names.ts';
import type { PortNumber } from './workload.ts';

export type PublicServiceType = 'NodePort' | 'LoadBalancer';

export interface ServiceRequest {
  readonly platform: string;
  readonly namespace: string;
  readonly identity: ClusterIdentity;
  readonly type: 'ClusterIP' | PublicServiceType;
  readonly ports: readonly PortNumber[];
}

/** Of the whole service cluster, whatever partitions it is in; what another Service of that name may be, it is not. */
function serviceName(identity: ClusterIdentity): string {
  return workloadName(identity, 'service');
}

/** That under which load balancers look for its members while nobody names them. */
export function membersName(identity: ClusterIdentity): string {
  return workloadName(identity, 'members');
}

/** Without an address of its own: its name is answered with the addresses of the instances that are ready. Load balancers have none. */
export function membersService(request: ServiceRequest): V1Service | undefined {
  const service = request.type === 'ClusterIP' ? clusterService(request) : undefined;
  if (service === undefined) return undefined;
  return {
    ...service,
    metadata: { ...service.metadata, name: membersName(request.identity) },
    spec: { ...service.spec, clusterIP: 'None' },
  };
}

/** On the Service the port of a load balancer is the one that people know; `undefined` where there are no ports. */
export function clusterService({ platform, namespace, identity, type, ports }: ServiceRequest): V1Service | undefined {
  if (ports.length === 0) return undefined;
  const { tenant, application, alias, cluster } = identity;
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name: serviceName(identity),
      namespace,
      labels: {
        ...platformLabels(platform),
        [LABELS.partOf]: application,
        [LABELS.tenant]: tenant,
        [LABELS.application]: application,
        [LABELS.alias]: alias,
        [LABELS.cluster]: cluster,
      },
    },
    spec: {
      type,
      selector: { [LABELS.platform]: platform, [LABELS.cluster]: cluster },
      ports: ports.map(({ name, protocol, port }) => ({
        name,
        port: type !== 'ClusterIP' && protocol === 'http' ? 80 : port,
        targetPort: port,
        protocol: 'TCP',
      })),
    },
  };
}
