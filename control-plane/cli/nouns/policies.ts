import type { ResultOf } from '../client/document.ts';
import { ListPolicies, type PolicyKind } from '../generated/operations.ts';
import { relative } from '../output/text.ts';
import { noun } from './noun.ts';

type Policy = ResultOf<typeof ListPolicies>['policies'][number];

/** The manifest kind of a kind of policy. */
export function manifestKind(kind: PolicyKind): string {
  return kind === 'AUTOSCALING_POLICY' ? 'AutoscalingPolicy' : 'DeploymentPolicy';
}

export const policies = noun<Policy>({
  plural: 'policies',
  columns: [
    { title: 'NAME', value: ({ name }) => name },
    { title: 'KIND', value: ({ kind }) => manifestKind(kind) },
    { title: 'GENERATION', value: ({ generation }) => String(generation) },
    { title: 'CHANGED', value: ({ updatedAt }, now) => relative(updatedAt, now) },
  ],
  async list(session) {
    return (await session.client.query(ListPolicies, { tenant: session.tenant })).policies;
  },
  async find(session, name) {
    const { policies: found } = await session.client.query(ListPolicies, { tenant: session.tenant });
    return found.find((policy) => policy.name === name);
  },
});
