/**
 * Applies what is observed of instances: memory at once, an event for each change of state, the record into the store behind
 * a queue that keeps one entry an instance and is tried again while the database is away. Observations can be made again
 * after a crash, so nothing waits for the write.
 */
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { Clock } from '../ports/clock.ts';
import type { Repositories } from '../ports/store.ts';
import type { InstanceRecord } from '../records.ts';
import type { ClusterState } from './cluster-state.ts';
import type { InstanceState } from './instance-state.ts';
import { WriteBehind } from './write-behind.ts';

export class InstanceJournal {
  readonly #events: EventRecorder;
  readonly #records: WriteBehind<InstanceRecord>;
  readonly #clock: Clock;

  constructor(
    store: Pick<Repositories, 'instances'>,
    events: EventRecorder,
    clock: Clock,
    onFailure: (error: unknown) => void,
  ) {
    this.#events = events;
    this.#records = new WriteBehind({ save: (record) => store.instances.save(record), onFailure, clock });
    this.#clock = clock;
  }

  /** Changes the record; a change of lifecycle state or reachability is an event. */
  update(
    cluster: ClusterState,
    instance: InstanceState,
    patch: Partial<InstanceRecord>,
    cause: string | null = null,
  ): void {
    const before = instance.record;
    const after: InstanceRecord = { ...before, ...patch };
    instance.record = after;
    if (after.state !== before.state) {
      instance.stateSince = this.#clock.now();
      this.#events.record({
        tenant: after.tenant,
        subject: subjectOf.instance(after),
        type: `instance.${after.state}`,
        cause: cause ?? after.cause,
        data: { from: before.state, to: after.state, ...(after.reason === null ? {} : { reason: after.reason }) },
      });
    }
    if (after.unreachable !== before.unreachable && after.state !== 'terminated') {
      const type = after.unreachable ? 'instance.unreachable' : 'instance.reachable';
      this.#events.record({ tenant: after.tenant, subject: subjectOf.instance(after), type, cause });
    }
    cluster.changed.notify();
    this.#records.put(after);
  }

  /** Resolves when everything observed so far is stored, or has failed once more. */
  settle(): Promise<void> {
    return this.#records.settle();
  }

  close(): Promise<void> {
    return this.#records.close();
  }
}
