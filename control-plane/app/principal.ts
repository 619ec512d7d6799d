/** Who asks. Every resolver and every use case takes one. */
import type { Role } from './records.ts';
import { RequestError } from './errors.ts';

export interface Principal {
  /** Uid of the token. */
  readonly token: string;
  readonly name: string;
  readonly role: Role;
  /** Null for platform operators, who name a tenant. */
  readonly tenant: string | null;
}

const RANK: Readonly<Record<Role, number>> = { viewer: 0, deployer: 1, admin: 2, operator: 3 };

/** The tenant that a request is about: the principal's own, or the one an operator names. Throws `RequestError` FORBIDDEN. */
export function tenantOf(principal: Principal, named: string | null | undefined, least: Role): string {
  if (RANK[principal.role] < RANK[least]) {
    throw new RequestError(
      'FORBIDDEN',
      `the token "${principal.name}" has the role ${principal.role}; this needs ${least}`,
    );
  }
  if (principal.tenant === null) return named ?? 'default';
  if (named !== null && named !== undefined && named !== principal.tenant) {
    throw new RequestError(
      'FORBIDDEN',
      `the token "${principal.name}" belongs to the tenant ${principal.tenant}, not to ${named}`,
    );
  }
  return principal.tenant;
}
