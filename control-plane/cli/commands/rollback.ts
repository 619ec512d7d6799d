/** `rollback`: an earlier release again. */
import type { Session } from '../client/session.ts';
import { followRollout } from '../deploy/follow.ts';
import { waitFor } from '../deploy/wait.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT } from '../exit.ts';
import { Rollback, type RolloutFieldsFragment, type ServiceClusterRef } from '../generated/operations.ts';
import { parseWhole } from '../numbers.ts';
import { word } from '../output/text.ts';
import { resolveTarget } from '../targets.ts';

interface RollbackOptions {
  readonly to?: string;
  readonly policies?: boolean;
  readonly wait: boolean;
  readonly timeout: string;
}

export async function rollback(session: Session, target: string, options: RollbackOptions): Promise<void> {
  parseDuration(options.timeout, '--timeout');
  const to = options.to === undefined ? undefined : parseWhole(options.to, '--to', 1, Number.MAX_SAFE_INTEGER);
  const ref = await resolveTarget(session, target);
  const { rollout } = await session.client.mutate(Rollback, {
    ref,
    ...(to === undefined ? {} : { releaseNumber: to }),
    ...(options.policies === true ? { withPolicies: true } : {}),
  });
  if (rollout === null) throw new CliError(EXIT.failed, 'the control plane answered with no roll-out');
  // Without a number a roll-out under way, or one that only waited, goes back to where it came from.
  const releaseNumber = to ?? (rollout.state === 'RUNNING' ? rollout.toRelease : rollout.fromRelease)?.number;
  if (!options.wait || rollout.state === 'RETURNED' || releaseNumber === undefined)
    return report(session, ref, rollout);
  const ended = await waitFor(session, ref, options.timeout, (signal) =>
    // A roll-out under way that returns to the release is the answer itself, and has done it when it has returned.
    rollout.fromRelease?.number === releaseNumber && rollout.state === 'RETURNING'
      ? followRollout(session, ref, ({ uid }) => uid === rollout.uid, signal, 'RETURNED')
      : followRollout(session, ref, (other) => bringsIt(other, rollout, releaseNumber), signal),
  );
  await report(session, ref, ended);
}

/** Whether it is the roll-out of the release that was answered, or the one that follows when that has returned. */
function bringsIt(other: RolloutFieldsFragment, answered: RolloutFieldsFragment, releaseNumber: number): boolean {
  return other.toRelease?.number === releaseNumber && other.uid >= answered.uid;
}

function report(session: Session, ref: ServiceClusterRef, rollout: RolloutFieldsFragment): Promise<void> {
  const name = `${ref.application}/${ref.alias}`;
  const from = rollout.state === 'RETURNED' ? `, release ${rollout.fromRelease?.number ?? '?'} runs` : '';
  return session.printer.one(
    rollout,
    () => `${name}: roll-out of release ${rollout.toRelease?.number ?? '?'} ${word(rollout.state)}${from}`,
    ({ uid }) => `rollout/${uid}`,
  );
}
