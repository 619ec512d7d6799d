/** What tenants may have, when nobody says otherwise. */
import type { NewUid } from '../ports/clock.ts';
import type { TenantQuota, TenantRecord } from '../records/tenants.ts';

const GIBIBYTE = 1024 ** 3;

export const DEFAULT_QUOTA: TenantQuota = {
  instances: 20,
  applications: 50,
  memoryBytes: 64 * GIBIBYTE,
  buildsAtOnce: 2,
  logBytes: GIBIBYTE,
};

/** Of a tenant that is not there. */
export const NO_QUOTA: TenantQuota = { instances: 0, applications: 0, memoryBytes: 0, buildsAtOnce: 1, logBytes: 0 };

/** A new tenant's record; what `quota` does not say is the default. */
export function newTenant(
  name: string,
  { now, newUid }: { readonly now: number; readonly newUid: NewUid },
  quota: Partial<TenantQuota> = {},
): TenantRecord {
  return { uid: newUid(now), name, createdAt: now, quota: { ...DEFAULT_QUOTA, ...quota }, deletingSince: null };
}
