/** What can be followed of all service clusters at once. */
import type { Blocked } from '../fleet/fleet.ts';
import type { Principal } from '../principal.ts';
import type { OverviewEntry } from './entry.ts';
import type { RecentDemand } from './recent.ts';

export interface OverviewApplication {
  readonly uid: string;
  readonly tenant: string;
  readonly name: string;
  readonly generation: number;
  readonly createdAt: number;
  readonly deletingSince: number | null;
  readonly blocked: Blocked | null;
}

/** Of the present state, or of what has changed since the item before. One object for all who are told the same. */
export interface OverviewItem {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Everything there is: the first item, and one in whose place a reader would have been told of too much. */
  readonly isWhole: boolean;
  /** In the order of tenant, application and alias; each as a whole. */
  readonly changed: readonly OverviewEntry[];
  readonly applications: readonly OverviewApplication[];
  /** Uids of service clusters and applications that are gone, or out of sight. */
  readonly removed: readonly string[];
  /** The last minutes of each service cluster, in a whole item only; computed when it is read. */
  readonly recent: readonly RecentDemand[];
}

export interface OverviewFeeds {
  /**
   * All service clusters that the principal may see (of a tenant, or of one application), then what changes, at most once a second. With an
   * application, or for a principal that is for one only, the entries have their instances. Throws `RequestError` FORBIDDEN, NOT_FOUND.
   */
  overview(
    principal: Principal,
    scope: { readonly tenant?: string | null; readonly application?: string | null },
    signal: AbortSignal,
  ): AsyncIterable<OverviewItem>;
}
