import { GetBuild, ListBuilds, type BuildFieldsFragment } from '../generated/operations.ts';
import { NOTHING, brief, relative, word } from '../output/text.ts';
import { newest } from '../pages.ts';
import { noun } from './noun.ts';
import { perCluster, placeColumn, withoutPlace, type Place } from './per-cluster.ts';
import { sourceText } from './releases.ts';

export const builds = noun<BuildFieldsFragment & Place>({
  plural: 'builds',
  reference: ({ uid }) => `build/${uid}`,
  grows: true,
  columns: [
    placeColumn,
    { title: 'BUILD', value: ({ uid }) => uid },
    { title: 'STATE', value: ({ state }) => word(state) },
    { title: 'SOURCE', value: ({ source }) => sourceText(source) },
    { title: 'ASKED FOR', value: ({ createdAt }, now) => relative(createdAt, now) },
    { title: 'ENDED', value: ({ finishedAt }, now) => relative(finishedAt, now) },
    { title: 'ERROR', value: ({ error }) => (error === null ? '' : brief(`${error.code}: ${error.message}`)) },
    { title: 'STARTED', value: ({ startedAt }, now) => relative(startedAt, now), isWide: true },
    { title: 'ARTIFACT', value: ({ artifact }) => artifact ?? NOTHING, isWide: true },
  ],
  list: (session, scope) =>
    perCluster(session, scope, (ref) =>
      newest(scope.limit, async (last, before) => {
        const { serviceCluster } = await session.client.query(ListBuilds, { ref, last, before });
        return serviceCluster?.builds;
      }),
    ),
  async find(session, uid) {
    return withoutPlace((await session.client.query(GetBuild, { uid })).build);
  },
});
