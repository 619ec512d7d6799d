import { GetTask, ListTasks, type TaskFieldsFragment } from '../generated/operations.ts';
import { brief, relative, word } from '../output/text.ts';
import { newest } from '../pages.ts';
import { noun } from './noun.ts';
import { perCluster } from './per-cluster.ts';

export const tasks = noun<TaskFieldsFragment>({
  plural: 'tasks',
  reference: ({ uid }) => `task/${uid}`,
  grows: true,
  columns: [
    { title: 'SERVICE CLUSTER', value: ({ applicationName, alias }) => `${applicationName}/${alias}` },
    { title: 'TASK', value: ({ uid }) => uid },
    { title: 'STATE', value: ({ state }) => word(state) },
    { title: 'EXIT', value: ({ exitCode }) => (exitCode === null ? '' : String(exitCode)) },
    { title: 'RELEASE', value: ({ release }) => (release === null ? '' : String(release.number)) },
    { title: 'ASKED FOR', value: ({ createdAt }, now) => relative(createdAt, now) },
    { title: 'BY', value: ({ createdBy }) => createdBy },
    {
      title: 'COMMAND',
      value: ({ kind, command }) => brief(kind === 'RELEASE' ? 'hook release' : command.join(' ')),
    },
    { title: 'REASON', value: ({ reason }) => (reason === null ? '' : brief(`${reason.code}: ${reason.message}`)) },
  ],
  list: (session, scope) =>
    perCluster(session, scope, (ref) =>
      newest(scope.limit, async (last, before) => {
        const { serviceCluster } = await session.client.query(ListTasks, { ref, last, before });
        return serviceCluster?.tasks;
      }),
    ),
  async find(session, uid) {
    return (await session.client.query(GetTask, { uid })).task ?? undefined;
  },
});
