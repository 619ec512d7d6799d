/** What a load balancer in a host cluster goes by while nobody tells it anything: where the members of each target are found. Pure. */
import type { Balancing } from '../../../../schema/agent/release-document.ts';
import type { KeptRelease, KeptTarget } from '../../../app/ports/provider.ts';
import type { ClusterIdentity } from './names.ts';
import { membersName } from './service.ts';
import { portsOf } from './workload.ts';

/** `undefined` of what is no load balancer. */
export function balancingOf({ identity, balancing }: KeptRelease, hostCluster: string): Balancing | undefined {
  if (balancing === undefined) return undefined;
  return { hostCluster, targets: balancing.map((target) => targetOf(identity, target)) };
}

function targetOf(balancer: ClusterIdentity, { alias, topology, ports }: KeptTarget): Balancing['targets'][number] {
  const numbers = portsOf(ports);
  const main = numbers.find(({ name }) => name === 'http') ?? numbers[0];
  if (main === undefined || alias === balancer.alias) return { alias, topology };
  const service = membersName({ ...balancer, alias, cluster: topology.uid });
  return { alias, topology, members: { service, port: main.port } };
}
