import type { Manifest } from '../../../schema/manifests/kinds.ts';
import { tenantOfApplication, wholeTenantOf } from '../access.ts';
import type { Principal } from '../principal.ts';

/** The tenant that a manifest is for. Throws `RequestError` FORBIDDEN where the caller may not change that. */
export function tenantAsked(principal: Principal, manifest: Manifest, named: string | null | undefined): string {
  const { name, tenant = named } = manifest.metadata;
  return manifest.kind === 'Application'
    ? tenantOfApplication(principal, tenant, name, 'deployer')
    : wholeTenantOf(principal, tenant, 'deployer');
}
