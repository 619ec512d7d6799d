/** The audit records over their table: appended and read, never changed. */
import type { AuditLog } from '../../app/ports/store.ts';
import type { AuditRecord } from '../../app/records/audit.ts';
import type { AuditRow } from './entities/audit.ts';
import type { Access } from './repositories.ts';
import type { Table } from './table.ts';

export function auditLogOver(table: Table<AuditRow>, access: Access): AuditLog {
  return {
    async append(records) {
      if (records.length === 0) return;
      const rows = records.map(rowOf);
      await access.append((em) => table.append(em, rows));
    },
    async find({ from, to, ...filter }, page) {
      const rows = await access.read((em) => table.find(em, filter, { ...page, within: { column: 'at', from, to } }));
      return rows.map(recordOf);
    },
  };
}

function rowOf({ actor, object, ...record }: AuditRecord): AuditRow {
  return {
    ...record,
    actorToken: actor.token,
    actorName: actor.name,
    actorRole: actor.role,
    actorTenant: actor.tenant,
    actorApplication: actor.application,
    objectKind: object?.kind ?? null,
    objectUid: object?.uid ?? null,
    objectName: object?.name ?? null,
  };
}

function recordOf(row: AuditRow): AuditRecord {
  const {
    actorToken,
    actorName,
    actorRole,
    actorTenant,
    actorApplication,
    objectKind,
    objectUid,
    objectName,
    ...rest
  } = row;
  return {
    ...rest,
    actor: { token: actorToken, name: actorName, role: actorRole, tenant: actorTenant, application: actorApplication },
    object: objectKind === null ? null : { kind: objectKind, uid: objectUid, name: objectName },
  };
}
