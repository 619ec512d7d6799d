/** How long what happened is kept, and its removal. What was asked for is never removed here. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import type { InstanceRecord, ReleaseRecord } from '../../app/records.ts';
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
/** A terminated instance's record; its story stays in the events. */
const INSTANCE_MILLISECONDS = 30 * DAY_MILLISECONDS;
/** Releases kept a service cluster, beside those in use. */
const RELEASES_KEPT = 10;

/** Rows removed, by kind. */
export interface PruneReport {
  readonly decisions: number;
  readonly events: number;
  readonly history: number;
  readonly idempotency: number;
  readonly instances: number;
  readonly releases: number;
  readonly usage: number;
  readonly secretVersions: number;
}

/** Rows removed in one transaction: a few milliseconds of the event loop. */
const CHUNK = 500;

/** Removes every row that names the tenant, from every table that knows tenants. */
export async function forgetTenant(tables: Tables, access: Access, tenant: string): Promise<void> {
  for (const table of Object.values(tables) as Table<object>[]) {
    if (!table.has('tenant')) continue;
    const key = table.has('sequence') ? 'sequence' : 'uid';
    while ((await access.write((em) => table.deleteSome(em, key, { tenant }, CHUNK))) === CHUNK);
  }
}

export async function prune(tables: Tables, access: Access, now: number): Promise<PruneReport> {
  const before = (milliseconds: number) => now - milliseconds;
  return {
    decisions: await removeOlder(tables.decisions, access, 'uid', { lastAt: before(DECISION_MILLISECONDS) }),
    events: await removeOlder(tables.events, access, 'sequence', { at: before(EVENT_MILLISECONDS) }),
    history: await removeOlder(tables.history, access, 'uid', { expiresAt: now }),
    idempotency: await removeOlder(tables.idempotency, access, 'uid', { at: before(IDEMPOTENCY_MILLISECONDS) }),
    instances: await removeOlder(tables.instances, access, 'uid', { terminatedAt: before(INSTANCE_MILLISECONDS) }),
    releases: await removeReleases(tables, access),
    usage: await removeOlder(tables.usage, access, 'uid', { hour: before(USAGE_MILLISECONDS) }),
    // Behind the releases that took them.
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

async function removeReleases(tables: Tables, access: Access): Promise<number> {
  let removed = 0;
  for (const cluster of await access.read((em) => tables.releases.distinct(em, 'cluster'))) {
    removed += await access.observe(async (em) => {
      const record = await tables.clusters.get(em, { uid: cluster });
      const releases = await tables.releases.find(em, { cluster }, { newestFirst: true });
      // Nothing can be rolled back in a service cluster that is gone.
      const candidates = record === undefined ? releases : releases.slice(RELEASES_KEPT).filter(isOver);
      const used = await usedReleases(em, tables, cluster);
      const old = candidates.filter(
        ({ uid }) => !used.has(uid) && uid !== record?.stableRelease && uid !== record?.candidateRelease,
      );
      for (const { uid } of old) await tables.releases.delete(em, { uid });
      return old.length;
    });
  }
  return removed;
}

async function usedReleases(em: SqlEntityManager, tables: Tables, cluster: string): Promise<Set<string>> {
  const instances: InstanceRecord[] = await tables.instances.find(em, { cluster }, {});
  return new Set(instances.filter(({ state }) => state !== 'terminated').flatMap(({ release }) => release ?? []));
}

function isOver(release: ReleaseRecord): boolean {
  return release.state === 'superseded' || release.state === 'returned';
}
