import type { ResultOf } from '../client/document.ts';
import { ListTenants } from '../generated/operations.ts';
import type { Reference } from '../output/printer.ts';
import { relative, size } from '../output/text.ts';
import { noun } from './noun.ts';

type Tenant = ResultOf<typeof ListTenants>['tenants'][number];

export const tenantReference: Reference<Tenant> = ({ name }) => `tenant/${name}`;

export const tenants = noun<Tenant>({
  plural: 'tenants',
  reference: tenantReference,
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'INSTANCES', value: ({ quota }) => `${quota.instances.used} of ${quota.instances.allowed}` },
    { title: 'APPLICATIONS', value: ({ quota }) => `${quota.applications.used} of ${quota.applications.allowed}` },
    { title: 'MEMORY', value: ({ quota }) => `${size(quota.memoryBytes.used)} of ${size(quota.memoryBytes.allowed)}` },
    { title: 'BUILDS', value: ({ quota }) => `${quota.buildsAtOnce.used} of ${quota.buildsAtOnce.allowed}` },
    { title: 'LOGS', value: ({ quota }) => `${size(quota.logBytes.used)} of ${size(quota.logBytes.allowed)}` },
    { title: 'STATE', value: ({ deletingSince }) => (deletingSince === null ? 'active' : 'being deleted') },
    { title: 'CREATED', value: ({ createdAt }, now) => relative(createdAt, now) },
    { title: 'UID', value: ({ uid }) => uid },
  ],
  async list(session) {
    return (await session.client.query(ListTenants, {})).tenants;
  },
  async find(session, name) {
    const { tenants: found } = await session.client.query(ListTenants, {});
    return found.find((tenant) => tenant.name === name);
  },
});
