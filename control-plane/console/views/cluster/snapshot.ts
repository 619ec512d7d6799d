/** What the page takes from a snapshot of the service cluster. */
import type { LiveSample } from '../../chart/history-store.ts';
import type { Source } from '../../chart/controller.ts';
import type { ClusterFollowSubscription } from '../../generated/operations.ts';

export type Snapshot = ClusterFollowSubscription['serviceCluster'];

/** By the names that the history has. */
export function sampleOf({ live }: Snapshot): LiveSample {
  return {
    at: Date.parse(live.at) / 1_000,
    values: {
      ...Object.fromEntries(live.factors.map(({ name, observed }) => [name, observed])),
      'instances.active': live.active,
      'instances.starting': live.starting,
      'instances.wanted': live.wanted,
    },
  };
}

export function sourceOf({ live, serviceCluster }: Snapshot, factor: string): Source {
  const found = live.factors.find(({ name }) => name === factor);
  const { active, starting, wanted, horizonSeconds } = live;
  return {
    factor,
    target: found?.target ?? null,
    base: found?.base ?? 0,
    forecast: found?.forecast ?? null,
    ...{ active, starting, wanted },
    horizonSeconds: found?.forecast?.horizonSeconds ?? horizonSeconds,
    earliest: Date.parse(serviceCluster.createdAt) / 1_000,
  };
}

export interface Health {
  readonly tone: 'good' | 'warning' | 'bad';
  readonly text: string;
}

/** The state of a service cluster in a word or two. */
export function healthOf({ serviceCluster, live }: Snapshot): Health {
  const { active, starting, faulty, wanted } = live;
  if (serviceCluster.deletingSince !== null) return { tone: 'warning', text: 'being deleted' };
  if (serviceCluster.stopped !== null) return { tone: 'warning', text: 'stopped' };
  if (faulty > 0) return { tone: 'bad', text: `${faulty} faulty` };
  if (wanted === 0 && active === 0) return { tone: 'good', text: 'idle, none wanted' };
  if (active === 0) return { tone: starting > 0 ? 'warning' : 'bad', text: starting > 0 ? 'starting' : 'none ready' };
  if (active < wanted) return { tone: 'warning', text: `${active} of ${wanted} ready` };
  return { tone: 'good', text: `${active} ready` };
}
