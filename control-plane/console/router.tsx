/** Every page's address. Each page is loaded when it is first gone to. */
import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Link,
  type ErrorComponentProps,
} from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { RefusedNote, Waiting } from './components/notes.tsx';
import { visible } from './components/visible.ts';
import { Refused } from './live/refused.ts';
import { Shell } from './shell/shell.tsx';
import { pageSearch } from './shell/tenant.ts';
import { overviewSearch } from './views/overview/search.ts';
import { auditSearch } from './views/audit/search.ts';
import { deploySearch } from './views/deploy/search.ts';
import { policySearch } from './views/policy/search.ts';
import { releasesSearch } from './views/releases/search.ts';
import { logSearch } from './views/logs/address.ts';

function NotFound(): ReactNode {
  return (
    <div className="page">
      <h1>There is no such page</h1>
      <p>
        What you look for may have been deleted or renamed. <Link to="/">Go to the overview</Link>
      </p>
    </div>
  );
}

/** A page that could not be loaded (the control plane was upgraded meanwhile), or has a mistake: the others go on. */
function Failed({ error, reset }: ErrorComponentProps): ReactNode {
  const refused = Refused.of(error);
  const isOld = /dynamically imported module|module script/i.test(refused.message);
  return (
    <div className="page">
      <RefusedNote
        error={
          isOld
            ? new Refused('OTHER_VERSION', 'this page comes from another version of the control plane: reload it')
            : new Refused('PAGE_FAILED', `this page has failed: ${refused.message}`)
        }
        again={reset}
      />
    </div>
  );
}

const rootRoute = (onSignOut: () => void) =>
  createRootRoute({
    component: () => <Shell onSignOut={onSignOut} />,
    validateSearch: pageSearch,
    notFoundComponent: NotFound,
  });

/** Names in an address are a stranger's: those of things have no characters that would turn the text around them. */
function readable<Names extends Record<string, string>>(names: Names): Names {
  return Object.fromEntries(Object.entries(names).map(([key, name]) => [key, visible(name)])) as Names;
}

/** @param onSignOut the person wants to be signed out */
export function createConsoleRouter(onSignOut: () => void) {
  const root = rootRoute(onSignOut);
  /** @param search what the page's address says beside its path and the tenant */
  const page = <Path extends string, Search extends object = object>(
    path: Path,
    load: Parameters<typeof lazyRouteComponent>[0],
    search: (given: Record<string, unknown>) => Search = () => ({}) as Search,
  ) =>
    createRoute({
      getParentRoute: () => root,
      path,
      component: lazyRouteComponent(load),
      validateSearch: search,
      // A path that is not known yet has parameters of no type yet.
      params: { parse: readable as never },
    });
  const routeTree = root.addChildren([
    page('/', () => import('./views/overview/overview.tsx'), overviewSearch),
    page('/deploy', () => import('./views/deploy/deploy.tsx'), deploySearch),
    page('/applications/$application', () => import('./views/application/application.tsx')),
    page('/applications/$application/$alias', () => import('./views/cluster/cluster.tsx')),
    page('/applications/$application/$alias/releases', () => import('./views/releases/releases.tsx'), releasesSearch),
    page('/applications/$application/$alias/policy', () => import('./views/policy/cluster-policy.tsx')),
    page('/applications/$application/$alias/instances/$uid', () => import('./views/instance/instance.tsx')),
    page('/logs/$application', () => import('./views/logs/logs.tsx'), logSearch),
    page('/policies', () => import('./views/policy/policies.tsx')),
    page('/policies/$policy', () => import('./views/policy/policy.tsx'), policySearch),
    page('/cartridges', () => import('./views/cartridges/cartridges.tsx')),
    page('/cartridges/$name', () => import('./views/cartridges/cartridge.tsx')),
    page('/host-clusters', () => import('./views/host-clusters/host-clusters.tsx')),
    page('/host-clusters/$name', () => import('./views/host-clusters/host-cluster.tsx')),
    page('/tokens', () => import('./views/tokens/tokens.tsx')),
    page('/tenants', () => import('./views/tenants/tenants.tsx')),
    page('/audit', () => import('./views/audit/audit.tsx'), auditSearch),
  ]);
  return createRouter({
    routeTree,
    defaultPreload: 'intent',
    defaultPendingComponent: () => <Waiting what="the page" />,
    defaultErrorComponent: Failed,
    scrollRestoration: true,
  });
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createConsoleRouter>;
  }
}
