/** Runs a probe's pod in a namespace of the platform's own, and takes both away again. */
import { setTimeout as delay } from 'node:timers/promises';
import { ApiException, CoreV1Api, type KubeConfig } from '@kubernetes/client-node';
import type { ProbeFailure, ProbePlan } from '../../../app/ports/host-clusters.ts';
import { OURS, probeName, probePod, SYSTEM_NAMESPACE, systemNamespace } from './probe-objects.ts';
import { probeOutcome } from './probe-outcome.ts';

const POLL_MILLISECONDS = 500;
/** An image may be large, and its registry far. */
const PULL_MILLISECONDS = 150_000;
/** A node may be about to come; that it did not come by then is an answer. */
const SCHEDULE_MILLISECONDS = 30_000;
const LEFTOVER_MILLISECONDS = 30_000;

/** Rejects as the API server does. */
export async function runProbe(
  config: KubeConfig,
  plan: ProbePlan,
  signal: AbortSignal,
): Promise<readonly ProbeFailure[]> {
  const api = config.makeApiClient(CoreV1Api);
  const pod = { name: probeName(plan), namespace: SYSTEM_NAMESPACE };
  const namespace = await ensureNamespace(api, signal);
  if (namespace === 'foreign')
    return [
      {
        code: 'PROBE_REFUSED',
        message: `the namespace ${SYSTEM_NAMESPACE} is somebody else's (it has no label ${label()}); nothing in it was touched`,
      },
    ];
  try {
    await removePod(api, pod, signal);
    const refusal = await createPod(api, plan);
    return refusal === undefined ? await outcome(api, pod, signal) : [refusal];
  } finally {
    await absent(() => api.deleteNamespacedPod({ ...pod, gracePeriodSeconds: 0 }));
    if (namespace === 'made') await absent(() => api.deleteNamespace({ name: SYSTEM_NAMESPACE }));
  }
}

async function ensureNamespace(api: CoreV1Api, signal: AbortSignal): Promise<'made' | 'present' | 'foreign'> {
  for (const deadline = performance.now() + LEFTOVER_MILLISECONDS; ;) {
    const present = await absent(() => api.readNamespace({ name: SYSTEM_NAMESPACE }));
    if (present === undefined) {
      const made = await conflicting(() => api.createNamespace({ body: systemNamespace() }));
      if (made !== undefined) return 'made';
    } else if (Object.entries(OURS).some(([name, value]) => present.metadata?.labels?.[name] !== value))
      return 'foreign';
    // One that is going takes no pod, and is gone soon.
    else if (present.metadata?.deletionTimestamp === undefined || performance.now() > deadline) return 'present';
    await delay(POLL_MILLISECONDS, undefined, { signal });
  }
}

/** What a control plane left that ended in the middle of it. */
async function removePod(api: CoreV1Api, pod: { name: string; namespace: string }, signal: AbortSignal): Promise<void> {
  while ((await absent(() => api.deleteNamespacedPod({ ...pod, gracePeriodSeconds: 0 }))) !== undefined)
    await delay(POLL_MILLISECONDS, undefined, { signal });
}

/** What keeps a pod from being made is most often an admission's or a quota's word. */
async function createPod(api: CoreV1Api, plan: ProbePlan): Promise<ProbeFailure | undefined> {
  const body = probePod(plan, Math.ceil((PULL_MILLISECONDS + 30_000) / 1000));
  try {
    await api.createNamespacedPod({ namespace: SYSTEM_NAMESPACE, body });
    return undefined;
  } catch (error) {
    if (!(error instanceof ApiException) || ![400, 403, 422].includes(error.code)) throw error;
    const { message } = JSON.parse(String(error.body)) as { message: string };
    return { code: 'PROBE_REFUSED', message: `the cluster refuses the pod (${error.code}): ${message.slice(0, 1000)}` };
  }
}

async function outcome(
  api: CoreV1Api,
  pod: { name: string; namespace: string },
  signal: AbortSignal,
): Promise<readonly ProbeFailure[]> {
  const began = performance.now();
  for (;;) {
    const found = await absent(() => api.readNamespacedPod(pod));
    if (found === undefined) return [{ code: 'PROBE_FAILED', message: 'somebody has deleted the pod of the probe' }];
    const now = probeOutcome(found);
    if (now.kind === 'ended') return now.failures;
    const limit = now.waitsFor?.code === 'PROBE_UNSCHEDULABLE' ? SCHEDULE_MILLISECONDS : PULL_MILLISECONDS;
    if (now.waitsFor !== null && performance.now() - began > limit) return [now.waitsFor];
    await delay(POLL_MILLISECONDS, undefined, { signal });
  }
}

const absent = <T>(ask: () => Promise<T>): Promise<T | undefined> => unless(404, ask);
const conflicting = <T>(ask: () => Promise<T>): Promise<T | undefined> => unless(409, ask);

async function unless<T>(code: number, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof ApiException && error.code === code) return undefined;
    throw error;
  }
}

function label(): string {
  return Object.entries(OURS)
    .map(([name, value]) => `${name}=${value}`)
    .join(',');
}
