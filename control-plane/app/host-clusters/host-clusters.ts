/** Keeps a runner for each host cluster that is stored. Each has a time and a connection of its own: one that hangs delays no other. */
import { HostClusterError } from '../errors.ts';
import { Serial } from '../fleet/serial.ts';
import { Signal } from '../fleet/signal.ts';
import { hostPlaceOf, type HostPlace } from '../placement/host-places.ts';
import type { Timer } from '../ports/clock.ts';
import type { ReviewedPod } from '../ports/pods.ts';
import type { Repositories } from '../ports/store.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import { HostClusterRunner, type HostClusterRunnerOptions } from './runner.ts';
import type { HostClusterStatus } from './status.ts';

/** A change by whatever else, such as a restored record, is seen by then. */
const LOOK_EVERY_MILLISECONDS = 30_000;

export interface HostClustersOptions extends Omit<HostClusterRunnerOptions, 'onChange'> {
  readonly store: Pick<Repositories, 'hostClusters'>;
}

export class HostClusters {
  readonly #options: HostClustersOptions;
  readonly #runners = new Map<string, HostClusterRunner>();
  readonly #serial = new Serial();
  #timer: Timer | undefined;
  /** Notified after each change of a status or of a record. */
  readonly changed = new Signal();

  constructor(options: HostClustersOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer ??= this.#options.clock.setInterval(() => void this.look(), LOOK_EVERY_MILLISECONDS);
    void this.look();
  }

  status(uid: string): HostClusterStatus {
    return this.#runners.get(uid)?.status ?? { kind: 'unknown' };
  }

  /** The pod whose token this is, as the host cluster says; null: none. Rejects where it cannot be asked. */
  async reviewPodToken(uid: string, token: string, audience: string): Promise<ReviewedPod | null> {
    const runner = this.#runners.get(uid);
    if (runner === undefined) throw new HostClusterError('HOST_CLUSTER_UNREACHABLE', 'it is not watched yet');
    return runner.reviewPodToken(token, audience);
  }

  /** Each one that is watched. */
  statuses(): { readonly name: string; readonly status: HostClusterStatus }[] {
    return [...this.#runners.values()].map(({ record, status }) => ({ name: record.name, status }));
  }

  /** As placement sees them; none before the first look. */
  places(): HostPlace[] {
    return [...this.#runners.values()].map(({ record, status }) => hostPlaceOf(record, status));
  }

  /** Starts, changes and ends runners until they are what is stored. Nothing before the start. Never rejects. */
  async look(): Promise<void> {
    if (this.#timer === undefined) return;
    await this.#serial
      .run(() => this.#look())
      .catch((error: unknown) =>
        this.#options.logger.warn({ error }, 'the host clusters could not be read; they are read again in a moment'),
      );
    this.changed.notify();
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    await this.#serial.run(async () => {
      await Promise.all([...this.#runners.values()].map((runner) => runner.close()));
      this.#runners.clear();
    });
  }

  async #look(): Promise<void> {
    if (this.#timer === undefined) return;
    const stored = new Map((await this.#options.store.hostClusters.find({})).map((record) => [record.uid, record]));
    const ended = [...this.#runners].filter(([uid, { record }]) => stored.get(uid)?.version !== record.version);
    const before = new Map(ended.map(([uid, { status }]) => [uid, status]));
    for (const [uid] of ended) this.#runners.delete(uid);
    for (const record of stored.values()) {
      const present = this.#runners.get(record.uid);
      if (present === undefined) this.#runners.set(record.uid, this.#runner(record, before.get(record.uid)));
      else present.take(record);
    }
    // Last, for one that hangs has to come to its end first.
    await Promise.all(ended.map(([, runner]) => runner.close()));
  }

  #runner(record: HostClusterRecord, status: HostClusterStatus | undefined): HostClusterRunner {
    const onChange = (): void => this.changed.notify();
    return new HostClusterRunner({ ...this.#options, onChange }, record, status);
  }
}
