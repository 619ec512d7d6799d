/** User ids for tenants, as the control plane starts. */
import { openTenantUsers, type TenantUsers, type UserRange } from './adapters/users/tenant-users.ts';
import { CartwrightError } from './app/errors.ts';
import type { Store } from './app/ports/store.ts';

/** What is written from now on is for the control plane alone, unless it is given to a tenant. */
const OWN_FILES_ONLY = 0o077;

/** Throws what keeps tenants from having users of their own. */
export async function openTenants(
  dataDirectory: string,
  range: UserRange,
  store: Pick<Store, 'tenants'>,
): Promise<TenantUsers> {
  process.umask(OWN_FILES_ONLY);
  return openTenantUsers({
    dataDirectory,
    range,
    identify: async (name) => {
      const [tenant] = await store.tenants.find({ name });
      if (tenant) return tenant.uid;
      throw new CartwrightError(
        'TENANT_MISSING',
        `the tenant ${name} is not there any more; nothing is started for it`,
      );
    },
  });
}
