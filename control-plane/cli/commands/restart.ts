/** `restart`: all instances of a component, or of all of an application, are started anew, a few at a time. */
import type { Session } from '../client/session.ts';
import { followRollout } from '../deploy/follow.ts';
import { waitFor } from '../deploy/wait.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT } from '../exit.ts';
import { Restart, type RolloutFieldsFragment, type ServiceClusterRef } from '../generated/operations.ts';
import { word } from '../output/text.ts';
import { resolveComponents } from '../targets.ts';
import { dryRunOfEach } from './dry-run.ts';
import type { RestartCommandOptions } from './register-deploy.ts';

export async function restart(session: Session, target: string, options: RestartCommandOptions): Promise<void> {
  parseDuration(options.timeout, '--timeout');
  const { printer } = session;
  const refs = await resolveComponents(session, target);
  if (options.dryRun === true) return dryRunOfEach(session, refs, { action: 'RESTART' });
  const begun: (readonly [ServiceClusterRef, RolloutFieldsFragment])[] = [];
  for (const ref of refs) begun.push([ref, await ask(session, ref, options.reason)]);
  const found: RolloutFieldsFragment[] = [];
  for (const [ref, rollout] of begun) {
    const ended = options.wait ? await untilOver(session, ref, rollout, options.timeout) : rollout;
    found.push(ended);
    if (printer.format === 'json' || printer.format === 'yaml') continue;
    const line = `${ref.application}/${ref.alias}: restart ${word(ended.state)}, as release ${ended.toRelease?.number ?? '?'}`;
    await printer.one(
      ended,
      () => line,
      ({ uid }) => `rollout/${uid}`,
    );
  }
  if (printer.format === 'json' || printer.format === 'yaml') await printer.value(found);
}

async function ask(session: Session, ref: ServiceClusterRef, reason: string): Promise<RolloutFieldsFragment> {
  const { rollout } = await session.client.mutate(Restart, { ref, reason });
  if (rollout === null) throw new CliError(EXIT.failed, 'the control plane answered with no roll-out');
  return rollout;
}

function untilOver(
  session: Session,
  ref: ServiceClusterRef,
  { uid }: RolloutFieldsFragment,
  timeout: string,
): Promise<RolloutFieldsFragment> {
  return waitFor(session, ref, timeout, (signal) => followRollout(session, ref, (other) => other.uid === uid, signal));
}
