/** `releases`. */
import type { Session } from '../client/session.ts';
import { parseLimit } from '../numbers.ts';
import { listReleases, releaseColumns, releaseReference } from '../nouns/releases.ts';
import { resolveTarget } from '../targets.ts';

export async function releases(session: Session, target: string, options: { readonly limit: string }): Promise<void> {
  const limit = parseLimit(options.limit);
  const ref = await resolveTarget(session, target);
  const found = await listReleases(session, ref, limit);
  await session.printer.list(
    found,
    releaseColumns,
    `${ref.application}/${ref.alias} has no releases yet; see "cartwright deploy"`,
    releaseReference,
  );
}
