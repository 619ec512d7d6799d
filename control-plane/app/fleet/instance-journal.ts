/**
 * Applies what is observed of instances: memory at once, and into the store the record with an event for each change of state,
 * together, behind a queue that keeps one entry an instance and is tried again while the database is away. Observations can be
 * made again after a crash, so nothing waits for the write.
 */
import type { EventRecorder, Happening } from '../events.ts';
import { subjectOf } from '../events.ts';
import { CartwrightError, StoreUnavailable } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { NewEvent } from '../records/events.ts';
import type { InstanceRecord } from '../records/instances.ts';
import type { ClusterState } from './cluster-state.ts';
import type { InstanceState } from './instance-state.ts';
import { WriteBehind } from './write-behind.ts';

type InstanceListener = (before: InstanceRecord | null, after: InstanceRecord) => void;

export class InstanceJournal {
  readonly #store: Pick<Store, 'observe'>;
  readonly #events: EventRecorder;
  readonly #records: WriteBehind<InstanceRecord>;
  /** What is to be told with the next version of an instance's record that is stored. */
  readonly #untold = new Map<string, NewEvent[]>();
  readonly #clock: Clock;
  readonly #listener: InstanceListener;

  /** @param listener is told of each change, before it is stored; of a new instance with null */
  constructor(
    store: Pick<Store, 'observe'>,
    events: EventRecorder,
    clock: Clock,
    onFailure: (error: unknown) => void,
    listener: InstanceListener = () => undefined,
  ) {
    this.#store = store;
    this.#events = events;
    this.#listener = listener;
    this.#records = new WriteBehind({ save: (record) => this.#save(record), onFailure, clock });
    this.#clock = clock;
  }

  /** Notes a new instance, whose record is stored already. */
  created({ record }: InstanceState): void {
    this.#listener(null, record);
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
      this.#tell(after, {
        type: `instance.${after.state}`,
        cause: cause ?? after.cause,
        data: { from: before.state, to: after.state, ...(after.reason === null ? {} : { reason: after.reason }) },
      });
    }
    if (after.unreachable !== before.unreachable && after.state !== 'terminated') {
      this.#tell(after, { type: after.unreachable ? 'instance.unreachable' : 'instance.reachable', cause });
    }
    this.#listener(before, after);
    cluster.changed.notify();
    this.#records.put(after);
  }

  /** Something happened to an instance that changes nothing of its record; stored with it. */
  happened({ record }: InstanceState, happening: Pick<Happening, 'type' | 'data'>): void {
    this.#tell(record, { ...happening, cause: record.cause });
    this.#records.put(record);
  }

  /** Resolves when everything observed so far is stored, or has failed once more. */
  settle(): Promise<void> {
    return this.#records.settle();
  }

  close(): Promise<void> {
    return this.#records.close();
  }

  #tell(record: InstanceRecord, happening: Pick<Happening, 'type' | 'cause' | 'data'>): void {
    const { uid, tenant } = record;
    const untold = this.#untold.get(uid) ?? [];
    untold.push(this.#events.complete({ ...happening, tenant, subject: subjectOf.instance(record) }));
    this.#untold.set(uid, untold);
  }

  /** What is told while this is written goes with the version that follows. */
  async #save(record: InstanceRecord): Promise<void> {
    const events = this.#untold.get(record.uid) ?? [];
    this.#untold.delete(record.uid);
    try {
      await this.#store.observe(record, events);
    } catch (error) {
      // What the store never takes it is not offered again.
      if (error instanceof StoreUnavailable || !(error instanceof CartwrightError))
        this.#untold.set(record.uid, [...events, ...(this.#untold.get(record.uid) ?? [])]);
      throw error;
    }
    if (events.length > 0) this.#events.appended.notify();
  }
}
