import type { HostClusterFieldsFragment as HostCluster } from '../../generated/operations.ts';
import { describe, type Line } from '../printer.ts';
import { figure, NOTHING, relative, size, word } from '../text.ts';

type Status = HostCluster['status'];
type Resources = NonNullable<Status['room']>;

/** A host cluster: how it is reached, from both sides, and what is known of it. */
export function describeHostCluster(cluster: HostCluster, now: number): string {
  const { status, probe, drainingSince } = cluster;
  const { capacity, room, failure } = status;
  const lines: Line[] = [
    ['Host cluster', cluster.name],
    ['Uid', cluster.uid],
    ['State', `${stateText(status)}${status.since === null ? '' : ` since ${status.since}`}`],
    ['Placement', drainingSince === null ? 'used' : `nothing new, drained ${relative(drainingSince, now)}`],
    ['Server', `${cluster.server} (context ${cluster.context}), ${status.version ?? 'version not known'}`],
    ['Last look', lookText(status, now)],
    ...(failure === null
      ? []
      : [['Last error', `${failure.message} (${failure.code}, since ${failure.since})`] as const]),
    ['Nodes', status.nodes === null ? NOTHING : `${status.usableNodes ?? 0} of ${status.nodes} take pods`],
    ['Capacity', capacity === null ? NOTHING : resourcesText(capacity)],
    ['Room', room === null ? NOTHING : resourcesText(room)],
    ['Credential', credentialText(cluster, now)],
    ['Broker', cluster.brokerUrl],
    ['Control plane', cluster.controlPlaneUrl],
    ['Authorities', cluster.ca === null ? 'the public ones' : 'its own'],
    ['Probe', `${probeText(probe)}${probe.at === null ? '' : `, ${relative(probe.at, now)}`}`],
    ['Registered', `${cluster.createdAt} (${relative(cluster.createdAt, now)})`],
    ['Changed', `${relative(cluster.updatedAt, now)} by ${cluster.updatedBy}, generation ${cluster.generation}`],
  ];
  return describe(lines);
}

export function stateText({ state }: Pick<Status, 'state'>): string {
  return word(state);
}

/** `3.5/4 cores, 6.5/7.5 GiB, 210/220 pods`; a dash where it is not known. */
export function roomText({ room, capacity }: Pick<Status, 'room' | 'capacity'>): string {
  if (room === null || capacity === null) return NOTHING;
  return `${figure(room.cpuCores)}/${figure(capacity.cpuCores)} cores, ${size(room.memoryBytes)}/${size(capacity.memoryBytes)}, ${room.pods}/${capacity.pods} pods`;
}

export function probeText({ state, image, milliseconds, failures }: HostCluster['probe']): string {
  switch (state) {
    case 'SKIPPED':
      return 'not probed';
    case 'WAITING':
      return 'under way';
    case 'PASSED':
      return `passed in ${figure((milliseconds ?? 0) / 1000)} s with ${image ?? ''}`;
    case 'FAILED':
      return failures.map(({ code, message }) => `${message} (${code})`).join('; ');
  }
}

function resourcesText({ cpuCores, memoryBytes, pods }: Resources): string {
  return `${figure(cpuCores)} cores, ${size(memoryBytes)}, ${pods} pods`;
}

function lookText({ checkedAt, latencyMilliseconds }: Status, now: number): string {
  if (checkedAt === null) return 'none yet';
  return `${relative(checkedAt, now)}${latencyMilliseconds === null ? '' : `, answered in ${figure(latencyMilliseconds)} ms`}`;
}

function credentialText(
  { credentialKind, credentialVersion, credentialEndsAt, isReadable }: HostCluster,
  now: number,
): string {
  if (!isReadable) return 'its key is lost: rotate it';
  const ends = credentialEndsAt === null ? '' : `, ends ${relative(credentialEndsAt, now)} (${credentialEndsAt})`;
  return `${word(credentialKind)}, number ${credentialVersion}${ends}`;
}
