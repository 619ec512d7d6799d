/** The kinds of policies, and what they are called. */
import type { PolicyKind } from '../../generated/operations.ts';

export interface KindOfPolicy {
  readonly kind: PolicyKind;
  /** As manifests write it. */
  readonly manifestKind: 'AutoscalingPolicy' | 'DeploymentPolicy';
  readonly title: string;
  /** Where a component names it. */
  readonly part: 'autoscaling' | 'deployment';
}

export const KINDS: Readonly<Record<PolicyKind, KindOfPolicy>> = {
  AUTOSCALING_POLICY: {
    kind: 'AUTOSCALING_POLICY',
    manifestKind: 'AutoscalingPolicy',
    title: 'Autoscaling policy',
    part: 'autoscaling',
  },
  DEPLOYMENT_POLICY: {
    kind: 'DEPLOYMENT_POLICY',
    manifestKind: 'DeploymentPolicy',
    title: 'Deployment policy',
    part: 'deployment',
  },
};
