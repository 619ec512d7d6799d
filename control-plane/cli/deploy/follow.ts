/** Following a deployment: the build's log, then the roll-out and the instances that it moves, then the URL. */
import { setTimeout as delay } from 'node:timers/promises';
import { followSubscription, type Session } from '../client/session.ts';
import { CliError, EXIT } from '../exit.ts';
import {
  FollowBuild,
  FollowServiceCluster,
  GetApplication,
  type BuildFieldsFragment,
  type FollowServiceClusterSubscription,
  type RolloutFieldsFragment,
  type ServiceClusterRef,
} from '../generated/operations.ts';
import { say } from '../io.ts';
import { printable, short, word } from '../output/text.ts';
import { BALANCER_ALIAS, noApplication } from '../targets.ts';

type Snapshot = FollowServiceClusterSubscription['serviceCluster'];

const LOOK_MILLISECONDS = 200;

/** There is no new release; what runs, if anything, is the one before, and its log would explain nothing. */
export class BuildFailed extends CliError {
  constructor(message: string) {
    super(EXIT.failed, message);
    this.name = 'BuildFailed';
  }
}

/** Shows the log from its first line; resolves with the build when it succeeded. Throws `CliError` with why it failed. */
export async function followBuild(session: Session, uid: string, signal: AbortSignal): Promise<BuildFieldsFragment> {
  let shown = 0;
  let read = 0;
  let build: BuildFieldsFragment | undefined;
  const variables = (): { uid: string } => {
    // A new connection begins with the first line again.
    read = 0;
    return { uid };
  };
  for await (const { build: progress } of followSubscription(session, FollowBuild, variables, {
    ends: 'itself',
    signal,
  })) {
    build = progress.build;
    for (const line of progress.lines) {
      read += 1;
      if (read > shown) say(session.io, `  ${printable(line)}`);
    }
    shown = Math.max(shown, read);
  }
  if (build?.state === 'SUCCEEDED') return build;
  const why = build?.error;
  throw new BuildFailed(
    why ? `the build failed (${why.code}): ${why.message}` : `the build ${uid} ended without a result`,
  );
}

/** Nothing runs that would have written a log. */
export class IsStopped extends CliError {
  constructor(
    { application, alias }: ServiceClusterRef,
    { by, reason }: { readonly by: string; readonly reason: string },
  ) {
    const name = `${application}/${alias}`;
    super(
      EXIT.failed,
      `${name} was stopped by ${by} (${reason}): the release is rolled out once it is started, by "cartwright start ${name}"`,
    );
    this.name = 'IsStopped';
  }
}

/**
 * Shows each state that an instance gets into until the roll-out that `isMeant` has ended; resolves with it.
 * Throws `CliError` with the reason when it was taken back, unless that is the `end` that was asked for.
 */
export async function followRollout(
  session: Session,
  ref: ServiceClusterRef,
  isMeant: (rollout: RolloutFieldsFragment) => boolean,
  signal: AbortSignal,
  end: 'SUCCEEDED' | 'RETURNED' = 'SUCCEEDED',
): Promise<RolloutFieldsFragment> {
  const report = changes((line) => say(session.io, line));
  for await (const { serviceCluster: snapshot } of followSubscription(session, FollowServiceCluster, () => ({ ref }), {
    signal,
  })) {
    const rollout = snapshot.serviceCluster.rollouts.edges.map((edge) => edge.node).findLast(isMeant);
    report(snapshot, rollout);
    if (rollout?.state === 'SUCCEEDED' || (rollout !== undefined && rollout.state === end)) return rollout;
    if (rollout?.state === 'RETURNED') throw returned(rollout);
    const { stopped } = snapshot.serviceCluster;
    if (stopped !== null && rollout?.state !== 'RETURNING') throw new IsStopped(ref, stopped);
  }
  throw new CliError(EXIT.failed, 'the roll-out could not be followed to its end');
}

function returned({ reason, fromRelease, toRelease }: RolloutFieldsFragment): CliError {
  const why = reason === null ? 'no reason is named' : `${reason.code}: ${reason.message}`;
  const release = `release ${toRelease?.number ?? '?'}`;
  return new CliError(
    EXIT.failed,
    fromRelease === null
      ? `${release} does not run: ${why}`
      : `${release} was taken back, release ${fromRelease.number} runs: ${why}`,
  );
}

/** Says what is new in a snapshot, each thing once; what was so before the first is not new. */
function changes(
  tell: (line: string) => void,
): (snapshot: Snapshot, rollout: RolloutFieldsFragment | undefined) => void {
  const instances = new Map<string, string>();
  let isFirst = true;
  let rolloutText = '';
  return (snapshot, rollout) => {
    const next = rollout === undefined ? '' : rolloutLine(rollout);
    if (next !== rolloutText) tell(next);
    rolloutText = next;
    for (const { instance } of snapshot.instances) {
      const { uid, state, reason } = instance;
      const why = reason === null ? '' : ` (${reason.code}: ${printable(reason.message)})`;
      const text = `${word(state)}${instance.unreachable ? ', unreachable' : ''}${why}`;
      const isNew = instances.get(uid) !== text && !(isFirst && state === 'ACTIVE');
      instances.set(uid, text);
      if (isNew) tell(`instance ${short(uid)} ${text}`);
    }
    isFirst = false;
  };
}

function rolloutLine({ state, toRelease, reason }: RolloutFieldsFragment): string {
  // When it has been taken back, the command ends with the reason.
  const why = reason === null || state === 'RETURNED' ? '' : `: ${reason.code}: ${printable(reason.message)}`;
  return `roll-out of release ${toRelease?.number ?? '?'} ${word(state)}${why}`;
}

/** Waits until an instance serves and, where there is a load balancer, one of that, too. Resolves with the URL, if any. */
export async function untilServing(
  session: Session,
  ref: ServiceClusterRef,
  signal: AbortSignal,
): Promise<string | null> {
  for (;;) {
    const { application } = await session.client.query(GetApplication, { tenant: ref.tenant, name: ref.application });
    if (application === null) throw noApplication(ref.application);
    const { clusters, url } = application;
    const needed = clusters.filter((cluster) => cluster.alias === ref.alias || cluster.alias === BALANCER_ALIAS);
    const hasBalancer = needed.some((cluster) => cluster.alias === BALANCER_ALIAS);
    const serves = needed.every((cluster) => cluster.live.active > 0 || cluster.wanted === 0);
    if (serves && (!hasBalancer || url !== null)) return url;
    await delay(LOOK_MILLISECONDS, undefined, { signal });
  }
}
