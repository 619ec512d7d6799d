import type { Session } from '../client/session.ts';
import type { ResultOf } from '../client/document.ts';
import { GetApplication, ListApplications } from '../generated/operations.ts';
import { NOTHING, relative } from '../output/text.ts';
import { all } from '../pages.ts';
import { noun } from './noun.ts';

type Application = ResultOf<typeof ListApplications>['applications']['edges'][number]['node'];

/** The applications of the session's tenant, oldest first. */
export function listApplications(session: Session): Promise<Application[]> {
  return all(
    async (after) => (await session.client.query(ListApplications, { tenant: session.tenant, after })).applications,
  );
}

export const applications = noun<Application>({
  plural: 'applications',
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    {
      title: 'COMPONENTS',
      value: ({ clusters }) => clusters.map((cluster) => `${cluster.alias} (${cluster.cartridge})`).join(', '),
    },
    {
      title: 'ACTIVE',
      value: ({ clusters }) => clusters.map((cluster) => `${cluster.live.active}/${cluster.wanted}`).join(', '),
    },
    { title: 'URL', value: ({ url }) => url ?? NOTHING },
    {
      title: 'CREATED',
      value: ({ createdAt, deletingSince, blocked }, now) => {
        if (deletingSince !== null) return 'being deleted';
        return `${relative(createdAt, now)}${blocked === null ? '' : `; blocked: ${blocked.code}`}`;
      },
    },
  ],
  list: listApplications,
  async find(session, name) {
    const { application } = await session.client.query(GetApplication, { tenant: session.tenant, name });
    return application ?? undefined;
  },
});
