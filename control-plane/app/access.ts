/**
 * Who may what: the one place that decides it. Use cases say what they need (a role, a tenant, an application) and get a name
 * to work with or a refusal; nothing else looks at a principal's role, tenant or application (a test enforces it).
 *
 * Absence never widens: an operator is who has the role, not who has no tenant, and what belongs to no tenant is not
 * everybody's.
 */
import { RequestError } from './errors.ts';
import type { Principal } from './principal.ts';
import type { AuditRecord } from './records/audit.ts';
import type { Role } from './records/tenants.ts';

const RANK: Readonly<Record<Role, number>> = { viewer: 0, deployer: 1, admin: 2, operator: 3 };

/** Whose a thing is. `application`: the name of the application that it is (a part of); null: the tenant's as a whole. */
export interface Owned {
  readonly tenant: string | null;
  readonly application: string | null;
}

export function isOperator({ role }: Principal): boolean {
  return role === 'operator';
}

/** Throws `RequestError` FORBIDDEN unless the principal has the role, or a higher one. */
export function requireRole(principal: Principal, least: Role): void {
  if (RANK[principal.role] >= RANK[least]) return;
  throw forbidden(`the token "${principal.name}" has the role ${principal.role}; this needs ${least}`);
}

/** The tenant that a request is about: the principal's own, or the one an operator names. Throws `RequestError` FORBIDDEN. */
export function tenantOf(principal: Principal, named: string | null | undefined, least: Role): string {
  requireRole(principal, least);
  if (isOperator(principal)) return named ?? 'default';
  const { name, tenant } = principal;
  if (tenant === null) throw forbidden(`the token "${name}" belongs to no tenant`);
  if (named !== null && named !== undefined && named !== tenant) {
    throw forbidden(`the token "${name}" belongs to the tenant ${tenant}, not to ${named}`);
  }
  return tenant;
}

/**
 * As {@link tenantOf}, for what belongs to a tenant as a whole (its policies, its quota): not for tokens of one application.
 */
export function wholeTenantOf(principal: Principal, named: string | null | undefined, least: Role): string {
  const tenant = tenantOf(principal, named, least);
  if (principal.application === null) return tenant;
  throw forbidden(
    `the token "${principal.name}" is for the application ${principal.application} only; this is the tenant's`,
  );
}

/** As {@link tenantOf}, for one application of the tenant. */
export function tenantOfApplication(
  principal: Principal,
  named: string | null | undefined,
  application: string,
  least: Role,
): string {
  const tenant = tenantOf(principal, named, least);
  if (principal.application === null || principal.application === application) return tenant;
  throw forbidden(
    `the token "${principal.name}" is for the application ${principal.application} only, not for ${application}`,
  );
}

/** Whether a thing may be seen: an operator sees everything, others what is their tenant's (and their application's). */
export function maySee(principal: Principal, { tenant, application }: Owned): boolean {
  if (isOperator(principal)) return true;
  if (tenant === null || tenant !== principal.tenant) return false;
  return principal.application === null || principal.application === application;
}

/** Whether it may be seen, by who may also change it. */
export function mayChange(principal: Principal, owned: Owned): boolean {
  return maySee(principal, owned) && RANK[principal.role] >= RANK.deployer;
}

/**
 * What a list is narrowed to before it is asked for: the tenant (absent: all of them, for an operator who names none) and
 * the application (absent: all of them), that of the token or the one that is asked for. Throws `RequestError` FORBIDDEN.
 */
export function narrowed(
  principal: Principal,
  named: string | null | undefined,
  least: Role,
  application: string | null = null,
): { readonly tenant?: string; readonly application?: string } {
  if (application !== null) tenantOfApplication(principal, named, application, least);
  const one = application ?? principal.application;
  const within = one === null ? {} : { application: one };
  if (isOperator(principal)) return named === null || named === undefined ? within : { tenant: named, ...within };
  return { tenant: tenantOf(principal, named, least), ...within };
}

/**
 * Whose a token is that the principal makes: never with more than it has itself. An operator's is of no tenant and no
 * application; that of a token of one application is of that one. Throws `RequestError` FORBIDDEN or INVALID.
 */
export function scopeOfNewToken(
  principal: Principal,
  asked: { readonly role: Role; readonly tenant?: string | null; readonly application?: string | null },
): Owned {
  requireRole(principal, 'admin');
  if (RANK[principal.role] < RANK[asked.role]) {
    throw forbidden(
      `the token "${principal.name}" has the role ${principal.role} and cannot give the role ${asked.role}, which may do more`,
    );
  }
  if (asked.role === 'operator') {
    if ((asked.tenant ?? asked.application ?? null) === null) return { tenant: null, application: null };
    throw new RequestError('INVALID', 'an operator’s token is the platform’s: name no tenant and no application', {
      field: 'role',
    });
  }
  const tenant = tenantOf(principal, asked.tenant, 'admin');
  const application = asked.application ?? principal.application;
  if (maySee(principal, { tenant, application })) return { tenant, application };
  throw forbidden(
    `the token "${principal.name}" is for the application ${principal.application} only, and so are the tokens that it makes`,
  );
}

export type Actor = AuditRecord['actor'];

/** Who somebody is, as the audit record keeps it. */
export function actorOf({ token, name, role, tenant, application }: Principal): Actor {
  return { token, name, role, tenant, application };
}

/**
 * The tenant that a request is about which came to nothing: its own, whatever it names; of an operator the one that it names,
 * or that {@link tenantOf} takes it for where it is about what only tenants have.
 */
export function concerned(principal: Principal, named: string | null, isOfTenant: boolean): string | null {
  if (!isOperator(principal)) return principal.tenant;
  return isOfTenant ? tenantOf(principal, named, 'operator') : named;
}

function forbidden(message: string): RequestError {
  return new RequestError('FORBIDDEN', message);
}
