import type { Session } from '../client/session.ts';
import type { ResultOf } from '../client/document.ts';
import { ListRoutes } from '../generated/operations.ts';
import { NOTHING } from '../output/text.ts';
import { all } from '../pages.ts';
import { noApplication, parseTarget } from '../targets.ts';
import { keyed, type Scope } from './noun.ts';
import { componentsOf } from './per-application.ts';

type Application = ResultOf<typeof ListRoutes>['applications']['edges'][number]['node'];

/** What the load balancer of an application sends to one of its service clusters. */
export type Route = Application['clusters'][number]['routes'][number] & {
  readonly applicationName: string;
  readonly alias: string;
  readonly tenant: string;
  /** Where the load balancer is reached; null while it has no address. */
  readonly url: string | null;
};

async function list(session: Session, scope: Scope): Promise<readonly Route[]> {
  const { tenant, client } = session;
  const target = scope.application === undefined ? undefined : parseTarget(scope.application);
  const applications = await all(async (after) => (await client.query(ListRoutes, { tenant, after })).applications);
  const meant = applications.filter(({ name }) => target === undefined || name === target.application);
  if (target !== undefined && meant.length === 0) throw noApplication(target.application);
  return meant.flatMap(({ name, url, clusters }) =>
    componentsOf(name, clusters, target?.alias).flatMap(({ alias, tenant: owner, routes }) =>
      routes.map((route) => ({ applicationName: name, alias, tenant: owner, url, ...route })),
    ),
  );
}

/** `HOST/PATH`, with `*` for every host. */
function place({ host, path }: Pick<Route, 'host' | 'path'>): string {
  return `${host ?? '*'}${path}`;
}

export const routes = keyed<Route>({
  plural: 'routes',
  reference: (route) => `route/${place(route)}`,
  key: ({ tenant, applicationName, host, path }) => JSON.stringify([tenant, applicationName, host, path]),
  columns: [
    { title: 'ROUTE', value: place },
    { title: 'SERVICE CLUSTER', value: ({ applicationName, alias }) => `${applicationName}/${alias}` },
    { title: 'HTTPS', value: ({ requiresHttps }) => (requiresHttps ? 'required' : 'optional') },
    { title: 'AFFINITY', value: ({ hasAffinity }) => (hasAffinity ? 'cookie' : NOTHING) },
    { title: 'URL', value: ({ url }) => url ?? NOTHING },
    { title: 'HSTS S', value: ({ hstsSeconds }) => String(hstsSeconds ?? NOTHING), isWide: true },
    { title: 'TENANT', value: ({ tenant }) => tenant, isWide: true },
  ],
  list,
  find: async (session, name, scope) => (await list(session, scope)).find((route) => place(route) === name),
});
