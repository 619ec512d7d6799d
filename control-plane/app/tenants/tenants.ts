/** Making, bounding and deleting tenants: what operators do. */
import type { EventType } from '../../domain/events/types.ts';
import { requireRole } from '../access.ts';
import { RequestError } from '../errors.ts';
import type { EventRecorder, Happening } from '../events.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { NewUid } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { ApplicationRecord } from '../records/applications.ts';
import type { TenantQuota, TenantRecord } from '../records/tenants.ts';
import type { Mutations } from '../use-cases.ts';
import { newTenant } from './quota.ts';
import type { TenantRemoval } from './removal.ts';
import type { TokenWatch } from './token-watch.ts';

export interface TenantsOptions {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly events: EventRecorder;
  readonly watch: TokenWatch;
  readonly removal: TenantRemoval;
  /** Asks for the deletion of an application; to be called {@link exclusively}. */
  readonly deleteApplication: (application: ApplicationRecord, by: Principal) => Promise<unknown>;
  /** Changes of one tenant's things come one after another. */
  readonly exclusively: <T>(tenants: Iterable<string>, work: () => Promise<T>) => Promise<T>;
  readonly now: () => number;
  readonly newUid: NewUid;
}

type TenantMutations = Pick<Mutations, 'createTenant' | 'setTenantQuota' | 'deleteTenant'>;

export function createTenantMutations(options: TenantsOptions): TenantMutations {
  const { store, fleet, events, removal, now, newUid, exclusively } = options;

  const save = async (record: TenantRecord, happening: Happening): Promise<TenantRecord> => {
    await events.change(async (tx) => {
      await tx.tenants.save(record);
      await tx.answer(record);
    }, happening);
    return record;
  };

  const find = async (name: string): Promise<TenantRecord> => {
    const [tenant] = await store.tenants.find({ name });
    if (tenant === undefined)
      throw new RequestError('NOT_FOUND', `there is no tenant "${name}"; see "cartwright tenant get"`, {
        field: 'name',
      });
    return tenant;
  };

  return {
    async createTenant(principal, { name, quota }) {
      requireRole(principal, 'operator');
      checkQuota(quota);
      return exclusively([name], async () => {
        const [present] = await store.tenants.find({ name });
        if (present !== undefined) {
          const state = present.deletingSince === null ? 'exists already' : 'is still being deleted';
          throw new RequestError('CONFLICT', `the tenant "${name}" ${state}`, { field: 'name' });
        }
        // What an earlier tenant of this name left (a build that ended after it) is none of this one's.
        await store.forgetTenant(name);
        const record = newTenant(name, { now: now(), newUid }, quota);
        return save(record, told(record, 'tenant.created', principal));
      });
    },
    async setTenantQuota(principal, { name, quota }) {
      requireRole(principal, 'operator');
      checkQuota(quota);
      return exclusively([name], async () => {
        const tenant = await find(name);
        const record: TenantRecord = { ...tenant, quota: { ...tenant.quota, ...quota } };
        return save(record, told(record, 'tenant.quota-set', principal, { quota: record.quota }));
      });
    },
    async deleteTenant(principal, { name, cascade = false, repeatedName }) {
      requireRole(principal, 'operator');
      if (cascade && repeatedName !== name) {
        throw new RequestError(
          'INVALID',
          `deleting the tenant "${name}" with all that it has needs its name a second time; got "${repeatedName ?? ''}"`,
          { field: 'repeatedName' },
        );
      }
      const deleted = await exclusively([name], async () => {
        const tenant = await find(name);
        const applications = [...fleet.applications.values()].filter((application) => application.tenant === name);
        const policies = await store.policies.find({ tenant: name });
        if (!cascade && tenant.deletingSince === null) checkEmpty(name, applications.length, policies.length);
        const record: TenantRecord = { ...tenant, deletingSince: tenant.deletingSince ?? now() };
        const deleting = told(record, 'tenant.deleting', principal);
        await revokeAll(options, record, tenant.deletingSince === null ? [deleting] : []);
        for (const application of applications) await options.deleteApplication(application, principal);
        return record;
      });
      removal.look(name);
      return deleted;
    },
  };
}

function told(record: TenantRecord, type: EventType, by: Principal, data: Record<string, unknown> = {}): Happening {
  return {
    tenant: record.name,
    subject: { kind: 'Tenant', uid: record.uid, name: record.name },
    type,
    cause: by.token,
    data: { by: by.name, ...data },
  };
}

/** Stores that the tenant is being deleted, and with it that none of its tokens opens anything any more. */
async function revokeAll(
  { events, watch, now }: TenantsOptions,
  tenant: TenantRecord,
  happenings: readonly Happening[],
): Promise<void> {
  const revoked = await events.change(
    async (tx) => {
      await tx.tenants.save(tenant);
      const tokens = (await tx.tokens.find({ tenant: tenant.name })).filter(({ revokedAt }) => revokedAt === null);
      for (const token of tokens) await tx.tokens.save({ ...token, revokedAt: now() });
      return tokens;
    },
    ...happenings,
  );
  for (const { uid } of revoked) watch.look(uid);
}

function checkEmpty(name: string, applications: number, policies: number): void {
  if (applications + policies === 0) return;
  throw new RequestError(
    'CONFLICT',
    `the tenant "${name}" is not empty: it has ${applications} applications and ${policies} policies; delete them first, or delete the tenant with all that it has ("--cascade ${name}")`,
  );
}

function checkQuota(quota: Partial<TenantQuota> | undefined): void {
  for (const [field, value] of Object.entries(quota ?? {})) {
    if (Number.isSafeInteger(value) && value >= 0) continue;
    throw new RequestError('INVALID', `${field}: expected a whole number, 0 or more; got ${value}`, {
      field: `quota.${field}`,
    });
  }
}
