/** Which host cluster an instance goes to: the one that its placement names, else the first with room, by name. */
import { LOCAL_HOST_CLUSTER } from '../../domain/placement/placement.ts';
import { ProviderError } from '../errors.ts';
import type { InstanceNeeds, InstanceRequest } from '../ports/provider.ts';
import type { Member } from './member.ts';
import type { HostClusterStatus } from './status.ts';

/** Throws `ProviderError` HOST_CLUSTER_MISSING, HOST_CLUSTER_UNREACHABLE or HOST_CLUSTERS_FULL, which says what to do. */
export async function chooseMember(
  members: readonly Member[],
  {
    document,
    placement,
  }: Pick<InstanceRequest, 'placement'> & { readonly document: Pick<InstanceRequest['document'], 'cartridge'> },
  statusOf: (uid: string) => HostClusterStatus,
): Promise<Member> {
  if (placement !== undefined && placement.hostCluster !== LOCAL_HOST_CLUSTER)
    return named(members, placement.hostCluster);
  const { resources } = document.cartridge.spec;
  const why: string[] = [];
  for (const member of [...members].sort((a, b) => (a.record.name < b.record.name ? -1 : 1))) {
    const refusal = await refusalOf(member, resources, statusOf(member.record.uid));
    if (refusal === undefined) return member;
    why.push(`${member.record.name} ${refusal}`);
  }
  if (why.length === 0)
    throw new ProviderError(
      'HOST_CLUSTER_MISSING',
      'no host cluster is registered, so no instance can be started: register one with "cartwright cluster add NAME"',
    );
  throw new ProviderError(
    'HOST_CLUSTERS_FULL',
    `no host cluster takes an instance of ${document.cartridge.name}: ${why.join('; ')}`,
  );
}

function named(members: readonly Member[], name: string): Member {
  const found = members.find(({ record }) => record.name === name);
  if (found !== undefined) return found;
  throw new ProviderError(
    'HOST_CLUSTER_MISSING',
    `the host cluster ${name} is not registered (any more): register it, or change the deployment policy that names it`,
  );
}

/** As a part of a sentence; `undefined`: it takes one. */
async function refusalOf(
  member: Member,
  needs: InstanceNeeds,
  { kind }: HostClusterStatus,
): Promise<string | undefined> {
  if (member.provider === undefined || kind === 'unreachable') return 'does not answer';
  if (member.record.drainingSince !== null) return 'is drained';
  if ((await member.room(needs)) < 1)
    return `has no room for ${Math.round(needs.memoryBytes / 2 ** 20)} MiB and ${needs.cpuCores} CPUs`;
  return undefined;
}
