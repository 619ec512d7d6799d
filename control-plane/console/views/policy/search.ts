/** What the address of a policy's page says. */
import type { PolicyKind } from '../../generated/operations.ts';
import { textsIn } from '../../shell/search.ts';

export interface PolicySearch {
  /** Absent: an autoscaling policy, if there is one of this name. */
  readonly kind?: PolicyKind;
  /** What a new one begins with. */
  readonly template?: string;
}

export function policySearch(given: Record<string, unknown>): PolicySearch {
  const { kind, template } = textsIn(given, ['kind', 'template']);
  return {
    ...(kind === 'AUTOSCALING_POLICY' || kind === 'DEPLOYMENT_POLICY' ? { kind } : {}),
    ...(template === undefined ? {} : { template }),
  };
}
