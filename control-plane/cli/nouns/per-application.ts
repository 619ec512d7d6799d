/** Lists of what belongs to applications: asked for one application at a time. */
import type { Session } from '../client/session.ts';
import { notFound } from '../exit.ts';
import { each } from '../pages.ts';
import { parseTarget } from '../targets.ts';
import { listApplications } from './applications.ts';
import type { Scope } from './noun.ts';

/**
 * What `load` finds of the application that the scope names, or of each of the tenant's. `alias` is the component that is meant;
 * `undefined`: all of them.
 */
export async function perApplication<T>(
  session: Session,
  scope: Scope,
  load: (application: string, alias: string | undefined) => Promise<readonly T[]>,
): Promise<T[]> {
  if (scope.application !== undefined) {
    const { application, alias } = parseTarget(scope.application);
    return [...(await load(application, alias))];
  }
  const found = await each(await listApplications(session), ({ name }) => load(name, undefined));
  return found.flat();
}

/** The components that are meant, out of an application's. Throws `CliError` (not found) where there is none of that alias. */
export function componentsOf<C extends { readonly alias: string }>(
  application: string,
  clusters: readonly C[],
  alias: string | undefined,
): readonly C[] {
  const chosen = clusters.filter((cluster) => alias === undefined || cluster.alias === alias);
  if (alias === undefined || chosen.length > 0) return chosen;
  throw notFound(
    `application "${application}" has no component "${alias}"; it has ${clusters.map((each) => each.alias).join(', ') || 'none'}`,
  );
}
