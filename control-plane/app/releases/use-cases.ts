/** What can be asked about releases beside their records. Reads only. */
import type { PartChange, ReleaseDifference } from '../../domain/releases/difference.ts';
import type { Principal } from '../principal.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { SourceRecord } from '../records/sources.ts';

export interface ComparedReleases extends ReleaseDifference {
  /** From which one to which one. */
  readonly from: ReleaseRecord;
  readonly to: ReleaseRecord;
  /** Null: both were built from the same commit or tree, or no source is kept of either. */
  readonly source: PartChange<SourceRecord> | null;
}

export interface ReleaseQueries {
  /**
   * What is another in a release than in another one of its service cluster; null: that is the first one, and no other is named. Without
   * `other`: than in the one that was made before it. Throws `RequestError` NOT_FOUND, INVALID.
   */
  releaseDifference(
    principal: Principal,
    release: ReleaseRecord,
    other: string | null,
  ): Promise<ComparedReleases | null>;
}
