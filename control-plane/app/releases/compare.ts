/** Compares releases, with the sources that they were built from. */
import { isDeepStrictEqual } from 'node:util';
import { releaseDifference } from '../../domain/releases/difference.ts';
import { seenOfCluster } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Store } from '../ports/store.ts';
import type { ReleaseRecord } from '../records/releases.ts';
import type { ReleaseQueries } from './use-cases.ts';

export interface ReleaseQueryOptions {
  readonly store: Pick<Store, 'releases' | 'sources'>;
  readonly fleet: Fleet;
}

export function createReleaseQueries({ store, fleet }: ReleaseQueryOptions): ReleaseQueries {
  const before = async ({ cluster, uid }: ReleaseRecord): Promise<ReleaseRecord | undefined> =>
    (await store.releases.find({ cluster }, { newestFirst: true, after: uid, limit: 1 }))[0];
  return {
    async releaseDifference(principal, release, other) {
      const to = seenOfCluster(fleet, principal, release);
      if (to === undefined) throw notThere(release.uid);
      const from = other === null ? await before(to) : seenOfCluster(fleet, principal, await store.releases.get(other));
      if (from === undefined && other === null) return null;
      if (from === undefined) throw notThere(other!);
      if (from.cluster !== to.cluster)
        throw new RequestError('INVALID', 'other: the release is of another service cluster; name one of the same', {
          field: 'other',
        });
      const sourceOf = async ({ source }: ReleaseRecord) =>
        source === null ? null : ((await store.sources.get(source)) ?? null);
      const [old, next] = await Promise.all([sourceOf(from), sourceOf(to)]);
      const isSame = isDeepStrictEqual(old?.origin ?? null, next?.origin ?? null);
      return { ...releaseDifference(from, to), from, to, source: isSame ? null : { before: old, after: next } };
    },
  };
}

function notThere(uid: string): RequestError {
  return new RequestError('NOT_FOUND', `there is no release ${uid}`, { field: 'other' });
}
