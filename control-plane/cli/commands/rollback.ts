/** `rollback`: an earlier release again. */
import type { Session } from '../client/session.ts';
import { followRollout } from '../deploy/follow.ts';
import { waitFor } from '../deploy/wait.ts';
import { parseDuration } from '../durations.ts';
import { CliError, EXIT, notFound } from '../exit.ts';
import { ListReleases, Rollback, type RolloutFieldsFragment, type ServiceClusterRef } from '../generated/operations.ts';
import { MOST_ENTRIES, parseWhole } from '../numbers.ts';
import { newest } from '../pages.ts';
import { word } from '../output/text.ts';
import { resolveTarget } from '../targets.ts';

interface RollbackOptions {
  readonly to?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

export async function rollback(session: Session, target: string, options: RollbackOptions): Promise<void> {
  parseDuration(options.timeout, '--timeout');
  const to = options.to === undefined ? undefined : parseWhole(options.to, '--to', 1, Number.MAX_SAFE_INTEGER);
  const ref = await resolveTarget(session, target);
  const releaseNumber = to ?? (await numberBefore(session, ref));
  const { rollout } = await session.client.mutate(Rollback, { ref, releaseNumber });
  if (rollout === null) throw new CliError(EXIT.failed, 'the control plane answered with no roll-out');
  if (!options.wait) return report(session, ref, rollout);
  const ended = await waitFor(session, ref, options.timeout, (signal) =>
    followRollout(session, ref, ({ uid }) => uid === rollout.uid, signal),
  );
  await report(session, ref, ended);
}

/** The newest release before the stable one that was stable itself. Throws `CliError` (not found) when there is none. */
async function numberBefore(session: Session, ref: ServiceClusterRef): Promise<number> {
  let stable = 0;
  const found = await newest(MOST_ENTRIES, async (last, before) => {
    const { serviceCluster } = await session.client.query(ListReleases, { ref, last, before });
    stable = serviceCluster?.stableRelease?.number ?? 0;
    return serviceCluster?.releases;
  });
  const earlier = found.findLast((release) => release.number < stable && release.state === 'SUPERSEDED');
  if (earlier !== undefined) return earlier.number;
  throw notFound(
    `${ref.application}/${ref.alias} has no earlier release to go back to; see "cartwright releases ${ref.application}/${ref.alias}"`,
  );
}

function report(session: Session, ref: ServiceClusterRef, rollout: RolloutFieldsFragment): Promise<void> {
  return session.printer.one(
    rollout,
    () =>
      `${ref.application}/${ref.alias}: roll-out of release ${rollout.toRelease?.number ?? '?'} ${word(rollout.state)}`,
  );
}
