import type { ResultOf } from '../client/document.ts';
import type { Session } from '../client/session.ts';
import { usage } from '../exit.ts';
import { ListPolicies, type PolicyKind } from '../generated/operations.ts';
import { relative } from '../output/text.ts';
import { labelsColumn, labelsOf, type Labels } from './labels.ts';
import { noun, type AnyNoun } from './noun.ts';

type Policy = ResultOf<typeof ListPolicies>['policies'][number] & { readonly labels: Labels };

/** The manifest kind of a kind of policy. */
export function manifestKind(kind: PolicyKind): 'AutoscalingPolicy' | 'DeploymentPolicy' {
  return kind === 'AUTOSCALING_POLICY' ? 'AutoscalingPolicy' : 'DeploymentPolicy';
}

/** The policies of the session's tenant. */
export async function listPolicies({ client, tenant }: Session): Promise<readonly Policy[]> {
  const { policies: found } = await client.query(ListPolicies, { tenant });
  return found.map((policy) => ({ ...policy, labels: labelsOf(policy.manifest) }));
}

function policiesOf(plural: string, isMeant: (kind: PolicyKind) => boolean): AnyNoun {
  const list = async (session: Session): Promise<readonly Policy[]> =>
    (await listPolicies(session)).filter(({ kind }) => isMeant(kind));
  return noun<Policy>({
    plural,
    // With its kind: a policy of the other one may have the same name.
    reference: ({ name, kind }) => `${manifestKind(kind).toLowerCase()}/${name}`,
    labels: ({ labels }) => labels,
    columns: [
      { title: 'NAME', value: ({ name }) => name },
      { title: 'KIND', value: ({ kind }) => manifestKind(kind) },
      { title: 'GENERATION', value: ({ generation }) => String(generation) },
      { title: 'CHANGED', value: ({ updatedAt }, now) => relative(updatedAt, now) },
      { title: 'TENANT', value: ({ tenant }) => tenant, isWide: true },
      labelsColumn,
      { title: 'UID', value: ({ uid }) => uid, isWide: true },
    ],
    list,
    async find(session, name) {
      const [found, other] = (await list(session)).filter((policy) => policy.name === name);
      if (other !== undefined) {
        const kinds = 'autoscalingpolicy or deploymentpolicy';
        throw usage(`two policies are called "${name}": say which with ${kinds} instead of policy`);
      }
      return found;
    },
  });
}

export const policies = policiesOf('policies', () => true);
export const autoscalingPolicies = policiesOf('autoscaling policies', (kind) => kind === 'AUTOSCALING_POLICY');
export const deploymentPolicies = policiesOf('deployment policies', (kind) => kind === 'DEPLOYMENT_POLICY');
