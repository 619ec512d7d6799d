import type { Session } from '../client/session.ts';
import type { ResultOf } from '../client/document.ts';
import { GetApplication, ListApplications } from '../generated/operations.ts';
import { NOTHING, relative } from '../output/text.ts';
import { all } from '../pages.ts';
import { labelsColumn, labelsOf, type Labels } from './labels.ts';
import { noun } from './noun.ts';

type Application = ResultOf<typeof ListApplications>['applications']['edges'][number]['node'];

/** The applications of the session's tenant, oldest first. */
export function listApplications(session: Session, withManifest = false): Promise<Application[]> {
  const { tenant, client } = session;
  return all(async (after) => (await client.query(ListApplications, { tenant, after, withManifest })).applications);
}

function labelled(application: Application): Application & { readonly labels: Labels } {
  return { ...application, labels: labelsOf(application.manifest) };
}

export const applications = noun<Application & { readonly labels: Labels }>({
  plural: 'applications',
  reference: ({ name }) => `application/${name}`,
  labels: ({ labels }) => labels,
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
    { title: 'CHANGED', value: ({ updatedAt }, now) => relative(updatedAt, now), isWide: true },
    { title: 'GENERATION', value: ({ generation }) => String(generation), isWide: true },
    { title: 'TENANT', value: ({ tenant }) => tenant, isWide: true },
    labelsColumn,
    { title: 'UID', value: ({ uid }) => uid, isWide: true },
  ],
  list: async (session) => (await listApplications(session, true)).map(labelled),
  async find(session, name) {
    const { application } = await session.client.query(GetApplication, { tenant: session.tenant, name });
    return application === null ? undefined : labelled(application);
  },
});
