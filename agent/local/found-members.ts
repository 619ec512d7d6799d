/** Who is ready in the host cluster, in place of those whom a topology names there. Pure. */
import { createHash } from 'node:crypto';
import { isIP } from 'node:net';
import type { MembersPlace } from '../../schema/agent/release-document.ts';
import type { TopologyDocument, TopologyMember } from '../../schema/mqtt/topology.ts';

const MOST_MEMBERS = 1000;

export interface Found {
  /** Name of the host cluster that was looked in. */
  readonly hostCluster: string;
  readonly port: MembersPlace['port'];
  /** Addresses of those that are ready; none: nothing is known, for silence and nobody look alike. */
  readonly hosts: readonly string[];
}

/**
 * Those of other host clusters, and those of which nobody says where they are, stay. One that is known stays who it is, draining or not; one that is new is
 * called by its address until somebody says which instance it is. The document itself where that changes nothing.
 */
export function withFound(document: TopologyDocument, { hostCluster, port, hosts }: Found): TopologyDocument {
  const ready = new Set(hosts.filter((host) => isIP(host) !== 0));
  if (ready.size === 0) return document;
  const stay = document.members.filter((member) => member.hostCluster !== hostCluster || ready.has(member.host));
  const known = new Set(stay.map(({ host }) => host));
  const added = [...ready].sort().flatMap((host) => (known.has(host) ? [] : [newcomer(host, port, hostCluster)]));
  if (added.length === 0 && stay.length === document.members.length) return document;
  return { ...document, members: [...stay, ...added].slice(0, MOST_MEMBERS) };
}

/** Whether everybody whom the document names here is ready: then it is as good as what was found. */
export function isBorneOut(document: TopologyDocument, found: Found): boolean {
  return found.hosts.length > 0 && !isMissed(document, found);
}

/** Whether somebody whom the document names here is not ready, while others are. */
export function isMissed({ members }: TopologyDocument, { hostCluster, hosts }: Found): boolean {
  return hosts.length > 0 && members.some((one) => one.hostCluster === hostCluster && !hosts.includes(one.host));
}

function newcomer(host: string, port: number, hostCluster: string): TopologyMember {
  const instance = `at-${createHash('sha256').update(host).digest('hex').slice(0, 16)}`;
  return { instance, host, port, weight: 1, hostCluster, state: 'active' };
}
