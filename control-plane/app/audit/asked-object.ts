/** The object that a mutation names, from its input: all that is known of one that was refused. */
import type { AuditRecord } from '../records/audit.ts';

export interface AskedObject {
  /** The tenant that the input names. */
  readonly tenant: string | null;
  /** It is about what only tenants have, also where the input names no tenant. */
  readonly isOfTenant: boolean;
  /** Null where the input names none, such as manifests. */
  readonly object: AuditRecord['object'];
}

const LONGEST_NAME = 200;
const OF_TENANTS = /^(Application|Policy|Credential)$/;
/** What no database's text takes, and no terminal should. */
const UNPRINTABLE = /[\p{Cc}\p{Surrogate}]/gu;

/** A text of the caller's, as it is recorded. */
export function recorded(text: string): string {
  return text.slice(0, LONGEST_NAME).replace(UNPRINTABLE, '\uFFFD');
}

/** The fields are looked for at the input's top and in its `ref`. */
export function askedObject(mutation: string, input: unknown): AskedObject {
  const given = { ...fieldsOf(input), ...fieldsOf(fieldsOf(input).ref) };
  const text = (field: string): string | null => {
    const value = given[field];
    return typeof value === 'string' && value !== '' ? recorded(value) : null;
  };
  const kind = kindOf(mutation);
  const [application, alias, name] = [text('application'), text('alias'), text('name')];
  const tenant = kind === 'Tenant' ? name : text('tenant');
  const isOfTenant = application !== null || OF_TENANTS.test(kind);
  const of = (kind: string, name: string | null, uid: string | null = null) =>
    name === null && uid === null ? null : { kind, name, uid };
  // A token is made for an application, and is not one.
  if (kind !== 'Token' && application !== null)
    return alias === null
      ? { tenant, isOfTenant, object: of('Application', application) }
      : { tenant, isOfTenant, object: of('ServiceCluster', `${application}/${alias}`) };
  return { tenant, isOfTenant, object: of(text('kind') ?? kind, name, text('uid')) };
}

/** What the mutation's name ends in: `deleteTenant` is about a Tenant, and so is `setTenantQuota`. */
function kindOf(mutation: string): string {
  return mutation.replace(/^[a-z]+(?=[A-Z])/, '').replace(/Quota$/, '');
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
