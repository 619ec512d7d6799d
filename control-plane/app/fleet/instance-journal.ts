/**
 * Applies what is observed of instances: memory at once, an event for each change of state, the record into the store behind
 * a queue that keeps one entry an instance and is tried again while the database is away. Observations can be made again
 * after a crash, so nothing waits for the write.
 */
import type { EventRecorder } from '../events.ts';
import { subjectOf } from '../events.ts';
import type { Repositories } from '../ports/store.ts';
import type { InstanceRecord } from '../records.ts';
import type { ClusterState } from './cluster-state.ts';
import type { InstanceState } from './instance-state.ts';

const RETRY_MILLISECONDS = 1000;

export class InstanceJournal {
  readonly #store: Pick<Repositories, 'instances'>;
  readonly #events: EventRecorder;
  readonly #onFailure: (error: unknown) => void;
  readonly #pending = new Map<string, InstanceRecord>();
  #writing: Promise<void> | null = null;
  #retry: NodeJS.Timeout | null = null;
  readonly #now: () => number;
  #closed = false;

  constructor(
    store: Pick<Repositories, 'instances'>,
    events: EventRecorder,
    now: () => number,
    onFailure: (error: unknown) => void,
  ) {
    this.#store = store;
    this.#now = now;
    this.#events = events;
    this.#onFailure = onFailure;
  }

  /** Changes the record; a change of lifecycle state, reachability or reason is an event. */
  update(
    cluster: ClusterState,
    instance: InstanceState,
    patch: Partial<InstanceRecord>,
    cause: string | null = null,
  ): void {
    const before = instance.record;
    const after: InstanceRecord = { ...before, ...patch };
    instance.record = after;
    this.#pending.set(after.uid, after);
    if (after.state !== before.state) {
      instance.stateSince = this.#now();
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
    this.#flush();
  }

  /** Resolves when everything observed so far is stored, or has failed once more. */
  async settle(): Promise<void> {
    this.#flush();
    await this.#writing;
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    await this.settle();
  }

  #flush(): void {
    if (this.#writing !== null || this.#retry !== null || this.#pending.size === 0) return;
    this.#writing = this.#write().finally(() => {
      this.#writing = null;
      if (this.#pending.size > 0 && !this.#closed) this.#retryLater();
    });
  }

  async #write(): Promise<void> {
    while (this.#pending.size > 0) {
      const [uid, record] = this.#pending.entries().next().value!;
      try {
        await this.#store.instances.save(record);
      } catch (error) {
        this.#onFailure(error);
        return;
      }
      if (this.#pending.get(uid) === record) this.#pending.delete(uid);
    }
  }

  #retryLater(): void {
    if (this.#retry !== null) return;
    this.#retry = setTimeout(() => {
      this.#retry = null;
      this.#flush();
    }, RETRY_MILLISECONDS);
  }
}
