/**
 * The meters of one service cluster: turns readings and time into usage by the hour that is not stored yet. Holds no clock and no
 * store; what it has given to be stored stays until it is told that it was.
 */
import { read, type Reading } from '../../domain/metering/reading.ts';
import { addUsage, NO_USAGE, spread, type Usage } from '../../domain/metering/usage.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { MeterRecord } from '../records/usage.ts';

export interface Batch {
  readonly meter: MeterRecord;
  /** What is to be added, by hour. */
  readonly hours: ReadonlyMap<number, Usage>;
}

export class ClusterMeter {
  /** Kept after the service cluster is gone: what it used is still to be stored. */
  readonly cluster: ClusterState;
  readonly #readings: Map<string, Reading>;
  #pending = new Map<number, Usage>();
  #until: number;
  #sequence: number;
  #isChanged = false;
  #taken: Batch | null = null;

  constructor(cluster: ClusterState, stored: MeterRecord | undefined, now: number) {
    this.cluster = cluster;
    this.#readings = new Map(Object.entries(stored?.readings ?? {}));
    // An outage of the control plane is metered for what lived through it.
    this.#until = Math.min(stored?.until ?? now, now);
    this.#sequence = stored?.sequence ?? 0;
  }

  /** Counters of a source's session, cumulative; `begun` is when its use began, where nothing was read of it before. */
  read(
    source: string,
    session: string,
    counters: Readonly<Partial<Record<keyof Usage, number>>>,
    at: number,
    begun: number,
  ): void {
    const { reading, used, since } = read(this.#readings.get(source), session, counters, at, begun);
    this.#readings.set(source, reading);
    this.#isChanged = true;
    this.#add(used, since, at);
  }

  /** Time up to `now`, by what the instances are now. To be called about once a second. */
  pass(now: number): void {
    const since = this.#until;
    if (!(now > since)) return;
    let instanceSeconds = 0;
    let activeSeconds = 0;
    let up = 0;
    for (const instance of this.cluster.live()) {
      if (instance.observed === null || instance.observed.state === 'gone') continue;
      const lived = (now - Math.max(since, instance.record.createdAt)) / 1000;
      if (!(lived > 0)) continue;
      instanceSeconds += lived;
      if (!isUp(instance)) continue;
      const active = (now - Math.max(since, instance.record.activeAt ?? now)) / 1000;
      activeSeconds += Math.max(0, active);
      up = Math.max(up, active);
    }
    const isWanted = this.cluster.stable !== null && this.cluster.record.wanted > 0;
    const down = isWanted ? (now - since) / 1000 - up : 0;
    this.#until = now;
    if (instanceSeconds === 0 && up === 0 && down <= 0) return;
    this.#isChanged = true;
    this.#add({ instanceSeconds, activeSeconds, upSeconds: up, downSeconds: Math.max(0, down) }, since, now);
  }

  /** Whether there is something to store. */
  get isChanged(): boolean {
    return this.#isChanged || this.#taken !== null;
  }

  /** Takes what has to be stored, in one transaction; `undefined` when there is nothing new. One batch at a time. */
  take(): Batch | undefined {
    if (this.#taken !== null) return this.#taken;
    if (!this.#isChanged) return undefined;
    for (const source of this.#readings.keys()) if (!this.#isAlive(source)) this.#readings.delete(source);
    const { uid, tenant } = this.cluster.record;
    this.#sequence += 1;
    const hours = this.#pending;
    this.#pending = new Map();
    this.#isChanged = false;
    const readings = Object.fromEntries(this.#readings);
    this.#taken = { meter: { uid, tenant, sequence: this.#sequence, until: this.#until, readings }, hours };
    return this.#taken;
  }

  /**
   * The batch that was taken is stored. Until then it is given again as it was: whether the database took it before its answer
   * was lost is told by its number, which must not hold anything new.
   */
  stored(): void {
    this.#taken = null;
  }

  #add(amount: Partial<Usage>, since: number, at: number): void {
    for (const part of spread(amount, Math.min(since, at), at))
      this.#pending.set(part.hour, addUsage(this.#pending.get(part.hour) ?? NO_USAGE, part.amount));
  }

  /** Readings of what has ended are not needed: its session never speaks again. */
  #isAlive(source: string): boolean {
    const own = this.cluster.instances.get(source);
    return own?.isLive ?? this.#readings.get(source)!.at > this.#until - FOREIGN_MILLISECONDS;
  }
}

/** A load balancer is an instance of another service cluster: its readings are kept for a day after the last one. */
const FOREIGN_MILLISECONDS = 24 * 3_600_000;

function isUp({ record }: InstanceState): boolean {
  return record.state === 'active' && !record.unreachable && record.activeAt !== null;
}
