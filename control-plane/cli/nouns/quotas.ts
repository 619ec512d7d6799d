import type { Session } from '../client/session.ts';
import type { ResultOf } from '../client/document.ts';
import { ListTenants } from '../generated/operations.ts';
import { figure, size } from '../output/text.ts';
import { keyed } from './noun.ts';

type Tenant = ResultOf<typeof ListTenants>['tenants'][number];
type Allowance = Tenant['quota']['instances'];

/** What a tenant may have, and what of it is used. */
export type Quota = Tenant['quota'] & { readonly tenant: string };

async function list({ client }: Session): Promise<readonly Quota[]> {
  const { tenants } = await client.query(ListTenants, {});
  return tenants.map(({ name, quota }) => ({ tenant: name, ...quota }));
}

export const quotas = keyed<Quota>({
  plural: 'quotas',
  reference: ({ tenant }) => `quota/${tenant}`,
  key: ({ tenant }) => tenant,
  columns: [
    { title: 'TENANT', value: ({ tenant }) => tenant },
    { title: 'INSTANCES', value: ({ instances }) => text(instances, figure) },
    { title: 'APPLICATIONS', value: ({ applications }) => text(applications, figure) },
    { title: 'MEMORY', value: ({ memoryBytes }) => text(memoryBytes, size) },
    { title: 'BUILDS', value: ({ buildsAtOnce }) => text(buildsAtOnce, figure) },
    { title: 'LOGS', value: ({ logBytes }) => text(logBytes, size) },
  ],
  list,
  find: async (session, name) => (await list(session)).find(({ tenant }) => tenant === name),
});

function text({ used, allowed }: Allowance, write: (value: number) => string): string {
  return `${write(used)} of ${write(allowed)}`;
}
