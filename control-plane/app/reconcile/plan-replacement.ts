/**
 * The next steps of a roll-out to another image: one instance of it comes, serves for a moment, and then one of the others goes. Pure and
 * level-triggered like {@link planRollout}. The first that fails ends it, and those of the candidate go in the same way.
 */
import { failureOf, isReadyOn, isUnsettled, uids, type RolloutStep, type RolloutView } from './plan-rollout.ts';

export function planReplacement(view: RolloutView): RolloutStep[] {
  return view.state === 'returning' ? planReturn(view) : planForward(view);
}

function planForward(view: RolloutView): RolloutStep[] {
  for (const instance of view.instances) {
    const reason = failureOf(view, instance);
    if (reason !== null) return [{ kind: 'return', reason }];
  }
  const taking = view.instances.filter(({ takesCandidate }) => takesCandidate);
  if (taking.some((instance) => isUnsettled(view, instance))) return [];
  const remaining = view.instances.filter(({ takesCandidate }) => !takesCandidate);
  if (remaining.length === 0 && taking.length > 0) return [{ kind: 'promote' }];
  if (view.instances.length > view.wanted && remaining.length > 0) {
    const next = remaining.find(({ state }) => state !== 'active') ?? remaining[0]!;
    return [{ kind: 'retire', instances: [next.uid] }];
  }
  if (view.surge !== 'refused') return [{ kind: 'surge' }];
  const message = 'its image is another one, and there is no room for one more instance beside those that run';
  return [{ kind: 'return', reason: { code: 'no-room', message } }];
}

function planReturn(view: RolloutView): RolloutStep[] {
  const taking = view.instances.filter(({ takesCandidate }) => takesCandidate);
  if (taking.length === 0) return [{ kind: 'returned' }];
  const idle = taking.filter(({ state }) => state !== 'active');
  if (idle.length > 0) return [{ kind: 'retire', instances: uids(idle) }];
  const remaining = view.instances.filter(({ takesCandidate }) => !takesCandidate);
  const othersServe = remaining.length > 0 && remaining.every((instance) => isReadyOn(instance, view.from));
  if (view.wanted > 0 && !(othersServe && view.instances.length >= view.wanted)) return [];
  return [{ kind: 'retire', instances: [taking[0]!.uid] }];
}
