/** From what the address says to what is asked for. */
import type { AuditOutcome, AuditPageQueryVariables } from '../../generated/operations.ts';
import type { AuditSearch } from './search.ts';

export const OUTCOMES: readonly AuditOutcome[] = ['DONE', 'UNCHANGED', 'REFUSED', 'FAILED'];

/** What is not to be understood is left out: a link that somebody has cut short shows more, and not an error. */
export function auditVariables(search: AuditSearch, tenant: string | null): AuditPageQueryVariables {
  const { actor, mutation, object, before } = search;
  const outcome = OUTCOMES.find((each) => each === search.outcome);
  const from = timeOf(search.from);
  const to = timeOf(search.to);
  return {
    ...(tenant === null ? {} : { tenant }),
    ...(actor === undefined ? {} : { actor }),
    ...(mutation === undefined ? {} : { mutation }),
    ...(object === undefined ? {} : { object }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(from === null ? {} : { from }),
    ...(to === null ? {} : { to }),
    ...(before === undefined ? {} : { before }),
  };
}

/** ISO 8601 in UTC of a time in the reader's zone; null: it is none. */
function timeOf(local: string | undefined): string | null {
  const time = new Date(local ?? '');
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}
