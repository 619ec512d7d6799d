import type { ClusterEntryFragment } from '../generated/operations.ts';

/** What a service cluster's name begins with where it stands: what goes without saying there is left out. */
export type NameFrom = 'tenant' | 'application' | 'alias';

/** "acme / shop / web", "shop / web" or "web". */
export function nameOf(
  { tenant, applicationName, alias }: Pick<ClusterEntryFragment, 'tenant' | 'applicationName' | 'alias'>,
  from: NameFrom,
): string {
  const parts = [tenant, applicationName, alias];
  return parts.slice(from === 'tenant' ? 0 : from === 'application' ? 1 : 2).join(' / ');
}
