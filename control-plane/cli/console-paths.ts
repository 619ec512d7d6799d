/** Where the console shows what: its paths, as links lead to them. */

const path = (...parts: string[]): string => `/${parts.map(encodeURIComponent).join('/')}`;

export const consolePath = {
  overview: () => '/',
  application: (name: string) => path('applications', name),
  serviceCluster: (application: string, alias: string) => path('applications', application, alias),
  instance: (application: string, alias: string, uid: string) =>
    path('applications', application, alias, 'instances', uid),
  logs: (application: string) => path('logs', application),
};

/** Pages of lists, by the word that the command line has for them. */
export const CONSOLE_PAGES: Readonly<Record<string, string>> = {
  'host-clusters': '/host-clusters',
  cartridges: '/cartridges',
  policies: '/policies',
  tenants: '/tenants',
  tokens: '/tokens',
  audit: '/audit',
};

/** @param tenant whose things are shown; absent: the token's own, or all */
export function ofTenant(consolePath: string, tenant: string | undefined): string {
  return tenant === undefined ? consolePath : `${consolePath}?${new URLSearchParams({ tenant }).toString()}`;
}
