/** The host clusters as placement sees them: which ones take new instances, and which ones do not answer. */
import type { Closed } from '../../domain/placement/assign.ts';
import { LOCAL_HOST_CLUSTER } from '../../domain/placement/placement.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { HostClusterStatus } from '../host-clusters/status.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';

/** Every host cluster gets this long from when it is first heard of, at the start or by its registration, to say its first word before others take over for it. */
const FIRST_WORD_MILLISECONDS = 5000;
/** Agents of a host cluster that answers again get this long to connect before they count as its own silence. */
const RETURN_MILLISECONDS = 60_000;

export interface HostPlace {
  readonly name: string;
  readonly status: HostClusterStatus['kind'];
  /** Why nothing new is placed there; null: it may be. */
  readonly closed: Closed | null;
}

/** The machine of the control plane, where instances are its processes. */
export const LOCAL_PLACES: readonly HostPlace[] = [{ name: LOCAL_HOST_CLUSTER, status: 'reachable', closed: null }];

export function hostPlaceOf(
  { name, drainingSince, probe }: Pick<HostClusterRecord, 'name' | 'drainingSince' | 'probe'>,
  status: HostClusterStatus,
): HostPlace {
  const closed = ((): Closed | null => {
    switch (status.kind) {
      case 'unknown':
        return { code: 'unknown', message: 'has not answered yet' };
      case 'unreachable':
        return { code: 'lost', message: `does not answer (${status.failure.code})` };
      case 'reachable':
        if (drainingSince !== null) return { code: 'drained', message: 'is drained' };
        if (probe.state === 'failed')
          return { code: 'unfit', message: `failed its probe (${probe.failures[0]?.code ?? 'PROBE_FAILED'})` };
        return null;
    }
  })();
  return { name, status: status.kind, closed };
}

/** Until the provider has looked at it: what runs there, and what fits in, nobody can say. */
export function unlessSeen(place: HostPlace, isSeen: boolean): HostPlace {
  if (isSeen || place.closed !== null) return place;
  return { ...place, closed: { code: 'unknown', message: 'has not been looked at yet' } };
}

export interface HostPlacesOptions {
  readonly read: () => readonly HostPlace[];
  readonly now: () => number;
}

export class HostPlaces {
  readonly #options: HostPlacesOptions;
  readonly #firstHeardOf = new Map<string, number>();
  /** Those that did not answer at the last look. */
  #silent: ReadonlySet<string> = new Set();
  readonly #listeners: ((hostCluster: string) => void)[] = [];
  readonly #returnedAt = new Map<string, number>();

  constructor(options: HostPlacesOptions) {
    this.#options = options;
  }

  /** Called with the name of a host cluster that did not answer and does so again. */
  onReturn(listener: (hostCluster: string) => void): void {
    this.#listeners.push(listener);
  }

  /** In the order of their names. Notices which ones have come back. */
  all(): readonly HostPlace[] {
    const places = [...this.#options.read()].sort((a, b) => (a.name < b.name ? -1 : 1));
    const names = new Set(places.map(({ name }) => name));
    for (const name of this.#firstHeardOf.keys()) if (!names.has(name)) this.#firstHeardOf.delete(name);
    for (const name of names) if (!this.#firstHeardOf.has(name)) this.#firstHeardOf.set(name, this.#options.now());
    const before = this.#silent;
    this.#silent = new Set(places.flatMap(({ name, status }) => (status === 'reachable' ? [] : [name])));
    for (const name of before) {
      if (this.#silent.has(name)) continue;
      this.#returnedAt.set(name, this.#options.now());
      for (const listener of this.#listeners) listener(name);
    }
    return places;
  }

  /** One of these has not been looked at yet, and nothing should be concluded from that for a moment. */
  isSettling(hostClusters: readonly string[]): boolean {
    const asked = new Set(hostClusters);
    return this.all().some(
      ({ name, closed }) =>
        closed?.code === 'unknown' &&
        asked.has(name) &&
        this.#options.now() - this.#firstHeardOf.get(name)! < FIRST_WORD_MILLISECONDS,
    );
  }

  /** One that is not registered (any more) has nothing to say: nobody waits for its answer. */
  answers(hostCluster: string): boolean {
    this.all();
    return !this.#silent.has(hostCluster);
  }

  /** Whether what is seen and heard of the instance says nothing about it: its host cluster does not answer. */
  isUnknown({ record }: InstanceState): boolean {
    return record.placement !== null && !this.answers(record.placement.hostCluster);
  }

  /**
   * Whether others take its place: neither its host cluster nor its agent is heard of. It is not gone, and counts again once it is
   * heard of.
   */
  isLost(instance: InstanceState): boolean {
    const { unreachable, placement } = instance.record;
    if (placement === null) return false;
    if (this.isUnknown(instance)) return unreachable || instance.observed?.state === 'gone';
    const returnedAt = this.#returnedAt.get(placement.hostCluster) ?? Number.NEGATIVE_INFINITY;
    return unreachable && this.#options.now() - returnedAt < RETURN_MILLISECONDS;
  }
}
