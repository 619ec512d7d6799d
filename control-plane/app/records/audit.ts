/** What is stored of who changed what. Plain records; times are milliseconds since the epoch. */
import type { Role } from './tenants.ts';

/** One object that a mutation changed, or a mutation that changed none. Never changed, and removed only by its age. */
export interface AuditRecord {
  /** In order of time. */
  readonly uid: string;
  readonly at: number;
  /** Name of the tenant whose object it is; null: the platform's. */
  readonly tenant: string | null;
  /** Uid of that tenant: one that gets the name later is another. */
  readonly tenantUid: string | null;
  readonly actor: {
    /** Uid of the token. */
    readonly token: string;
    readonly name: string;
    readonly role: Role;
    readonly tenant: string | null;
    readonly application: string | null;
  };
  readonly mutation: string;
  /** `refused`: the caller's to put right; `failed`: the platform's fault. What had been changed by then has records of its own. */
  readonly outcome: 'done' | 'unchanged' | 'refused' | 'failed';
  /** Of the error; null where there was none. */
  readonly code: string | null;
  /** As far as it is known: of a mutation that was refused what its input names. */
  readonly object: { readonly kind: string; readonly uid: string | null; readonly name: string | null } | null;
  /** The changed fields by their path, without secrets; null where the object was not there. */
  readonly before: Readonly<Record<string, unknown>> | null;
  /** Null where the object is not there any more. */
  readonly after: Readonly<Record<string, unknown>> | null;
  /** Address that the request came from; null where it is not known. */
  readonly address: string | null;
  readonly idempotencyKey: string | null;
  /** The same for all records of one request. */
  readonly request: string;
}
