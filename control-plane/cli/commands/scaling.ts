/** `scale`, `pause`, `resume`, `shadow`, `freeze`, `unfreeze`. */
import type { Session } from '../client/session.ts';
import { parseDuration } from '../durations.ts';
import { usage } from '../exit.ts';
import {
  ClearOverride,
  Freeze,
  Pause,
  Resume,
  Scale,
  SetShadow,
  Unfreeze,
  type ServiceClusterFieldsFragment,
} from '../generated/operations.ts';
import { say } from '../io.ts';
import { parseWhole } from '../numbers.ts';
import { clusterReference, control, freezeText } from '../nouns/clusters.ts';
import { NOTHING } from '../output/text.ts';
import { resolveTarget } from '../targets.ts';
import { dryRun } from './dry-run.ts';
import type { FreezeCommandOptions, PauseCommandOptions, ScaleCommandOptions, Trial } from './register-scaling.ts';

/** How long a number is held, or the platform frozen. */
const HOLDS = { least: '1s', most: '31d' };

const MOST_INSTANCES = 10_000;

export async function scale(
  session: Session,
  target: string,
  instances: string | undefined,
  options: ScaleCommandOptions,
): Promise<void> {
  const chosen = [instances, options.atLeast, options.clear].filter((value) => value !== undefined);
  if (chosen.length !== 1) throw usage('give a number of instances, --at-least N, or --clear');
  if (options.clear === true) {
    if (options.for !== undefined) throw usage('--for does not go with --clear');
    const ref = await resolveTarget(session, target);
    if (options.dryRun === true) return dryRun(session, ref, { action: 'CLEAR_OVERRIDE' });
    return show(session, (await session.client.mutate(ClearOverride, { ref })).serviceCluster);
  }
  const isFloor = options.atLeast !== undefined;
  const number = parseWhole(
    options.atLeast ?? instances ?? '',
    isFloor ? '--at-least' : 'INSTANCES',
    0,
    MOST_INSTANCES,
  );
  const forSeconds = options.for === undefined ? undefined : parseDuration(options.for, '--for', HOLDS);
  const ref = await resolveTarget(session, target);
  const asked = {
    kind: isFloor ? ('FLOOR' as const) : ('PIN' as const),
    instances: number,
    ...(forSeconds === undefined ? {} : { forSeconds }),
  };
  if (options.dryRun === true) return dryRun(session, ref, { action: 'SCALE', ...asked });
  const { serviceCluster } = await session.client.mutate(Scale, { ref, ...asked, reason: options.reason });
  await show(session, serviceCluster);
}

export async function pause(session: Session, target: string, options: PauseCommandOptions): Promise<void> {
  const ref = await resolveTarget(session, target);
  if (options.dryRun === true) return dryRun(session, ref, { action: 'PAUSE' });
  await show(session, (await session.client.mutate(Pause, { ref, reason: options.reason })).serviceCluster);
}

export async function resume(session: Session, target: string, options: Trial): Promise<void> {
  const ref = await resolveTarget(session, target);
  if (options.dryRun === true) return dryRun(session, ref, { action: 'RESUME' });
  await show(session, (await session.client.mutate(Resume, { ref })).serviceCluster);
}

export async function shadow(session: Session, target: string, state: string, options: Trial): Promise<void> {
  if (state !== 'on' && state !== 'off') throw usage(`expected on or off, got "${state}"`);
  const ref = await resolveTarget(session, target);
  if (options.dryRun === true) return dryRun(session, ref, { action: state === 'on' ? 'SHADOW' : 'UNSHADOW' });
  await show(session, (await session.client.mutate(SetShadow, { ref, shadow: state === 'on' })).serviceCluster);
}

export async function freeze(session: Session, options: FreezeCommandOptions): Promise<void> {
  const forSeconds = options.for === undefined ? undefined : parseDuration(options.for, '--for', HOLDS);
  const { reason } = options;
  const answer = await session.client.mutate(Freeze, { reason, ...(forSeconds === undefined ? {} : { forSeconds }) });
  const frozen = answer.freeze;
  if (frozen === null) return say(session.io, 'done');
  await session.printer.one(
    frozen,
    () =>
      `the platform is frozen ${freezeText(frozen, session.io.now())}; decisions are recorded and not acted on, until "cartwright unfreeze"`,
  );
}

export async function unfreeze(session: Session): Promise<void> {
  const ended = (await session.client.mutate(Unfreeze, {})).freeze;
  if (ended === null) {
    say(session.io, 'the platform is not frozen');
    // For programs there is a value all the same.
    return session.printer.format === 'table' ? undefined : session.printer.value(null);
  }
  await session.printer.one(ended, () => `not frozen any more; it was ${freezeText(ended, session.io.now())}`);
}

/** The service cluster after the change. */
async function show(session: Session, cluster: ServiceClusterFieldsFragment | null): Promise<void> {
  const { io, printer } = session;
  if (cluster === null) return say(io, 'done');
  const held = control(cluster, io.now());
  await printer.one(
    cluster,
    () => {
      const name = `${cluster.applicationName}/${cluster.alias}`;
      return `${name}: ${held === NOTHING ? 'scaled by its policy' : held}; wanted ${cluster.wanted}, active ${cluster.live.active}`;
    },
    clusterReference,
  );
}
