import { textsIn } from '../../shell/search.ts';

/** Which records are shown, and the place in them. */
export interface AuditSearch {
  readonly actor?: string;
  readonly mutation?: string;
  readonly object?: string;
  readonly outcome?: string;
  /** Times as somebody chose them in their own zone: `2026-01-31T18:00`. */
  readonly from?: string;
  readonly to?: string;
  /** Cursor of the record that the page is older than. */
  readonly before?: string;
}

export function auditSearch(given: Record<string, unknown>): AuditSearch {
  return textsIn(given, ['actor', 'mutation', 'object', 'outcome', 'from', 'to', 'before']);
}
