/** The repositories and the event log over tables: the same code outside and inside of a transaction. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { newUid } from '../../../schema/ids.ts';
import type { EventFilter, EventLog, Filter, Repositories, Repository } from '../../app/ports/store.ts';
import type { EventRecord, NewEvent } from '../../app/records/events.ts';
import { auditLogOver } from './audit-log.ts';
import type { Tables } from './tables.ts';
import type { EventRow } from './entities/event.ts';
import type { Table } from './table.ts';

/** How one reaches the database from where one is: through the queue, or on the connection of an open transaction. */
export interface Access {
  read<T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T>;
  /** For what was asked for and what is wanted: nothing could tell it again. Survives a power cut. */
  write<T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T>;
  /** For what was observed, or comes again by itself. Does not wait for the disk. */
  observe<T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T>;
  /** Like `observe`, for what has happened already and is worth waiting longer for. */
  append<T>(work: (em: SqlEntityManager) => Promise<T>): Promise<T>;
}

export function repositoriesOver(tables: Tables, access: Access): Repositories {
  const over = <T extends { readonly uid: string }>(
    table: Table<T>,
    put: 'write' | 'observe' = 'write',
  ): Repository<T> => ({
    get: (uid) => access.read((em) => table.get(em, { uid })),
    find: (filter, page = {}) => access.read((em) => table.find(em, filter, page)),
    save: (record) => access[put]((em) => table.upsert(em, record)),
    delete: (uid) => access[put]((em) => table.delete(em, { uid })),
  });
  return {
    tenants: over(tables.tenants),
    tokens: over(tables.tokens),
    uploads: over(tables.uploads),
    cartridges: over(tables.cartridges),
    policies: over(tables.policies),
    applications: over(tables.applications),
    clusters: over(tables.clusters),
    sources: over(tables.sources),
    builds: over(tables.builds),
    artifacts: over(tables.artifacts, 'observe'),
    releases: over(tables.releases),
    rollouts: over(tables.rollouts),
    metadata: over(tables.metadata),
    configurations: over(tables.configurations),
    secretVersions: over(tables.secretVersions),
    certificates: over(tables.certificates),
    hostClusters: over(tables.hostClusters),
    credentials: over(tables.credentials),
    webhooks: over(tables.webhooks),
    deliveries: over(tables.deliveries),
    notices: over(tables.notices),
    noticeProgress: over(tables.noticeProgress, 'observe'),
    tasks: over(tables.tasks),
    instances: over(tables.instances, 'observe'),
    decisions: over(tables.decisions, 'observe'),
    endedSessions: over(tables.endedSessions),
    settings: over(tables.settings),
    history: over(tables.history, 'observe'),
    usage: over(tables.usage, 'observe'),
    meters: over(tables.meters, 'observe'),
    events: eventLogOver(tables.events, access),
    audit: auditLogOver(tables.audit, access),
  };
}

function eventLogOver(table: Table<EventRow>, access: Access): EventLog {
  return {
    async append(events) {
      if (events.length === 0) return [];
      const rows = eventRows(events);
      const sequences = await access.append((em) => table.insert(em, rows, 'sequence'));
      return rows.map((row, index) => eventOf({ ...row, sequence: sequences[index] ?? 0 }));
    },
    async after(after, filter, limit) {
      const rows = await access.read((em) => table.find(em, columnsOf(filter), { after, limit }, 'sequence'));
      return rows.map(eventOf);
    },
    async newest(filter, limit, before) {
      const page = { newestFirst: true, limit, ...(before === undefined ? {} : { after: before }) };
      const rows = await access.read((em) => table.find(em, columnsOf(filter), page, 'sequence'));
      return rows.reverse().map(eventOf);
    },
    async last() {
      const [row] = await access.read((em) => table.find(em, {}, { newestFirst: true, limit: 1 }, 'sequence'));
      return row?.sequence ?? 0;
    },
  };
}

function columnsOf({ tenant, application, subjectUid, types }: EventFilter): Filter<EventRow> {
  return { tenant, application, subjectUid, type: types };
}

/** Rows for events, each with a uid of its own; the database gives them their sequence. */
export function eventRows(events: readonly NewEvent[]): Omit<EventRow, 'sequence'>[] {
  return events.map((event) => rowOf(event, newUid()));
}

function rowOf(event: NewEvent, uid: string): Omit<EventRow, 'sequence'> {
  return {
    uid,
    at: event.at,
    tenant: event.tenant,
    application: event.application,
    subjectKind: event.subject.kind,
    subjectUid: event.subject.uid,
    subjectName: event.subject.name,
    type: event.type,
    cause: event.cause,
    data: event.data,
  };
}

function eventOf(row: EventRow): EventRecord {
  return {
    sequence: row.sequence,
    uid: row.uid,
    at: row.at,
    tenant: row.tenant,
    application: row.application,
    subject: { kind: row.subjectKind, uid: row.subjectUid, name: row.subjectName },
    type: row.type,
    cause: row.cause,
    data: row.data,
  };
}
