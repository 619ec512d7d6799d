/** Says what steering by hand would do, without doing it. */
import { mostByHand } from '../../domain/autoscaling/clamps.ts';
import { describePreview, type Steering } from '../../domain/autoscaling/preview.ts';
import { assign } from '../../domain/placement/assign.ts';
import { checkThere, requireCluster } from '../ask/scope.ts';
import { checkRestorable } from '../configuration/release-secrets.ts';
import { restartable } from '../deploy/restart.ts';
import { isForCallers } from '../errors.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import { mostAway } from '../reconcile/plan-rollout.ts';
import type { OverrideRecord } from '../records/clusters.ts';
import type { Preview, Steered } from '../reconcile/decider.ts';
import type { Quotas } from '../tenants/quotas.ts';
import { OVERRIDE_SECONDS, overrideOf } from './override.ts';
import { roomToStart, startOf, stopOf } from './stop.ts';
import type { SteeringAction, SteeringPreview, SteeringQueries } from './use-cases.ts';

export interface SteeringOptions {
  readonly fleet: Fleet;
  readonly quotas: Pick<Quotas, 'left' | 'checkInstances'>;
  readonly store: Pick<Store, 'secretVersions'>;
  readonly vault: Pick<Vault, 'has'>;
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
      const { change, steering } = await steeringOf(options, cluster, action, principal.name);
      const [otherwise, then] = await Promise.all([options.preview(cluster, {}), options.preview(cluster, change)]);
      if (then === null) return withoutRelease(cluster, refusal, steering);
      const { input, decision } = then;
      const { most, by } = mostByHand(input);
      const isDone = refusal === null;
      const from = otherwise?.input.wanted ?? input.wanted;
      return {
        from,
        to: isDone ? decision.acted : from,
        otherwise: otherwise?.decision.acted ?? from,
        until: untilOf(steering),
        ...{ minimum: input.policy.minimum, maximum: input.policy.maximum, most, mostBy: by },
        decision: isDone ? decision : null,
        next: isDone ? placesOf(then, from) : [],
        sentence: isDone ? describePreview(steering, decision, input, from) : refusal.message,
        refusal,
      };
    },
  };
}

/** The checks of the mutation itself. */
async function refusalOf(
  options: SteeringOptions,
  cluster: ClusterState,
  action: SteeringAction,
  by: string,
): Promise<SteeringPreview['refusal']> {
  try {
    await check(options, cluster, action, by);
    checkThere(options.fleet, cluster);
    return null;
  } catch (error) {
    if (!isForCallers(error)) throw error;
    return { code: error.code, message: error.message, field: error.field ?? null };
  }
}

async function check(
  { quotas, store, vault, now }: SteeringOptions,
  cluster: ClusterState,
  action: SteeringAction,
  by: string,
): Promise<void> {
  switch (action.kind) {
    case 'scale':
      await quotas.checkInstances(cluster, action.instances);
      overrideOf(cluster, { ...action, kind: action.binds, reason: REASON }, by, now());
      return;
    case 'stop':
      stopOf(cluster, { reason: REASON }, by, now());
      return;
    case 'start':
      await roomToStart(quotas, cluster);
      return;
    case 'restart':
      return checkRestorable({ store, vault }, cluster.keyText, restartable(cluster, REASON));
    case 'clear-override':
    case 'pause':
    case 'resume':
    case 'shadow':
    case 'unshadow':
  }
}

interface Steers {
  readonly change: Steered;
  readonly steering: Steering;
}

async function steeringOf(
  { quotas, now }: SteeringOptions,
  cluster: ClusterState,
  action: SteeringAction,
  by: string,
): Promise<Steers> {
  switch (action.kind) {
    case 'scale': {
      const { instances, binds: kind, forSeconds = OVERRIDE_SECONDS } = action;
      const createdAt = now();
      const expiresAt = createdAt + forSeconds * 1000;
      const override: OverrideRecord = { kind, instances, reason: REASON, by, createdAt, expiresAt };
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
    case 'stop': {
      const { drainSeconds } = cluster.plan.spec;
      // Who stopped it first stays the one.
      const change = cluster.record.stopped === null ? { stopped: { by, reason: REASON } } : {};
      return { change, steering: { kind: 'stop', drainSeconds } };
    }
    case 'start':
      return startingOf(cluster, await quotas.left(cluster));
    case 'restart': {
      const release = cluster.stable?.number ?? 0;
      return { change: {}, steering: { kind: 'restart', release, away: mostAway(cluster.record.wanted) } };
    }
  }
}

function startingOf(cluster: ClusterState, left: number): Steers {
  const started = startOf(cluster, left);
  if (started === null) return { change: {}, steering: { kind: 'start', wanted: null } };
  // Without a release it begins with none.
  const wanted = 'wanted' in started ? started.wanted : 0;
  return { change: { stopped: undefined, wanted }, steering: { kind: 'start', wanted } };
}

function untilOf(steering: Steering): number | null {
  return steering.kind === 'scale' ? steering.until : null;
}

/** Where those that are added would go. */
function placesOf({ decision, places: { algorithm, partitions } }: Preview, from: number): SteeringPreview['next'] {
  const more = Math.max(0, decision.acted - from);
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
