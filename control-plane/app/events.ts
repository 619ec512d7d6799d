/** Writes the append-only log of what happened, and wakes those who follow it. */
import { Signal } from './fleet/signal.ts';
import type { EventFilter, EventLog } from './ports/store.ts';
import type { EventRecord, NewEvent } from './records.ts';

export class EventRecorder {
  readonly #log: EventLog;
  readonly #now: () => number;
  readonly #onFailure: (error: unknown, event: NewEvent) => void;
  /** Notified after each append. */
  readonly appended = new Signal();

  constructor(log: EventLog, now: () => number, onFailure: (error: unknown, event: NewEvent) => void) {
    this.#log = log;
    this.#now = now;
    this.#onFailure = onFailure;
  }

  /**
   * Records an event without making the caller wait: what happened has happened, whether or not the database is there. A
   * failed append goes to `onFailure` with the whole event, so that it stands in the program's log at least.
   */
  record(
    event: Omit<NewEvent, 'at' | 'application' | 'cause' | 'data'> & {
      readonly cause?: string | null;
      readonly data?: NewEvent['data'];
    },
  ): void {
    const { cause = null, data = {} } = event;
    const complete: NewEvent = { ...event, at: this.#now(), application: applicationOf(event), cause, data };
    this.#log.append([complete]).then(
      () => this.appended.notify(),
      (error: unknown) => this.#onFailure(error, complete),
    );
  }

  after(after: number, filter: EventFilter, limit: number): Promise<EventRecord[]> {
    return this.#log.after(after, filter, limit);
  }

  newest(filter: EventFilter, limit: number, before?: number): Promise<EventRecord[]> {
    return this.#log.newest(filter, limit, before);
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
  if (subject.kind === 'ServiceCluster' || subject.kind === 'Instance') return subject.name.split('/')[0] ?? null;
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
  application: (record: { uid: string; name: string }) => ({ kind: 'Application', uid: record.uid, name: record.name }),
  release: (record: { uid: string; number: number }) => ({
    kind: 'Release',
    uid: record.uid,
    name: `v${record.number}`,
  }),
  build: (record: { uid: string }) => ({ kind: 'Build', uid: record.uid, name: record.uid }),
} as const;
