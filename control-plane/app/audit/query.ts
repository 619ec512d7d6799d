/** Reading the audit records: operators all of them, a tenant's admins those of their tenant, and nobody else any. */
import { isId } from '../../../schema/ids.ts';
import { isOperator, wholeTenantOf } from '../access.ts';
import type { AuditFilter, Page, Store } from '../ports/store.ts';
import type { Principal } from '../principal.ts';
import type { AuditRecord } from '../records/audit.ts';

interface AuditQuestion {
  readonly tenant?: string | null;
  /** Name or uid of the token. */
  readonly actor?: string;
  /** Name or uid of the object. */
  readonly object?: string;
  readonly mutation?: string;
  readonly outcome?: AuditRecord['outcome'];
  /** Milliseconds since the epoch: from then on, and before then. */
  readonly from?: number;
  readonly to?: number;
  readonly page: Page;
}

export interface AuditQueries {
  /** In order of time. Throws `RequestError` FORBIDDEN for who is no admin of the whole tenant. */
  auditRecords(principal: Principal, question: AuditQuestion): Promise<AuditRecord[]>;
}

/** Length of a uid; names that people give are allowed to look like one, and are looked for as a uid then. */
const UID = /^[0-9a-hjkmnp-tv-z]{26}$/;

export function createAuditQueries(store: Pick<Store, 'audit' | 'tenants'>): AuditQueries {
  return {
    async auditRecords(principal, { tenant, actor, object, page, ...rest }) {
      const filter: AuditFilter = {
        ...rest,
        ...(actor === undefined ? {} : UID.test(actor) ? { actorToken: actor } : { actorName: actor }),
        ...(object === undefined ? {} : UID.test(object) ? { objectUid: object } : { objectName: object }),
      };
      if (isOperator(principal)) {
        const named = tenant === null || tenant === undefined ? {} : { tenant };
        return store.audit.find({ ...filter, ...named }, page);
      }
      const own = wholeTenantOf(principal, tenant, 'admin');
      // By its uid: what a tenant of this name left that is gone is none of this one's.
      const [present] = await store.tenants.find({ name: own });
      if (present === undefined || !isId(present.uid)) return [];
      const found = await store.audit.find({ ...filter, tenantUid: present.uid }, page);
      return found.map((record) => withoutPlace(record, own));
    },
  };
}

/** Where the platform's operators sit is none of a tenant's business. */
function withoutPlace(record: AuditRecord, tenant: string): AuditRecord {
  return record.actor.tenant === tenant ? record : { ...record, address: null };
}
