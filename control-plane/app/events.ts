/** Writes the append-only log of what happened, and wakes those who follow it. */
import type { EventType } from '../domain/events/types.ts';
import { Signal } from './fleet/signal.ts';
import type { EventFilter, Store, Transaction } from './ports/store.ts';
import type { EventRecord, NewEvent } from './records/events.ts';

/** What happened, before it has its time. */
export type Happening = Omit<NewEvent, 'at' | 'application' | 'cause' | 'data' | 'type'> & {
  readonly type: EventType;
  readonly cause?: string | null;
  readonly data?: NewEvent['data'];
};

export class EventRecorder {
  readonly #store: Pick<Store, 'events' | 'transaction'>;
  readonly #now: () => number;
  readonly #onFailure: (error: unknown, event: NewEvent) => void;
  /** Notified after each append. */
  readonly appended = new Signal();

  constructor(
    store: Pick<Store, 'events' | 'transaction'>,
    now: () => number,
    onFailure: (error: unknown, event: NewEvent) => void,
  ) {
    this.#store = store;
    this.#now = now;
    this.#onFailure = onFailure;
  }

  /** The event as it is stored, of now. */
  complete(happening: Happening): NewEvent {
    const { cause = null, data = {} } = happening;
    return { ...happening, at: this.#now(), application: applicationOf(happening), cause, data };
  }

  /** Changes the store and says so in the same transaction: whatever ends the program, neither is there without the other. */
  async change<T>(work: (transaction: Transaction) => Promise<T>, ...happenings: readonly Happening[]): Promise<T> {
    const events = happenings.map((happening) => this.complete(happening));
    const result = await this.#store.transaction(async (tx) => {
      const done = await work(tx);
      await tx.events.append(events);
      return done;
    });
    this.appended.notify();
    return result;
  }

  /**
   * Records an event that changes nothing in the store, without making the caller wait: what happened has happened, whether or
   * not the database is there. A failed append goes to `onFailure` with the whole event, so that it stands in the program's log
   * at least.
   */
  record(happening: Happening): void {
    const complete = this.complete(happening);
    this.#store.events.append([complete]).then(
      () => this.appended.notify(),
      (error: unknown) => this.#onFailure(error, complete),
    );
  }

  after(after: number, filter: EventFilter, limit: number): Promise<EventRecord[]> {
    return this.#store.events.after(after, filter, limit);
  }

  newest(filter: EventFilter, limit: number, before?: number): Promise<EventRecord[]> {
    return this.#store.events.newest(filter, limit, before);
  }
}

/**
 * The application that an event belongs to: its subject's, or that of the service cluster (`tenant/application/alias`) that
 * its data names. Null where neither says one: then only those see the event who see the whole tenant.
 */
function applicationOf({
  subject,
  data,
}: Pick<NewEvent, 'subject'> & { readonly data?: NewEvent['data'] }): string | null {
  if (subject.kind === 'Application') return subject.name;
  if (['ServiceCluster', 'Instance', 'Task'].includes(subject.kind)) return subject.name.split('/')[0] ?? null;
  return typeof data?.cluster === 'string' ? (data.cluster.split('/')[1] ?? null) : null;
}

/** Subjects as events name them. */
export const subjectOf = {
  cluster: (record: { uid: string; application: string; alias: string }) => ({
    kind: 'ServiceCluster',
    uid: record.uid,
    name: `${record.application}/${record.alias}`,
  }),
  instance: (record: { uid: string; application: string; alias: string }) => ({
    kind: 'Instance',
    uid: record.uid,
    name: `${record.application}/${record.alias}`,
  }),
  task: (record: { uid: string; application: string; alias: string }) => ({
    kind: 'Task',
    uid: record.uid,
    name: `${record.application}/${record.alias}`,
  }),
  application: (record: { uid: string; name: string }) => ({ kind: 'Application', uid: record.uid, name: record.name }),
  release: (record: { uid: string; number: number }) => ({
    kind: 'Release',
    uid: record.uid,
    name: `v${record.number}`,
  }),
  build: (record: { uid: string }) => ({ kind: 'Build', uid: record.uid, name: record.uid }),
} as const;
