/** What changing configuration or secrets has in common: whom it is for, and what came of it. */
import type { Session } from '../client/session.ts';
import type { WaitOptions } from '../commands/register-configuration.ts';
import { followRollout } from '../deploy/follow.ts';
import { waitFor } from '../deploy/wait.ts';
import { parseDuration } from '../durations.ts';
import type { ConfigurationPayloadFieldsFragment, ConfigurationRef } from '../generated/operations.ts';
import { say } from '../io.ts';
import { parseTarget } from '../targets.ts';

/**
 * Carries out a change for APPLICATION/ALIAS, or for all components of APPLICATION, follows the roll-outs where asked, and prints
 * the releases.
 *
 * @param done what is said when something was changed and no release was needed
 */
export async function change(
  session: Session,
  target: string,
  options: WaitOptions,
  mutate: (ref: ConfigurationRef) => Promise<ConfigurationPayloadFieldsFragment>,
  done = 'stored; the next release takes it',
): Promise<void> {
  parseDuration(options.timeout, '--timeout');
  const { application, alias } = parseTarget(target);
  const tenant = session.tenant === undefined ? {} : { tenant: session.tenant };
  const { changed, releases } = await mutate({ application, ...(alias === undefined ? {} : { alias }), ...tenant });
  const made = releases ?? [];
  if (changed?.length) say(session.io, `changed: ${changed.join(', ')}`);
  if (options.wait) {
    for (const { alias, release } of made) {
      const cluster = { application, alias, ...tenant };
      await waitFor(session, cluster, options.timeout, (signal) =>
        followRollout(session, cluster, ({ toRelease }) => toRelease?.uid === release.uid, signal),
      );
    }
  }
  await session.printer.one({ changed: changed ?? [], releases: made }, () => {
    if (made.length === 0) return changed?.length ? done : 'nothing changed';
    return made
      .map(
        ({ alias, release }) => `${application}/${alias}: release ${release.number} ${options.wait ? 'runs' : 'made'}`,
      )
      .join('\n');
  });
}
