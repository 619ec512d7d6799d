/** What takes reports in, as the control plane has it, over a fleet that is simply there; without broker, database and decisions. */
import pino from 'pino';
import { systemClock } from '../../../control-plane/adapters/clock/system-clock.ts';
import { createMetrics } from '../../../control-plane/adapters/http/metrics.ts';
import { Fleet } from '../../../control-plane/app/fleet/fleet.ts';
import { Ingest } from '../../../control-plane/app/ingest/ingest.ts';
import { onStats } from '../../../control-plane/app/ingest/stats.ts';
import { Meter } from '../../../control-plane/app/metering/meter.ts';
import { addInstance, clusterOf } from '../../../control-plane/app/testing/records.ts';
import { MemoryDatabase, MemoryStore } from '../../../control-plane/simulation/memory-store.ts';
import { instanceTopic, type InstanceKey } from '../../../schema/mqtt/topics.ts';

export interface TakingOptions {
  readonly clusters: number;
  readonly instancesEach: number;
  /** When they became active, in milliseconds since 1970. */
  readonly since: number;
}

export interface Reporter {
  readonly instance: string;
  readonly key: InstanceKey;
  readonly session: string;
  /** Of its samples. */
  readonly topic: string;
}

export class Taking {
  readonly reporters: Reporter[] = [];
  readonly ingest: Ingest;
  /** Messages that were taken, and those that were not. */
  accepted = 0;
  refused = 0;
  /** Samples that came too late, or twice. */
  stale = 0;
  readonly #fleet = new Fleet();

  constructor({ clusters, instancesEach, since }: TakingOptions) {
    const logger = pino({ level: 'silent' });
    const nothing = async (): Promise<void> => undefined;
    const memory = { database: new MemoryDatabase(), before: nothing, after: nothing, wait: nothing, isFenced: false };
    const store = new MemoryStore(memory).store();
    const metrics = createMetrics();
    const meter = new Meter({ fleet: this.#fleet, store, logger, clock: systemClock });
    for (let index = 0; index < clusters; index += 1) this.#add(`web-${index}`, instancesEach, since);
    const stale = (samples: number): void => {
      this.stale += samples;
      metrics.staleSamples(samples);
    };
    const nobody = (): never => {
      throw new Error('there are samples alone here');
    };
    this.ingest = new Ingest({
      fleet: this.#fleet,
      count: (leaf, result) => {
        if (result === 'accepted') this.accepted += 1;
        else this.refused += 1;
        metrics.message(leaf, result);
      },
      clear: () => undefined,
      logger,
      handlers: {
        ...{ status: nobody, demand: nobody, artifact: nobody, log: nobody, ack: nobody },
        stats: (source, { value }) => onStats(source, value, { stale, meter }),
      },
    });
  }

  /** How many seconds of each instance are in the windows, at most those that they hold. */
  secondsKept(now: number): number {
    let seconds = 0;
    for (const cluster of this.#fleet.clusters())
      for (const { instances = 0 } of cluster.windows.read('loadAverage', now, 120, 70).window) seconds += instances;
    return seconds;
  }

  #add(alias: string, instances: number, since: number): void {
    const cluster = clusterOf(alias);
    this.#fleet.addCluster(cluster);
    for (let index = 0; index < instances; index += 1) {
      const { record, session } = addInstance(this.#fleet, cluster);
      cluster.windows.setInstanceState(record.uid, 'active', since);
      const key = { ...cluster.key, instance: record.uid };
      this.reporters.push({ instance: record.uid, key, session: session!, topic: instanceTopic(key, 'stats') });
    }
  }
}
