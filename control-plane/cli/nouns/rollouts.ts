import { ListRollouts, type RolloutFieldsFragment } from '../generated/operations.ts';
import { NOTHING, brief, relative, word } from '../output/text.ts';
import { newest } from '../pages.ts';
import { noun, type Noun } from './noun.ts';
import { perCluster, placeColumn, type Place } from './per-cluster.ts';

type PlacedRollout = RolloutFieldsFragment & Place;

const list: Noun<PlacedRollout>['list'] = (session, scope) =>
  perCluster(session, scope, (ref) =>
    newest(scope.limit, async (last, before) => {
      const { serviceCluster } = await session.client.query(ListRollouts, { ref, last, before });
      return serviceCluster?.rollouts;
    }),
  );

export const rollouts = noun<PlacedRollout>({
  plural: 'roll-outs',
  reference: ({ uid }) => `rollout/${uid}`,
  grows: true,
  columns: [
    placeColumn,
    { title: 'ROLL-OUT', value: ({ uid }) => uid },
    { title: 'STATE', value: ({ state }) => word(state) },
    { title: 'FROM', value: ({ fromRelease }) => String(fromRelease?.number ?? NOTHING) },
    { title: 'TO', value: ({ toRelease }) => String(toRelease?.number ?? NOTHING) },
    { title: 'INSTANCES', value: ({ instanceUids }) => String(instanceUids.length) },
    { title: 'BEGAN', value: ({ createdAt }, now) => relative(createdAt, now) },
    { title: 'ENDED', value: ({ finishedAt }, now) => relative(finishedAt, now) },
    { title: 'REASON', value: ({ reason }) => (reason === null ? '' : brief(`${reason.code}: ${reason.message}`)) },
    { title: 'MOVES', value: ({ instanceUids }) => instanceUids.join(',') || NOTHING, isWide: true },
  ],
  list,
  async find(session, uid, scope) {
    return (await list(session, { ...scope, limit: Number.MAX_SAFE_INTEGER })).find((rollout) => rollout.uid === uid);
  },
});
