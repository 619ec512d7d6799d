/** How far a deployment is: the build, the hook release where there is one, the roll-out, and whether it serves. */
import type {
  DeployClusterSubscription,
  DeployedApplicationFragment,
  FollowBuildSubscription,
} from '../../generated/operations.ts';
import { word } from '../../components/words.ts';
import { doNext } from './do-next.ts';

export type Build = FollowBuildSubscription['build']['build'];
export type Cluster = DeployClusterSubscription['serviceCluster'];
type ServiceCluster = Cluster['serviceCluster'];
type Release = ServiceCluster['releases']['edges'][number]['node'];
type Rollout = ServiceCluster['rollouts']['edges'][number]['node'];
type Task = ServiceCluster['tasks']['edges'][number]['node'];

export type StepState = 'waiting' | 'under-way' | 'done' | 'failed';

export interface Step {
  readonly name: string;
  readonly state: StepState;
  /** More about it; empty: nothing. */
  readonly text: string;
}

export type Outcome =
  | { readonly kind: 'under-way' }
  /** `url` is null where it has no address to be reached at over HTTP. */
  | { readonly kind: 'serves'; readonly release: number; readonly url: string | null }
  /** Something else was asked for since; `release` is what this deployment had made, null where that is not kept. */
  | { readonly kind: 'overtaken'; readonly release: number | null; readonly runs: number | null }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
      /** What to do about it. */
      readonly next: string;
      /** Number of the release that goes on running; null: nothing runs. */
      readonly runs: number | null;
    };

export interface Progress {
  readonly steps: readonly Step[];
  readonly outcome: Outcome;
  /** The roll-out of what was built, as long as it says what becomes of the instances; null before it begins, and once something else runs. */
  readonly rollout: Rollout | null;
}

/** Alias under which the platform runs an application's own load balancer. */
export const BALANCER_ALIAS = 'lb';

export interface Seen {
  readonly alias: string;
  /** Null: not known yet. */
  readonly build: Build | null;
  readonly cluster: Cluster | null;
  readonly application: DeployedApplicationFragment | null;
}

export function progressOf(seen: Seen): Progress {
  const made = find(seen);
  const serving = servingStep(seen, made.rollout);
  const hook = hookStep(made.hook);
  const steps = [buildStep(seen.build), ...(hook === null ? [] : [hook]), rolloutStep(seen.cluster, made), serving];
  const outcome = outcomeOf(seen, made, serving);
  const isPast = outcome.kind === 'failed' || outcome.kind === 'overtaken';
  return { steps, outcome, rollout: isPast ? null : made.rollout };
}

/** What was made of the build, as far as it is kept and there yet. */
interface Made {
  readonly release: Release | null;
  readonly rollout: Rollout | null;
  readonly hook: Task | null;
}

function find({ build, cluster }: Seen): Made {
  if (build === null || cluster === null) return { release: null, rollout: null, hook: null };
  const { releases, rollouts, tasks } = cluster.serviceCluster;
  const release = nodes(releases).findLast((each) => each.build?.uid === build.uid) ?? null;
  const isHook = (task: Task): boolean => task.kind === 'RELEASE' && task.release?.uid === release?.uid;
  return {
    release,
    rollout: nodes(rollouts).findLast((each) => each.toRelease?.build?.uid === build.uid) ?? null,
    hook: release === null ? null : (nodes(tasks).findLast(isHook) ?? null),
  };
}

function outcomeOf(seen: Seen, made: Made, serving: Step): Outcome {
  const runs = seen.cluster?.serviceCluster.stableRelease?.number ?? null;
  const failed = failureOf(seen, made, runs);
  if (failed !== null) return failed;
  const { release } = made;
  if (release?.state === 'SKIPPED' || release?.state === 'SUPERSEDED')
    return { kind: 'overtaken', release: release.number, runs };
  if (serving.state !== 'done') return { kind: 'under-way' };
  return { kind: 'serves', release: release?.number ?? runs ?? 0, url: seen.application?.url ?? null };
}

function failureOf({ build }: Seen, { rollout }: Made, runs: number | null): Outcome | null {
  if (build?.state === 'FAILED') return { kind: 'failed', ...failure(build.error), runs };
  if (rollout?.state !== 'RETURNED') return null;
  // The first release of all has nothing to return to, and stays what there is.
  return { kind: 'failed', ...failure(rollout.reason), runs: rollout.fromRelease === null ? null : runs };
}

function nodes<Node>({ edges }: { readonly edges: readonly { readonly node: Node }[] }): Node[] {
  return edges.map(({ node }) => node);
}

function buildStep(build: Build | null): Step {
  const step = (state: StepState, text: string): Step => ({ name: 'Build', state, text });
  if (build === null) return step('waiting', '');
  switch (build.state) {
    case 'QUEUED':
      return step('under-way', 'waits for its turn');
    case 'RUNNING':
      return step('under-way', 'runs');
    case 'SUCCEEDED':
      return step('done', '');
    case 'FAILED':
      return step('failed', build.error?.code ?? '');
  }
}

function hookStep(task: Task | null): Step | null {
  if (task === null) return null;
  const isOver = !['STARTING', 'RUNNING'].includes(task.state);
  return {
    name: 'Hook release',
    state: task.state === 'SUCCEEDED' ? 'done' : isOver ? 'failed' : 'under-way',
    text: task.lastLines.at(-1) ?? word(task.state),
  };
}

function rolloutStep(cluster: Cluster | null, { release, rollout }: Made): Step {
  const step = (state: StepState, text: string): Step => ({ name: 'Roll-out', state, text });
  const name = release === null ? '' : `release ${release.number}`;
  if (rollout === null) return step('waiting', waitingText(cluster, name));
  const why = rollout.reason ?? { code: '', message: name };
  switch (rollout.state) {
    case 'RUNNING':
      return step('under-way', why.message);
    case 'RETURNING':
      return step('under-way', `is taken back: ${why.message}`);
    case 'RETURNED':
      return step('failed', why.code);
    case 'SUCCEEDED':
      return step('done', name);
  }
}

function waitingText(cluster: Cluster | null, name: string): string {
  const blocked = cluster?.serviceCluster.blocked ?? null;
  return blocked?.message ?? (name === '' ? '' : `${name} waits for its turn`);
}

/** An instance serves and, where there is a load balancer, one of that, too. */
function servingStep({ alias, application }: Seen, rollout: Rollout | null): Step {
  const step = (state: StepState, text: string): Step => ({ name: 'Serving', state, text });
  if (rollout?.state !== 'SUCCEEDED' || application === null) return step('waiting', '');
  const needed = application.clusters.filter((cluster) => cluster.alias === alias || cluster.alias === BALANCER_ALIAS);
  const missing = needed.find(({ live, wanted }) => live.active === 0 && wanted > 0);
  if (missing !== undefined)
    return step('under-way', missing.alias === BALANCER_ALIAS ? 'the load balancer starts' : 'no instance serves yet');
  const hasBalancer = needed.some((cluster) => cluster.alias === BALANCER_ALIAS);
  if (hasBalancer && application.url === null) return step('under-way', 'its address is being made');
  return step('done', '');
}

function failure(reason: { readonly code: string; readonly message: string } | null): {
  readonly code: string;
  readonly message: string;
  readonly next: string;
} {
  const { code, message } = reason ?? { code: 'unknown', message: 'no reason is named' };
  return { code, message, next: doNext(code) };
}
