/** Naming a service cluster on the command line: APP/ALIAS, or APP where it has only one component. */
import type { Session } from './client/session.ts';
import { notFound, usage } from './exit.ts';
import { ListAliases, type ServiceClusterRef } from './generated/operations.ts';

/** The platform's own alias, for the load balancer that it deploys with an application. */
export const BALANCER_ALIAS = 'lb';

export interface Target {
  readonly application: string;
  readonly alias: string | undefined;
}

/** Throws a usage error for what is neither APP nor APP/ALIAS. */
export function parseTarget(text: string): Target {
  const [application, alias, ...more] = text.split('/');
  if (!application || alias === '' || more.length > 0) {
    throw usage(`expected APPLICATION or APPLICATION/ALIAS, got "${text}"`);
  }
  return { application, alias };
}

/** The aliases of an application. Throws `CliError` (not found) when there is none of that name. */
async function aliasesOf(session: Session, name: string): Promise<readonly string[]> {
  const { application } = await session.client.query(ListAliases, { tenant: session.tenant, name });
  if (application === null) throw noApplication(name);
  return application.clusters.map((cluster) => cluster.alias);
}

export function noApplication(name: string): Error {
  return notFound(`there is no application "${name}"; see "cartwright get applications"`);
}

/** The one service cluster that is meant. Throws a usage error with the aliases when that is not clear. */
export async function resolveTarget(session: Session, text: string): Promise<ServiceClusterRef> {
  const { application, alias } = parseTarget(text);
  const aliases = await aliasesOf(session, application);
  const chosen = alias ?? onlyAlias(application, aliases);
  if (!aliases.includes(chosen)) {
    throw notFound(`application "${application}" has no component "${chosen}"; it has ${aliases.join(', ') || 'none'}`);
  }
  return refOf(session, application, chosen);
}

/** Every service cluster that `text` names; all of the tenant's when it is absent. */
export async function resolveTargets(
  session: Session,
  text: string | undefined,
  applications: () => Promise<
    readonly { readonly name: string; readonly clusters: readonly { readonly alias: string }[] }[]
  >,
): Promise<readonly ServiceClusterRef[]> {
  if (text === undefined) {
    return (await applications()).flatMap(({ name, clusters }) =>
      clusters.map(({ alias }) => refOf(session, name, alias)),
    );
  }
  const { application, alias } = parseTarget(text);
  if (alias !== undefined) return [await resolveTarget(session, text)];
  return (await aliasesOf(session, application)).map((each) => refOf(session, application, each));
}

/** The components that are meant: the one that is named, or all of an application but the platform's load balancer. */
export async function resolveComponents(session: Session, text: string): Promise<readonly ServiceClusterRef[]> {
  const { application, alias } = parseTarget(text);
  if (alias !== undefined) return [await resolveTarget(session, text)];
  const own = (await aliasesOf(session, application)).filter((each) => each !== BALANCER_ALIAS);
  if (own.length === 0) throw notFound(`application "${application}" has no components`);
  return own.map((each) => refOf(session, application, each));
}

function refOf(session: Session, application: string, alias: string): ServiceClusterRef {
  return { application, alias, ...(session.tenant === undefined ? {} : { tenant: session.tenant }) };
}

function onlyAlias(application: string, aliases: readonly string[]): string {
  const own = aliases.filter((alias) => alias !== BALANCER_ALIAS);
  if (own.length === 1) return own[0]!;
  if (own.length === 0) throw notFound(`application "${application}" has no components`);
  throw usage(
    `application "${application}" has several components; say which: ${own.map((alias) => `${application}/${alias}`).join(', ')}`,
  );
}
