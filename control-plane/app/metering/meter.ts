/**
 * Meters what tenants use, by the hour and service cluster. Meter readings and the usage that they made are stored together, so
 * a crash at any point counts nothing twice: sessions' counters are cumulative, and the next reading makes up for what was lost.
 */
import type { Logger } from 'pino';
import type { DemandReport } from '../../../schema/mqtt/demand.ts';
import { COUNTER, type StatsReport } from '../../../schema/mqtt/stats.ts';
import { addUsage, NO_USAGE } from '../../domain/metering/usage.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import type { Clock, Timer } from '../ports/clock.ts';
import type { Repositories, Store } from '../ports/store.ts';
import { ClusterMeter, type Batch } from './cluster-meter.ts';

const PASS_MILLISECONDS = 1000;
const STORE_EVERY_PASSES = 10;
/** Service clusters a transaction: the database is held for some milliseconds only. */
const CHUNK = 25;
/** Digits of milliseconds in a uid, so that text sorts as time. */
const DIGITS = 13;

/** Uid of an hour's usage: records are in order of time. Without a service cluster: before all of that hour. */
export function usageUid(hour: number, cluster = ''): string {
  return `${String(Math.max(0, hour)).padStart(DIGITS, '0')}-${cluster.toLowerCase()}`;
}

export interface MeterOptions {
  readonly fleet: Fleet;
  readonly store: Store;
  readonly logger: Logger;
  readonly clock: Clock;
}

export class Meter {
  readonly #options: MeterOptions;
  readonly #meters = new Map<string, ClusterMeter>();
  #timer: Timer | null = null;
  #passes = 0;
  #storing: Promise<void> | null = null;

  constructor(options: MeterOptions) {
    this.#options = options;
  }

  /** Reads what the meters stood at; to be called before any report is taken. */
  async restore(): Promise<void> {
    const stored = new Map((await this.#options.store.meters.find({})).map((record) => [record.uid, record]));
    for (const cluster of this.#options.fleet.clusters()) {
      const { uid } = cluster.record;
      this.#meters.set(uid, new ClusterMeter(cluster, stored.get(uid), this.#options.clock.now()));
      stored.delete(uid);
    }
    // Of service clusters that are gone.
    for (const uid of stored.keys()) await this.#options.store.meters.delete(uid);
  }

  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => this.#tick(), PASS_MILLISECONDS);
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = null;
    this.pass();
    await this.#storing;
    await this.store();
  }

  /** What an agent counted. */
  stats(cluster: ClusterState, instance: InstanceState, report: StatsReport, receivedAt: number): void {
    // What has ended was read for the last time; its counters would count as new.
    if (!instance.isLive) return;
    const last = report.sequence.length - 1;
    const counter = (name: string): number => report.counters[name]?.[last] ?? 0;
    const counters = {
      cpuSeconds: counter(COUNTER.cpuSeconds),
      memoryByteSeconds: counter(COUNTER.memoryByteSeconds),
    };
    const at = receivedAt - report.ageMilliseconds[last]!;
    this.#of(cluster).read(instance.record.uid, report.session, counters, at, instance.record.createdAt);
  }

  /** What a load balancer counted of one service cluster. */
  demand(
    cluster: ClusterState,
    balancer: InstanceState,
    report: DemandReport,
    alias: string,
    receivedAt: number,
  ): void {
    const target = report.targets[alias];
    if (target === undefined || !balancer.isLive) return;
    const counters = {
      requests: target.completions.reduce((sum, count) => sum + count, 0),
      bytesIn: target.bytesIn,
      bytesOut: target.bytesOut,
    };
    const at = receivedAt - report.ageMilliseconds;
    const begun = at - report.uptimeSeconds * 1000;
    this.#of(cluster).read(balancer.record.uid, report.session, counters, at, begun);
  }

  /** Meters time up to now. */
  pass(): void {
    const now = this.#options.clock.now();
    for (const cluster of this.#options.fleet.clusters()) this.#of(cluster).pass(now);
  }

  /** Stores what is new. What cannot be stored now is a part of the next attempt. */
  async store(): Promise<void> {
    const batches: { meter: ClusterMeter; batch: Batch }[] = [];
    for (const meter of this.#meters.values()) {
      const batch = meter.take();
      if (batch !== undefined) batches.push({ meter, batch });
    }
    for (let first = 0; first < batches.length; first += CHUNK) {
      const chunk = batches.slice(first, first + CHUNK);
      try {
        await this.#options.store.transaction(async (tx) => {
          for (const { meter, batch } of chunk) await add(tx, meter.cluster, batch);
        });
        for (const { meter } of chunk) meter.stored();
      } catch (error) {
        this.#options.logger.warn(
          { error: (error as Error).message },
          'usage could not be stored; it is kept and tried again in some seconds',
        );
      }
    }
    await this.#forget();
  }

  #tick(): void {
    this.pass();
    this.#passes += 1;
    if (this.#passes % STORE_EVERY_PASSES !== 0 || this.#storing !== null) return;
    this.#storing = this.store()
      .catch((error: unknown) => this.#options.logger.error({ error }, 'usage could not be stored; it is tried again'))
      .finally(() => {
        this.#storing = null;
      });
  }

  /** Meters of service clusters that are gone and have nothing left to store. */
  async #forget(): Promise<void> {
    for (const [uid, meter] of this.#meters) {
      if (this.#options.fleet.cluster(uid) !== undefined || meter.isChanged) continue;
      await this.#options.store.meters.delete(uid);
      this.#meters.delete(uid);
    }
  }

  #of(cluster: ClusterState): ClusterMeter {
    const { uid } = cluster.record;
    let meter = this.#meters.get(uid);
    if (meter === undefined) {
      meter = new ClusterMeter(cluster, undefined, this.#options.clock.now());
      this.#meters.set(uid, meter);
    }
    return meter;
  }
}

/** Adds a batch to what is stored, unless it was stored already and only the answer was lost. */
async function add(tx: Repositories, cluster: ClusterState, { meter, hours }: Batch): Promise<void> {
  const before = await tx.meters.get(meter.uid);
  if (before !== undefined && before.sequence >= meter.sequence) return;
  await tx.meters.save(meter);
  const { uid, tenant, application, alias } = cluster.record;
  for (const [hour, usage] of hours) {
    const key = usageUid(hour, uid);
    const stored = await tx.usage.get(key);
    const sum = addUsage(stored?.usage ?? NO_USAGE, usage);
    await tx.usage.save({ uid: key, tenant, application, alias, cluster: uid, hour, usage: sum });
  }
}
