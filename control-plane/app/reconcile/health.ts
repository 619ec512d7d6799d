/** Alive, silent, gone: what the evidence says of each instance. Pure. */
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { isProviderProblem, type ObservedInstance } from '../ports/provider.ts';

/** An active instance that was not heard of for this long is unreachable (agents send at least every five seconds). */
export const SILENT_AFTER_MILLISECONDS = 12_000;
/** An unreachable instance becomes faulty after this long, unless the platform itself is at fault. */
const GRACE_MILLISECONDS = 60_000;
/** Falling silent together within this time … */
export const TOGETHER_MILLISECONDS = 10_000;
/** … at least this many, and more than a third, is the platform's fault. */
const TOGETHER_LEAST = 3;
/** A fault that the agent reports is given this long to heal before the instance is replaced. */
const HEAL_MILLISECONDS = 30_000;
/** What an agent calls it when somebody else answers at its application's port. */
const PORT_TAKEN = 'port-taken';
/** Of an instance that is gone, when nobody says more. */
const GONE = 'process-gone';

export type Verdict =
  | { readonly kind: 'fine' }
  | { readonly kind: 'gone'; readonly code: string; readonly detail: string }
  | { readonly kind: 'silent'; readonly sinceMilliseconds: number }
  /** It was called unreachable and is heard of again, on a connection that never broke. */
  | { readonly kind: 'heard' }
  | { readonly kind: 'replace'; readonly code: string; readonly detail: string };

export function judge(cluster: ClusterState, instance: InstanceState, now: number, platformAtFault: boolean): Verdict {
  const { record, observed } = instance;
  // A pass sees no instance that is being made: the provider refused this one, and could not clear it away at once.
  if (observed === null) return { kind: 'gone', code: GONE, detail: 'the provider does not have it' };
  if (observed.state === 'gone') return judgeGone(instance, observed);
  const silentFor = now - instance.silentSince;
  if (record.state === 'created') return judgeCreated(observed, silentFor, platformAtFault);
  if (record.state === 'faulty') return judgeFaulty(cluster, instance, now);
  if (silentFor < SILENT_AFTER_MILLISECONDS) {
    if (!record.unreachable) return { kind: 'fine' };
    if (instance.connected && now - instance.lastHeardAt < SILENT_AFTER_MILLISECONDS) return { kind: 'heard' };
  }
  // The provider's evidence is as good as a time that has passed; a node that is lost is no riddle, however many it takes along.
  if (isLost(observed)) return { kind: 'replace', ...told(observed.problem) };
  if (silentFor > GRACE_MILLISECONDS && !platformAtFault) {
    return {
      kind: 'replace',
      code: observed.problem?.code ?? 'silent',
      detail: `nothing was heard of its agent for ${Math.round(silentFor / 1000)} s${because(observed)}`,
    };
  }
  return { kind: 'silent', sinceMilliseconds: silentFor };
}

/** Silent, and its provider has lost sight of it, too. */
export function isLost(
  observed: ObservedInstance,
): observed is ObservedInstance & Required<Pick<ObservedInstance, 'problem'>> {
  return observed.problem?.code === 'node-lost';
}

/** What was said of it while it was still there says more than that it is not. */
function judgeGone({ record: { reason } }: InstanceState, { problem, detail }: ObservedInstance): Verdict {
  if (problem !== undefined) return { kind: 'gone', ...told(problem) };
  const message = detail ?? 'its processes have ended';
  if (reason !== null && isProviderProblem(reason.code))
    return { kind: 'gone', code: reason.code, detail: `${message}: ${reason.message}` };
  return { kind: 'gone', code: GONE, detail: message };
}

function told({ code, message }: { readonly code: string; readonly message: string }) {
  return { code, detail: message };
}

/** Its agent runs and has never said a word. One that is still being started (an image is pulled) is given time. */
function judgeCreated(observed: ObservedInstance, silentFor: number, platformAtFault: boolean): Verdict {
  if (observed.state !== 'running' || silentFor <= GRACE_MILLISECONDS || platformAtFault) return { kind: 'fine' };
  const detail = `its agent runs, and nothing was heard of it for ${Math.round(silentFor / 1000)} s after its start${because(observed)}`;
  return { kind: 'replace', code: observed.problem?.code ?? 'never-heard', detail };
}

function because({ problem }: ObservedInstance): string {
  return problem === undefined ? '' : `: ${problem.message}`;
}

/** Replacing helps only where others run the same release well; otherwise the agent's own, backed-off restarts go on. */
function judgeFaulty(cluster: ClusterState, instance: InstanceState, now: number): Verdict {
  const { reason } = instance.record;
  // Its next start meets the same stranger; another instance gets another port. A load balancer's is its own.
  if (reason?.code === PORT_TAKEN && !cluster.isLoadBalancer)
    return { kind: 'replace', code: reason.code, detail: reason.message };
  const release = instance.runningRelease;
  const othersAreWell = cluster
    .live()
    .some((other) => other !== instance && other.record.state === 'active' && other.runningRelease === release);
  if (!othersAreWell || now - instance.stateSince < HEAL_MILLISECONDS) return { kind: 'fine' };
  return { kind: 'replace', code: reason?.code ?? 'faulty', detail: reason?.message ?? 'its agent reports it faulty' };
}

/** Whether so many fell silent at once that the fault is the platform's own. `silentSince` are the times of those silent now. */
export function isPlatformAtFault(silentSince: readonly number[], total: number): boolean {
  const sorted = [...silentSince].sort((a, b) => a - b);
  const needed = Math.max(TOGETHER_LEAST, Math.floor(total / 3) + 1);
  for (let index = 0; index + needed <= sorted.length; index += 1) {
    if (sorted[index + needed - 1]! - sorted[index]! <= TOGETHER_MILLISECONDS) return true;
  }
  return false;
}
