/** Audit records as people read them. */
import type { Difference } from '../../components/json-difference.ts';
import type { Tone } from '../../components/words.ts';
import type { AuditOutcome, AuditPageQuery } from '../../generated/operations.ts';

export type AuditRecord = AuditPageQuery['auditRecords']['edges'][number]['node'];

export const TONES: Readonly<Record<AuditOutcome, Tone>> = {
  DONE: 'good',
  UNCHANGED: '',
  REFUSED: 'warning',
  FAILED: 'bad',
};

/** "ServiceCluster shop/web"; empty where the mutation was about nothing. */
export function objectText({ object }: Pick<AuditRecord, 'object'>): string {
  if (object === null) return '';
  return `${object.kind} ${object.name ?? object.uid ?? ''}`.trim();
}

/** The changed fields: as they were, and as they became. The API gives both by path. */
export function changesOf({ before, after }: Pick<AuditRecord, 'before' | 'after'>): Difference[] {
  const was = fieldsOf(before);
  const is = fieldsOf(after);
  const paths = new Set([...Object.keys(was), ...Object.keys(is)]);
  return [...paths].map((path) => ({ path: [path], before: own(was, path), after: own(is, path) }));
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}
