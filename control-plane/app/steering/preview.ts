/** Says what steering by hand would do, without doing it. */
import { mostByHand } from '../../domain/autoscaling/clamps.ts';
import { describePreview, type Steering } from '../../domain/autoscaling/preview.ts';
import { assign } from '../../domain/placement/assign.ts';
import { checkThere, requireCluster } from '../ask/scope.ts';
import { RequestError } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { OverrideRecord } from '../records/clusters.ts';
import type { Preview, Steered } from '../reconcile/decider.ts';
import type { Quotas } from '../tenants/quotas.ts';
import { OVERRIDE_SECONDS, overrideOf } from './override.ts';
import type { SteeringAction, SteeringPreview, SteeringQueries } from './use-cases.ts';

export interface SteeringOptions {
  readonly fleet: Fleet;
  readonly quotas: Pick<Quotas, 'checkInstances'>;
  /** What would be decided if this were so; null where nothing is decided. */
  readonly preview: (cluster: ClusterState, change: Steered) => Promise<Preview | null>;
  readonly now: () => number;
}

/** Nobody has said it yet. */
const REASON = 'by hand';

export function createSteeringQueries(options: SteeringOptions): SteeringQueries {
  return {
    async steeringPreview(principal, ref, action) {
      const cluster = requireCluster(options.fleet, principal, ref, 'viewer');
      const refusal = await refusalOf(options, cluster, action, principal.name);
      const now = options.now();
      const { change, steering } = steeringOf(action, principal.name, now);
      const [otherwise, then] = await Promise.all([options.preview(cluster, {}), options.preview(cluster, change)]);
      if (then === null) return withoutRelease(cluster, refusal, steering);
      const { input, decision } = then;
      const { most, by } = mostByHand(input);
      const isDone = refusal === null;
      return {
        from: input.wanted,
        to: isDone ? decision.acted : input.wanted,
        otherwise: otherwise?.decision.acted ?? input.wanted,
        until: untilOf(steering),
        ...{ minimum: input.policy.minimum, maximum: input.policy.maximum, most, mostBy: by },
        decision: isDone ? decision : null,
        next: isDone ? placesOf(then) : [],
        sentence: isDone ? describePreview(steering, decision, input) : refusal.message,
        refusal,
      };
    },
  };
}

/** The checks of the mutation itself. */
async function refusalOf(
  { fleet, quotas, now }: SteeringOptions,
  cluster: ClusterState,
  action: SteeringAction,
  by: string,
): Promise<SteeringPreview['refusal']> {
  try {
    if (action.kind === 'scale') {
      await quotas.checkInstances(cluster, action.instances);
      overrideOf(cluster, { ...action, kind: action.binds, reason: REASON }, by, now());
    }
    checkThere(fleet, cluster);
    return null;
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    return { code: error.code, message: error.message, field: error.field ?? null };
  }
}

function steeringOf(
  action: SteeringAction,
  by: string,
  now: number,
): { readonly change: Steered; readonly steering: Steering } {
  switch (action.kind) {
    case 'scale': {
      const { instances, binds: kind, forSeconds = OVERRIDE_SECONDS } = action;
      const expiresAt = now + forSeconds * 1000;
      const override: OverrideRecord = { kind, instances, reason: REASON, by, createdAt: now, expiresAt };
      return { change: { override }, steering: { kind: 'scale', until: expiresAt } };
    }
    case 'clear-override':
      return { change: { override: null }, steering: { kind: action.kind } };
    case 'pause':
    case 'resume':
      return { change: { paused: action.kind === 'pause' }, steering: { kind: action.kind } };
    case 'shadow':
    case 'unshadow':
      return { change: { shadow: action.kind === 'shadow' }, steering: { kind: action.kind } };
  }
}

function untilOf(steering: Steering): number | null {
  return steering.kind === 'scale' ? steering.until : null;
}

/** Where those that are added would go. */
function placesOf({ decision, places: { algorithm, partitions } }: Preview): SteeringPreview['next'] {
  const more = Math.max(0, decision.acted - decision.from);
  const present = partitions.reduce((sum, partition) => sum + partition.present, 0);
  return more === 0 ? [] : assign(present + more, partitions, algorithm).add;
}

function withoutRelease(
  { record, plan }: ClusterState,
  refusal: SteeringPreview['refusal'],
  steering: Steering,
): SteeringPreview {
  const { minimum, maximum } = plan.effective.policy;
  const { wanted, alias } = record;
  return {
    ...{ from: wanted, to: wanted, otherwise: wanted, until: untilOf(steering), minimum, maximum },
    ...{ most: maximum, mostBy: 'maximum', decision: null, next: [], refusal },
    sentence: refusal?.message ?? `${alias}: nothing of it runs before it has a release; deploy one.`,
  };
}
