/** What is known of host clusters, as metrics; those of one that is removed go with it. */
import { Gauge, type Registry } from 'prom-client';
import type { HostClusterStatus } from '../../app/host-clusters/status.ts';

export interface WatchedHostCluster {
  readonly name: string;
  readonly status: HostClusterStatus;
}

interface Figure {
  readonly name: string;
  readonly help: string;
  /** Null where it is not known. */
  readonly read: (status: HostClusterStatus) => number | null;
}

const readingOf = (status: HostClusterStatus) => (status.kind === 'unknown' ? null : status.reading);

const FIGURES: readonly Figure[] = [
  {
    name: 'up',
    help: '1 while the host cluster answers.',
    read: ({ kind }) => (kind === 'unknown' ? null : kind === 'reachable' ? 1 : 0),
  },
  {
    name: 'latency_seconds',
    help: 'How long the last answer of the host cluster took.',
    read: (status) => (status.kind === 'reachable' ? status.latencyMilliseconds / 1000 : null),
  },
  {
    name: 'usable_nodes',
    help: 'Nodes that take ordinary pods.',
    read: (status) => readingOf(status)?.usableNodes ?? null,
  },
  {
    name: 'room_cpu_cores',
    help: 'CPU that no pod has requested.',
    read: (status) => readingOf(status)?.room.cpuCores ?? null,
  },
  {
    name: 'room_memory_bytes',
    help: 'Memory that no pod has requested.',
    read: (status) => readingOf(status)?.room.memoryBytes ?? null,
  },
  { name: 'room_pods', help: 'Pods that there is room for.', read: (status) => readingOf(status)?.room.pods ?? null },
];

export function hostClusterGauges(
  registers: Registry[],
  prefix: string,
  watched: () => readonly WatchedHostCluster[],
): void {
  for (const { name, help, read } of FIGURES)
    new Gauge({
      name: `${prefix}host_cluster_${name}`,
      help,
      labelNames: ['host_cluster'],
      registers,
      collect() {
        this.reset();
        for (const one of watched()) {
          const value = read(one.status);
          if (value !== null) this.set({ host_cluster: one.name }, value);
        }
      },
    });
}
