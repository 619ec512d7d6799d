/**
 * When may an instance that was taken out of the load balancers be touched? When every balancer of its application has applied
 * a topology in which it is draining, and has reported since then that nothing of it is in flight; or when the deadline passed.
 */
import type { InstanceState } from '../fleet/instance-state.ts';

export interface DrainQuestion {
  readonly now: number;
  readonly instance: string;
  readonly alias: string;
  readonly drainingSince: number;
  readonly drainSeconds: number;
  /** Whether a topology that calls it draining has been published at all. */
  readonly isPublished: boolean;
  /** The service cluster's uid, epoch and the generation of the topology that says `draining`. */
  readonly topology: { readonly uid: string; readonly epoch: number; readonly generation: number };
  /** Instances of the application's load balancers that are not known to be gone. */
  readonly balancers: readonly InstanceState[];
}

export type DrainState =
  | { readonly kind: 'drained' }
  | { readonly kind: 'waiting'; readonly detail: string }
  | { readonly kind: 'deadline'; readonly detail: string };

export function drainState(question: DrainQuestion): DrainState {
  const waiting = question.isPublished
    ? question.balancers.flatMap((balancer) => waitsFor(question, balancer) ?? [])
    : ['its draining is not published yet'];
  if (waiting.length === 0) return { kind: 'drained' };
  const detail = waiting.join('; ');
  const expired = question.now - question.drainingSince >= question.drainSeconds * 1000;
  return expired ? { kind: 'deadline', detail } : { kind: 'waiting', detail };
}

function waitsFor(question: DrainQuestion, balancer: InstanceState): string | undefined {
  const { topology } = question;
  const applied = balancer.applied.get(question.alias);
  const hasApplied =
    applied !== undefined &&
    applied.uid === topology.uid &&
    (applied.epoch > topology.epoch || (applied.epoch === topology.epoch && applied.generation >= topology.generation));
  if (!hasApplied) return `load balancer ${balancer.record.uid} has not applied the topology`;
  if (balancer.demandAt <= applied.at)
    return `load balancer ${balancer.record.uid} has not reported since it applied the topology`;
  const inFlight = balancer.inFlightByInstance.get(question.instance) ?? 0;
  return inFlight > 0 ? `${inFlight} in flight at load balancer ${balancer.record.uid}` : undefined;
}
