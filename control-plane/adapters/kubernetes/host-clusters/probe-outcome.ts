/** What a probe's pod says by its state. Pure. */
import type { V1Pod } from '@kubernetes/client-node';
import type { ProbeFailure } from '../../../app/ports/host-clusters.ts';

/** Reasons for which a container does not start (kubelet's, pkg/kubelet/images and container) and which waiting does not mend soon. */
const IMAGE = /^(ImagePullBackOff|ErrImageNeverPull|InvalidImageName|RegistryUnavailable|SignatureValidationFailed)$/;
const CONTAINER = /^(CreateContainerConfigError|CreateContainerError|RunContainerError|CrashLoopBackOff)$/;
const MOST = 1000;

export type ProbeOutcome =
  | { readonly kind: 'running'; /** What keeps it, so far. */ readonly waitsFor: ProbeFailure | null }
  | { readonly kind: 'ended'; readonly failures: readonly ProbeFailure[] };

export function probeOutcome(pod: Pick<V1Pod, 'status' | 'spec'>): ProbeOutcome {
  const { status } = pod;
  const state = status?.containerStatuses?.[0]?.state;
  if (state?.terminated !== undefined) return { kind: 'ended', failures: lastWords(state.terminated) };
  if (status?.phase === 'Failed')
    return ended('PROBE_FAILED', `the pod failed: ${status.reason ?? 'no reason'}: ${status.message ?? ''}`);
  if (state?.waiting !== undefined) return waitingContainer(pod, state.waiting);
  if (state?.running !== undefined) return waiting('PROBE_TIMEOUT', 'the pod runs and does not end');
  return waitingNode(pod);
}

/** The container's own word, where the kubelet has said one. */
function waitingContainer(
  pod: Pick<V1Pod, 'status' | 'spec'>,
  { reason = '', message = '' }: { readonly reason?: string; readonly message?: string },
): ProbeOutcome {
  const unpulled = `the image ${pod.spec?.containers[0]?.image ?? ''} cannot be pulled (${reason}): ${message}`;
  if (IMAGE.test(reason)) return ended('PROBE_IMAGE', unpulled);
  if (CONTAINER.test(reason)) return ended('PROBE_REFUSED', `the pod cannot be started (${reason}): ${message}`);
  return reason === 'ErrImagePull' ? waiting('PROBE_IMAGE', unpulled) : waitingNode(pod);
}

function waitingNode({ status, spec }: Pick<V1Pod, 'status' | 'spec'>): ProbeOutcome {
  const scheduled = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (scheduled === undefined) return waiting('PROBE_UNSCHEDULABLE', 'no scheduler has looked at the pod');
  if (scheduled.status === 'False') {
    const { reason = '', message = '' } = scheduled;
    return waiting('PROBE_UNSCHEDULABLE', `no node takes the pod (${reason}): ${message}`);
  }
  const { nodeName = '', containers = [] } = spec ?? {};
  return waiting(
    'PROBE_TIMEOUT',
    `the pod does not start: its node ${nodeName} pulls the image ${containers[0]?.image ?? ''}, or does not answer`,
  );
}

interface Terminated {
  readonly exitCode: number;
  readonly reason?: string;
  readonly message?: string;
}

function lastWords({ exitCode, reason = '', message = '' }: Terminated): readonly ProbeFailure[] {
  const said = parsed(message);
  if (said !== undefined && (said.length > 0 || exitCode === 0)) return said;
  const words = message.trim() === '' ? 'it said nothing' : message.trim();
  return [
    failure(
      'PROBE_FAILED',
      `the pod ended with the exit code ${exitCode} (${reason}): ${words}; does its image have Node.js?`,
    ),
  ];
}

function parsed(message: string): ProbeFailure[] | undefined {
  try {
    const { failures } = JSON.parse(message.trim().split('\n').at(-1) ?? '') as { failures: unknown[] };
    return failures.map((one) => {
      const { code, message: text } = one as ProbeFailure;
      return failure(String(code), String(text));
    });
  } catch {
    // Whatever else stands there is no answer of the program.
    return undefined;
  }
}

function ended(code: string, message: string): ProbeOutcome {
  return { kind: 'ended', failures: [failure(code, message)] };
}

function waiting(code: string, message: string): ProbeOutcome {
  return { kind: 'running', waitsFor: failure(code, message) };
}

function failure(code: string, message: string): ProbeFailure {
  return { code, message: message.trim().slice(0, MOST) };
}
