import { LEAST_GAP_MILLISECONDS } from '../client/changes.ts';
import { eachLive } from '../client/each-live.ts';
import type { Session } from '../client/session.ts';
import { GetInstance, ListInstances, WatchInstances, type InstanceFieldsFragment } from '../generated/operations.ts';
import { NOTHING, brief, figure, percent, relative, size, word } from '../output/text.ts';
import type { Column } from '../output/printer.ts';
import { all } from '../pages.ts';
import { scopeRefs } from './clusters.ts';
import { noun, type Scope } from './noun.ts';
import { perCluster } from './per-cluster.ts';

export const instanceColumns: readonly Column<InstanceFieldsFragment>[] = [
  { title: 'INSTANCE', value: ({ uid }) => uid },
  { title: 'SERVICE CLUSTER', value: ({ applicationName, alias }) => `${applicationName}/${alias}` },
  { title: 'STATE', value: ({ state, unreachable }) => `${word(state)}${unreachable ? ', unreachable' : ''}` },
  { title: 'RELEASE', value: ({ release }) => (release === null ? NOTHING : String(release.number)) },
  { title: 'ADDRESS', value: ({ host, port }) => (host === null || port === null ? NOTHING : `${host}:${port}`) },
  { title: 'LOAD', value: ({ live }) => percent(live.loadAverage) },
  { title: 'MEMORY', value: ({ live }) => percent(live.memory) },
  { title: 'IN FLIGHT', value: ({ live }) => figure(live.requestsInFlight) },
  { title: 'CREATED', value: ({ createdAt }, now) => relative(createdAt, now) },
  { title: 'REASON', value: ({ reason }) => (reason === null ? '' : brief(`${reason.code}: ${reason.message}`)) },
  { title: 'ACTIVE', value: ({ activeAt }, now) => relative(activeAt, now), isWide: true },
  { title: 'TERMINATED', value: ({ terminatedAt }, now) => relative(terminatedAt, now), isWide: true },
  { title: 'BYTES', value: ({ live }) => size(live.memoryBytes), isWide: true },
  {
    title: 'LAST SAMPLE',
    value: ({ live: { sampleAgeSeconds } }) =>
      sampleAgeSeconds === null ? NOTHING : `${figure(sampleAgeSeconds)} s ago`,
    isWide: true,
  },
  { title: 'TENANT', value: ({ tenant }) => tenant, isWide: true },
];

export const instances = noun<InstanceFieldsFragment>({
  plural: 'instances',
  reference: ({ uid }) => `instance/${uid}`,
  columns: instanceColumns,
  async list(session, scope) {
    const { includeTerminated } = scope;
    return perCluster(session, scope, (ref) =>
      all(async (after) => {
        const { serviceCluster } = await session.client.query(ListInstances, { ref, includeTerminated, after });
        return serviceCluster?.instances;
      }),
    );
  },
  async find(session, uid) {
    return (await session.client.query(GetInstance, { uid })).instance ?? undefined;
  },
  // A service cluster does not tell of those that have ended.
  live: (session, scope) => (scope.includeTerminated ? undefined : liveInstances(session, scope)),
});

async function* liveInstances(session: Session, scope: Scope): AsyncGenerator<InstanceFieldsFragment[]> {
  const states = eachLive(session, WatchInstances, () => scopeRefs(session, scope), {
    pauseMilliseconds: LEAST_GAP_MILLISECONDS,
    signal: session.io.interrupted,
  });
  for await (const known of states)
    yield known.flatMap(({ serviceCluster }) => serviceCluster.instances.map(({ instance }) => instance));
}
