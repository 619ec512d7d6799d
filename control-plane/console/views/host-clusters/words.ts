/** What is known of a host cluster, in words and quantities. */
import { bytes, figure } from '../../components/quantities.ts';
import { word, type Tone } from '../../components/words.ts';
import type { HostClusterFactsFragment } from '../../generated/operations.ts';

export type HostCluster = HostClusterFactsFragment;
type Resources = NonNullable<HostCluster['status']['room']>;

/** Whether it answers, and whether it is used. */
export function stateWords({ status, drainingSince, isReadable }: HostCluster): readonly (readonly [Tone, string])[] {
  const tones: Readonly<Record<typeof status.state, Tone>> = { REACHABLE: 'good', UNREACHABLE: 'bad', UNKNOWN: '' };
  return [
    [tones[status.state], word(status.state)],
    ...(drainingSince === null ? [] : ([['warning', 'draining']] as const)),
    ...(isReadable ? [] : ([['bad', 'key lost']] as const)),
  ];
}

export function resourcesText({ cpuCores, memoryBytes, pods }: Resources): string {
  return `${figure(cpuCores)} cores, ${bytes(memoryBytes)}, ${pods} pods`;
}

/** Shares of the capacity that are left, 0 to 1; null where they are not known. */
export function roomShares({ room, capacity }: HostCluster['status']): readonly RoomShare[] | null {
  if (room === null || capacity === null) return null;
  return [
    {
      name: 'CPU',
      left: share(room.cpuCores, capacity.cpuCores),
      text: `${figure(room.cpuCores)} of ${figure(capacity.cpuCores)} cores`,
    },
    {
      name: 'Memory',
      left: share(room.memoryBytes, capacity.memoryBytes),
      text: `${bytes(room.memoryBytes)} of ${bytes(capacity.memoryBytes)}`,
    },
    { name: 'Pods', left: share(room.pods, capacity.pods), text: `${room.pods} of ${capacity.pods}` },
  ];
}

export interface RoomShare {
  readonly name: string;
  readonly left: number;
  readonly text: string;
}

function share(left: number, all: number): number {
  return all <= 0 ? 0 : Math.min(1, Math.max(0, left / all));
}

/** What each check of the probe, and of the watch, has found when it failed. */
const MEANINGS: Readonly<Record<string, string>> = {
  PROBE_IMAGE: 'The image cannot be pulled there.',
  PROBE_UNSCHEDULABLE: 'No node takes the pod.',
  PROBE_REFUSED: 'The cluster does not let the pod be made or started.',
  PROBE_DNS: 'A name cannot be looked up in a pod.',
  PROBE_CONNECT: 'Nothing listens there, or there is no route from a pod.',
  PROBE_TIMEOUT: 'No connection or no answer: a firewall, or a network policy.',
  PROBE_TLS: 'The certificate is of another authority or name, or has expired.',
  PROBE_PROTOCOL: 'What answers there is no broker, or no HTTP server.',
  PROBE_FAILED: 'The pod of the probe ended otherwise.',
  HOST_CLUSTER_UNREACHABLE: 'Its API server cannot be connected to.',
  HOST_CLUSTER_TIMEOUT: 'Its API server does not answer in time.',
  HOST_CLUSTER_TLS: 'The certificate of its API server is not to be trusted.',
  HOST_CLUSTER_UNAUTHORIZED: 'Its credential is not accepted (any more): rotate it.',
  HOST_CLUSTER_FORBIDDEN: 'Its credential lacks a right.',
  HOST_CLUSTER_NOT_KUBERNETES: 'What answers there is no Kubernetes.',
  HOST_CLUSTER_CREDENTIAL_COMMAND: 'The program that gives its credential failed.',
  HOST_CLUSTER_NOT_IN_CLUSTER: 'The control plane runs in no pod.',
  HOST_CLUSTER_BUSY: 'Its API server has too much to do.',
  HOST_CLUSTER_FAILED: 'Its API server failed.',
  RIGHTS_MISSING: 'Its credential lacks rights.',
  SECRET_KEY_MISSING: 'The key that encrypts its credential is lost: rotate it.',
};

/** One sentence on a code; empty for one that is not known. */
export function meaningOf(code: string): string {
  return MEANINGS[code] ?? '';
}
