/** Who holds the database: one row with a fencing number that only rises. */
import type { SqlEntityManager } from '@mikro-orm/sql';
import { CartwrightError } from '../../app/errors.ts';
import type { LeaseRow } from './entities/lease.ts';
import type { Table } from './table.ts';

/** The key of the one row. */
export const LEASE = 'control-plane';

/** The fencing number that is in force; 0 before anybody has taken the lease. */
export async function readFence(em: SqlEntityManager, leases: Table<LeaseRow>): Promise<number> {
  return (await leases.get(em, { uid: LEASE }))?.fence ?? 0;
}

/**
 * Makes `holder` the holder. To be run in a transaction of its own. `now`: milliseconds since the epoch.
 *
 * The number is at least the seconds of the clock: a database that was restored from a backup holds an older number than
 * those that were given since, and counting on from it would give one of them again.
 */
export async function raiseFence(
  em: SqlEntityManager,
  leases: Table<LeaseRow>,
  holder: string,
  now: number,
): Promise<number> {
  const fence = Math.max((await readFence(em, leases)) + 1, Math.floor(now / 1000));
  await leases.upsert(em, { uid: LEASE, holder, fence, acquiredAt: now, expiresAt: null });
  return fence;
}

/** Throws `CartwrightError` FENCED unless `fence` is in force. Run in the transaction of each write. */
export async function checkFence(em: SqlEntityManager, leases: Table<LeaseRow>, fence: number): Promise<void> {
  const lease = await leases.get(em, { uid: LEASE });
  const current = lease?.fence ?? 0;
  if (current === fence) return;
  throw new CartwrightError(
    'FENCED',
    `another control plane (${lease?.holder ?? 'unknown'}) has taken over this database (fencing number ${current}, ours is ${fence}); nothing was written. Stop this one, or start it again to take over`,
  );
}
