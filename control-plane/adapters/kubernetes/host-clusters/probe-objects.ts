/** The objects of a probe. Pure. */
import type { V1Namespace, V1Pod } from '@kubernetes/client-node';
import type { ProbePlan } from '../../../app/ports/host-clusters.ts';
import { probeProgram, TARGETS_VARIABLE, type ProbeTarget } from './probe-program.ts';

/** The platform's own namespace in a host cluster. */
export const SYSTEM_NAMESPACE = 'cartwright-system';
/** On all that is the platform's (https://kubernetes.io/docs/concepts/overview/working-with-objects/common-labels/). */
export const OURS = { 'app.kubernetes.io/managed-by': 'cartwright' };
const PROBE = { ...OURS, 'app.kubernetes.io/name': 'cartwright-probe', 'app.kubernetes.io/component': 'probe' };
/** Somebody who is nobody on most images, and not root. */
const USER = 65_532;

export function probeName({ uid }: Pick<ProbePlan, 'uid'>): string {
  return `cartwright-probe-${uid.slice(-12)}`;
}

export function systemNamespace(): V1Namespace {
  return {
    metadata: {
      name: SYSTEM_NAMESPACE,
      labels: { ...OURS, 'pod-security.kubernetes.io/enforce': 'restricted' },
    },
  };
}

/** @param deadlineSeconds after which Kubernetes itself ends it, whoever has started it */
export function probePod(plan: ProbePlan, deadlineSeconds: number): V1Pod {
  const targets: readonly ProbeTarget[] = [
    { what: 'the broker', url: plan.brokerUrl },
    { what: 'the control plane', url: plan.controlPlaneUrl },
  ];
  return {
    metadata: { name: probeName(plan), namespace: SYSTEM_NAMESPACE, labels: PROBE },
    spec: {
      restartPolicy: 'Never',
      activeDeadlineSeconds: deadlineSeconds,
      terminationGracePeriodSeconds: 1,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: {
        runAsNonRoot: true,
        runAsUser: USER,
        runAsGroup: USER,
        seccompProfile: { type: 'RuntimeDefault' },
      },
      containers: [
        {
          name: 'probe',
          image: plan.image,
          command: ['node', '-e', probeProgram()],
          env: [{ name: TARGETS_VARIABLE, value: JSON.stringify({ targets, ca: plan.ca }) }],
          terminationMessagePolicy: 'FallbackToLogsOnError',
          resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ['ALL'] },
          },
        },
      ],
    },
  };
}
