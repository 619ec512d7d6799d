/**
 * The next steps of a roll-out, from what is observed now. Pure and level-triggered: asked again after a crash at any point it
 * goes on from where the world is, and ends in one of the two releases, completely.
 *
 * A few instances at a time are drained, switched, and must be active for a moment before others take their place; where there is
 * only one instance, one more comes first. They follow one another, a twentieth at a time, because programs that start in the same
 * moment take the processors from those that serve. The first one that fails ends it: every instance goes back to the release before.
 */
import type { LifecycleState } from '../records/instances.ts';

/** Share of the instances that may be away at the same time: drained, starting, or active for less than the soak. */
const AWAY_SHARE = 0.25;
/** Share of the instances that may leave in the same moment, and how long after them the next ones may. */
const STEP_SHARE = 0.05;
export const STEP_MILLISECONDS = 800;
/** How long a switched instance must have been active before another follows in its place. */
export const SOAK_MILLISECONDS = 1000;

export interface RolloutInstance {
  readonly uid: string;
  readonly state: LifecycleState;
  /** Uid of the release that its application runs, or will run at its first start. */
  readonly runs: string | null;
  /** It has been told to take the candidate. */
  readonly takesCandidate: boolean;
  readonly draining: 'none' | 'waiting' | 'drained';
  /** Since when it drains; null where it does not. */
  readonly drainingSince: number | null;
  /** The agent could not bring up the candidate. */
  readonly failure: { readonly code: string; readonly message: string } | null;
  readonly switchedAt: number | null;
  readonly stateSince: number;
}

export interface RolloutView {
  readonly now: number;
  readonly state: 'running' | 'returning';
  readonly from: string | null;
  readonly to: string;
  readonly instances: readonly RolloutInstance[];
  /** How many instances the service cluster shall have, without those that the roll-out asks for itself. */
  readonly wanted: number;
  /** How long a switched instance may take to get active. */
  readonly deadlineMilliseconds: number;
  /** One more instance could not be had, or is there already. */
  readonly surge: 'possible' | 'refused' | 'done';
}

export type RolloutStep =
  | { readonly kind: 'surge' }
  | { readonly kind: 'drain'; readonly instances: readonly string[] }
  | { readonly kind: 'switch'; readonly instances: readonly string[] }
  | { readonly kind: 'switch-back'; readonly instances: readonly string[] }
  | { readonly kind: 'serve'; readonly instances: readonly string[] }
  /** Of those the service cluster needs no more: another takes the place of each. */
  | { readonly kind: 'retire'; readonly instances: readonly string[] }
  | { readonly kind: 'promote' }
  | { readonly kind: 'return'; readonly reason: { readonly code: string; readonly message: string } }
  | { readonly kind: 'returned' };

export function planRollout(view: RolloutView): RolloutStep[] {
  if (view.state === 'returning') return planReturn(view);
  return view.instances.length === 0 ? planAtZero(view) : planForward(view);
}

export function uids(instances: readonly RolloutInstance[]): string[] {
  return instances.map((instance) => instance.uid);
}

/** Runs `release`, is active, and only waits to be given requests again. */
export function isReadyOn(instance: RolloutInstance, release: string | null): boolean {
  return instance.runs === release && instance.state === 'active';
}

/** Why it counts against the candidate; null: it does not. */
export function failureOf(view: RolloutView, instance: RolloutInstance): { code: string; message: string } | null {
  if (!instance.takesCandidate || isReadyOn(instance, view.to)) return null;
  if (instance.failure !== null) return instance.failure;
  if (instance.switchedAt !== null && view.now - instance.switchedAt > view.deadlineMilliseconds) {
    return {
      code: 'not-ready-in-time',
      message: `instance ${instance.uid} was not ready ${Math.round(view.deadlineMilliseconds / 1000)} s after its switch`,
    };
  }
  return null;
}

/** One instance shows that the release works, and ends again. */
function planAtZero({ wanted, surge }: RolloutView): RolloutStep[] {
  return wanted === 0 && surge === 'possible' ? [{ kind: 'surge' }] : [];
}

/** It does not serve the candidate yet, or has for less than a moment. */
export function isUnsettled({ to, now }: RolloutView, instance: RolloutInstance): boolean {
  return !isReadyOn(instance, to) || now - instance.stateSince < SOAK_MILLISECONDS;
}

function planForward(view: RolloutView): RolloutStep[] {
  for (const instance of view.instances) {
    const reason = failureOf(view, instance);
    if (reason !== null) return [{ kind: 'return', reason }];
  }
  const taking = view.instances.filter((instance) => instance.takesCandidate);
  const steps: RolloutStep[] = [];
  const readyAgain = taking.filter((instance) => isReadyOn(instance, view.to) && instance.draining !== 'none');
  if (readyAgain.length > 0) steps.push({ kind: 'serve', instances: uids(readyAgain) });

  const unsettled = taking.filter((instance) => isUnsettled(view, instance));
  const remaining = view.instances.filter((instance) => !instance.takesCandidate);
  if (remaining.length === 0)
    return unsettled.length === 0 && taking.length > 0 ? [...steps, { kind: 'promote' }] : steps;

  const drained = remaining.filter((instance) => instance.draining === 'drained' || instance.state === 'faulty');
  if (drained.length > 0) return [...steps, { kind: 'switch', instances: uids(drained) }];

  const serving = remaining.filter((instance) => instance.state === 'active' && instance.draining === 'none');
  const leaving = remaining.filter((instance) => instance.state === 'active' && instance.draining !== 'none');
  const away = unsettled.length + leaving.length;
  const all = taking.length + leaving.length + serving.length;
  if (all === 1 && serving.length === 1 && view.surge === 'possible') return [...steps, { kind: 'surge' }];
  const lastLeft = Math.max(...view.instances.map(({ drainingSince, switchedAt }) => drainingSince ?? switchedAt ?? 0));
  if (view.now - lastLeft < STEP_MILLISECONDS) return steps;
  const next = serving.slice(0, Math.max(0, Math.min(shareOf(all, STEP_SHARE), mostAway(all) - away)));
  return next.length > 0 ? [...steps, { kind: 'drain', instances: uids(next) }] : steps;
}

/** How many of so many instances may be away at the same time at most. */
export function mostAway(instances: number): number {
  return shareOf(instances, AWAY_SHARE);
}

/** At least one. */
function shareOf(count: number, share: number): number {
  return Math.max(1, Math.floor(count * share));
}

/** Back to the release before: what serves the candidate is drained first, what does not serve goes back at once. */
function planReturn(view: RolloutView): RolloutStep[] {
  const steps: RolloutStep[] = [];
  const readyAgain = view.instances.filter(
    (instance) => !instance.takesCandidate && isReadyOn(instance, view.from) && instance.draining !== 'none',
  );
  if (readyAgain.length > 0) steps.push({ kind: 'serve', instances: uids(readyAgain) });

  const taking = view.instances.filter((instance) => instance.takesCandidate);
  const switchable = taking.filter((instance) => instance.state !== 'active' || instance.draining === 'drained');
  if (switchable.length > 0) steps.push({ kind: 'switch-back', instances: uids(switchable) });
  const serving = taking.filter((instance) => instance.state === 'active');
  if (serving.some((instance) => instance.draining !== 'none')) return steps;
  const othersServe = view.instances.some(
    (instance) => !instance.takesCandidate && instance.state === 'active' && instance.draining === 'none',
  );
  const next = serving.slice(0, othersServe ? shareOf(view.instances.length, AWAY_SHARE) : 1);
  if (next.length > 0) return [...steps, { kind: 'drain', instances: uids(next) }];
  const isBack = view.instances.every((instance) => !instance.takesCandidate && instance.draining === 'none');
  return taking.length === 0 && isBack ? [...steps, { kind: 'returned' }] : steps;
}
