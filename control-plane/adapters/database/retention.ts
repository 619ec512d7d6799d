/** How long what happened is kept, and its removal. What was asked for is never removed here. */
import { IDEMPOTENCY_MILLISECONDS } from './idempotency.ts';
import type { Access } from './repositories.ts';
import { removeSecretVersions } from './secret-retention.ts';
import type { Table } from './table.ts';
import type { Tables } from './tables.ts';

const DAY_MILLISECONDS = 24 * 3600 * 1000;
const DECISION_MILLISECONDS = 30 * DAY_MILLISECONDS;
/** Thirteen months: a year can be compared with the one before. */
const EVENT_MILLISECONDS = 396 * DAY_MILLISECONDS;
/** What was used is kept for as long as what happened. */
const USAGE_MILLISECONDS = EVENT_MILLISECONDS;
/** As long as what happened. */
const AUDIT_MILLISECONDS = EVENT_MILLISECONDS;
/** A terminated instance's record; its story stays in the events. */
const INSTANCE_MILLISECONDS = 30 * DAY_MILLISECONDS;
/** A task that has ended. */
const TASK_MILLISECONDS = 30 * DAY_MILLISECONDS;

/** Rows removed, by kind. */
export interface PruneReport {
  readonly audit: number;
  readonly decisions: number;
  readonly events: number;
  readonly history: number;
  readonly idempotency: number;
  readonly instances: number;
  readonly tasks: number;
  readonly usage: number;
  readonly secretVersions: number;
  readonly deliveries: number;
  readonly endedSessions: number;
}

/** Rows removed in one transaction: a few milliseconds of the event loop. */
const CHUNK = 500;

/**
 * Removes every row that names the tenant, from every table that knows tenants; but for the audit records, which stay for
 * operators and are shown to a tenant by its uid, not by its name.
 */
export async function forgetTenant(tables: Tables, access: Access, tenant: string): Promise<void> {
  for (const table of Object.values(tables) as Table<object>[]) {
    if (!table.has('tenant') || table === tables.audit) continue;
    const key = table.has('sequence') ? 'sequence' : 'uid';
    while ((await access.write((em) => table.deleteSome(em, key, { tenant }, CHUNK))) === CHUNK);
  }
}

export async function prune(tables: Tables, access: Access, now: number): Promise<PruneReport> {
  const before = (milliseconds: number) => now - milliseconds;
  return {
    audit: await removeOlder(tables.audit, access, 'uid', { at: before(AUDIT_MILLISECONDS) }),
    decisions: await removeOlder(tables.decisions, access, 'uid', { lastAt: before(DECISION_MILLISECONDS) }),
    events: await removeOlder(tables.events, access, 'sequence', { at: before(EVENT_MILLISECONDS) }),
    history: await removeOlder(tables.history, access, 'uid', { expiresAt: now }),
    idempotency: await removeOlder(tables.idempotency, access, 'uid', { at: before(IDEMPOTENCY_MILLISECONDS) }),
    instances: await removeOlder(tables.instances, access, 'uid', { terminatedAt: before(INSTANCE_MILLISECONDS) }),
    tasks: await removeOlder(tables.tasks, access, 'uid', { finishedAt: before(TASK_MILLISECONDS) }),
    usage: await removeOlder(tables.usage, access, 'uid', { hour: before(USAGE_MILLISECONDS) }),
    deliveries: await removeOlder(tables.deliveries, access, 'uid', { expiresAt: now }),
    endedSessions: await removeOlder(tables.endedSessions, access, 'uid', { expiresAt: now }),
    // Of releases that a collection has removed.
    secretVersions: await removeSecretVersions(tables, access),
  };
}

async function removeOlder<T extends object>(
  table: Table<T>,
  access: Access,
  key: string,
  limits: Readonly<Record<string, number>>,
): Promise<number> {
  for (let removed = 0; ;) {
    const count = await access.observe((em) => table.deleteBelow(em, key, limits, CHUNK));
    removed += count;
    if (count < CHUNK) return removed;
  }
}
