/** What a tenant may have, as it is shown and asked for. */
import { bytes } from '../../components/quantities.ts';
import { fieldOf } from '../../components/schema-form/field.ts';
import { readDraft, type Draft } from '../../components/schema-form/draft.ts';
import { parseBytes } from '../../../../schema/manifests/quantity.ts';
import type { TenantQuotaInput, TenantQuotasQuery } from '../../generated/operations.ts';

export type Tenant = TenantQuotasQuery['tenants'][number];
type Quota = Tenant['quota'];

const BYTES = {
  type: 'string',
  pattern: '^\\d+(\\.\\d+)?(k|M|G|Ki|Mi|Gi)?$',
  description: 'bytes such as 8Gi or 512Mi',
};

/** As the API bounds them. */
export const QUOTA_FIELD = fieldOf({
  type: 'object',
  properties: {
    instances: { type: 'integer', minimum: 0, maximum: 100_000, title: 'Instances' },
    applications: { type: 'integer', minimum: 0, maximum: 100_000, title: 'Applications' },
    memoryBytes: { ...BYTES, title: 'Memory that its instances declare' },
    buildsAtOnce: { type: 'integer', minimum: 1, maximum: 100, title: 'Builds at once' },
    logBytes: { ...BYTES, title: 'Log that is kept' },
  },
})!;

/** What holds now, as one would type it. */
export function quotaTexts(quota: Quota): Readonly<Record<keyof Quota, string | number>> {
  return {
    instances: quota.instances.allowed,
    applications: quota.applications.allowed,
    memoryBytes: bytes(quota.memoryBytes.allowed),
    buildsAtOnce: quota.buildsAtOnce.allowed,
    logBytes: bytes(quota.logBytes.allowed),
  };
}

export type ReadQuota =
  | { readonly kind: 'sound'; readonly quota: TenantQuotaInput }
  | { readonly kind: 'faulty'; readonly faults: ReturnType<typeof readDraft>['faults'] };

/** What is left empty is absent. */
export function readQuota(draft: Draft): ReadQuota {
  const { value, faults } = readDraft(QUOTA_FIELD, draft);
  if (faults.length > 0) return { kind: 'faulty', faults };
  const { memoryBytes, logBytes, ...numbers } = (value ?? {}) as Readonly<Record<string, never>>;
  return {
    kind: 'sound',
    quota: {
      ...numbers,
      ...(memoryBytes === undefined ? {} : { memoryBytes: parseBytes(memoryBytes)! }),
      ...(logBytes === undefined ? {} : { logBytes: parseBytes(logBytes)! }),
    },
  };
}

export interface QuotaRow {
  readonly name: string;
  readonly text: string;
  /** Used of what is allowed, 0 to 1. */
  readonly share: number;
}

export function quotaRows(quota: Quota): QuotaRow[] {
  const row = (name: string, { used, allowed }: Quota['instances'], text: (count: number) => string): QuotaRow => ({
    name,
    text: `${text(used)} of ${text(allowed)}`,
    share: allowed === 0 ? (used === 0 ? 0 : 1) : Math.min(1, used / allowed),
  });
  return [
    row('Instances', quota.instances, String),
    row('Applications', quota.applications, String),
    row('Memory', quota.memoryBytes, bytes),
    row('Builds', quota.buildsAtOnce, String),
    row('Log', quota.logBytes, bytes),
  ];
}
