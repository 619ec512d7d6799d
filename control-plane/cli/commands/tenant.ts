/** `tenant create`, `get`, `set-quota`, `delete`. */
import type { Session } from '../client/session.ts';
import { confirm } from '../confirm.ts';
import { usage } from '../exit.ts';
import { CreateTenant, DeleteTenant, SetTenantQuota, type TenantQuotaInput } from '../generated/operations.ts';
import { parseWhole } from '../numbers.ts';
import { parseSize } from '../sizes.ts';
import { tenantReference, tenants } from '../nouns/tenants.ts';
import { getNoun } from './get.ts';
import type { DeleteTenantOptions, QuotaOptions } from './register-tenancy.ts';

const MOST = 100_000;

export async function createTenant(session: Session, name: string, options: QuotaOptions): Promise<void> {
  const { tenant } = await session.client.mutate(CreateTenant, { name, quota: quotaOf(options) });
  await session.printer.one(tenant, () => `tenant ${name} created`, tenantReference);
}

export async function getTenants(session: Session, name: string | undefined): Promise<void> {
  await getNoun(session, tenants, { name });
}

export async function setQuota(session: Session, name: string, options: QuotaOptions): Promise<void> {
  const quota = quotaOf(options);
  if (Object.keys(quota).length === 0)
    throw usage('say what changes: --instances, --applications, --memory, --builds or --logs');
  const { tenant } = await session.client.mutate(SetTenantQuota, { name, quota });
  await session.printer.one(tenant, () => `quota of the tenant ${name} set`, tenantReference);
}

export async function deleteTenant(session: Session, name: string, options: DeleteTenantOptions): Promise<void> {
  const { cascade } = options;
  if (cascade !== undefined && cascade !== name)
    throw usage(`--cascade: give the name of the tenant that is deleted, "${name}", once more; got "${cascade}"`);
  const what = cascade === undefined ? '' : ' with all its applications, policies and tokens';
  await confirm(session.io, options, `delete the tenant "${name}"${what}?`);
  const repeated = cascade === undefined ? {} : { cascade: true, repeatedName: cascade };
  const { tenant } = await session.client.mutate(DeleteTenant, { name, ...repeated });
  await session.printer.one(
    tenant,
    () => `tenant ${name} is being deleted: it goes when nothing of it runs any more`,
    tenantReference,
  );
}

function quotaOf({ instances, applications, memory, builds, logs }: QuotaOptions): TenantQuotaInput {
  return {
    ...(instances !== undefined && { instances: parseWhole(instances, '--instances', 0, MOST) }),
    ...(applications !== undefined && { applications: parseWhole(applications, '--applications', 0, MOST) }),
    ...(memory !== undefined && { memoryBytes: parseSize(memory, '--memory') }),
    ...(builds !== undefined && { buildsAtOnce: parseWhole(builds, '--builds', 1, 100) }),
    ...(logs !== undefined && { logBytes: parseSize(logs, '--logs') }),
  };
}
