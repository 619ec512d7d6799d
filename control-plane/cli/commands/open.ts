/** `open`: a one-time link to the console, and a browser for it where there is one. */
import { openBrowser } from '../browser.ts';
import type { Session } from '../client/session.ts';
import { CONSOLE_PAGES, consolePath, ofTenant } from '../console-paths.ts';
import { CliError, EXIT, notFound, usage } from '../exit.ts';
import { CreateSignInLink, ListAliases, WhereInstanceIs } from '../generated/operations.ts';
import { say } from '../io.ts';
import { relative } from '../output/text.ts';
import { noApplication, parseTarget, resolveTarget } from '../targets.ts';
import type { OpenCommandOptions } from './register-open.ts';

/** Asked again, a link is not shown again: then another is made. */
const TRIES = 3;

/** Throws a usage error for what names no page, and `CliError` (not found) for what there is not. */
export async function open(
  session: Session,
  what: string | undefined,
  name: string | undefined,
  options: OpenCommandOptions,
): Promise<void> {
  const { io, printer, client } = session;
  const { url, expiresAt } = await linkTo(session, await pathOf(session, what, name));
  const link = { url: asReached(url, client.endpoint.url), expiresAt };
  await printer.one(link, () => link.url);
  say(io, `it signs in once, whoever opens it first; it ends ${relative(expiresAt, io.now())}`);
  if (!io.stdout.isTerminal || options.print === true) return;
  if (await openBrowser(io, link.url)) say(io, 'it is being opened in your browser');
  else say(io, 'there is no browser to be opened here: open the link where there is one');
}

type Path = (session: Session, name: string) => Promise<string>;

/** What has a word before its name. */
const NAMED: Readonly<Record<string, Path>> = {
  application: pathOfTarget,
  async instance({ client }, uid) {
    const { instance } = await client.query(WhereInstanceIs, { uid });
    if (instance === null) throw notFound(`there is no instance "${uid}"; see "cartwright get instances"`);
    return consolePath.instance(instance.applicationName, instance.alias, instance.uid);
  },
  async logs(session, text) {
    const { application, alias } = parseTarget(text);
    if (alias !== undefined) throw usage('logs: expected "cartwright open logs APPLICATION"');
    await requireApplication(session, application);
    return consolePath.logs(application);
  },
};

async function pathOf(session: Session, what: string | undefined, name: string | undefined): Promise<string> {
  if (what === undefined) return ofTenant(consolePath.overview(), session.tenant);
  const named = Object.hasOwn(NAMED, what) ? NAMED[what] : undefined;
  if (named !== undefined) {
    if (name === undefined)
      throw usage(`say which: cartwright open ${what} ${what === 'instance' ? 'UID' : 'APPLICATION'}`);
    return ofTenant(await named(session, name), session.tenant);
  }
  if (name !== undefined)
    throw usage(
      `expected one of ${Object.keys(NAMED).join(', ')} before a name; got "${what}". See "cartwright open --help"`,
    );
  const page = Object.hasOwn(CONSOLE_PAGES, what) ? CONSOLE_PAGES[what] : undefined;
  return ofTenant(page ?? (await pathOfTarget(session, what)), session.tenant);
}

async function pathOfTarget(session: Session, text: string): Promise<string> {
  const { application, alias } = parseTarget(text);
  if (alias === undefined) {
    await requireApplication(session, application);
    return consolePath.application(application);
  }
  const ref = await resolveTarget(session, text);
  return consolePath.serviceCluster(ref.application, ref.alias);
}

async function requireApplication({ client, tenant }: Session, name: string): Promise<void> {
  const { application } = await client.query(ListAliases, { tenant, name });
  if (application === null) throw noApplication(name);
}

async function linkTo({ client }: Session, path: string): Promise<{ url: string; expiresAt: string }> {
  for (let tried = 1; tried <= TRIES; tried += 1) {
    const { url, expiresAt } = await client.mutate(CreateSignInLink, { path });
    if (url !== null && expiresAt !== null) return { url, expiresAt };
  }
  throw new CliError(EXIT.failed, `${client.endpoint.url} made no link; try again`);
}

/** By TLS, where this program reached the same host so: a control plane behind a proxy does not see that. Throws for what is no page. */
function asReached(link: string, endpoint: string): string {
  const [url, reached] = [URL.parse(link), new URL(endpoint)];
  if (url === null || !['http:', 'https:'].includes(url.protocol))
    throw new CliError(EXIT.failed, `${endpoint} answered with a link that is none`);
  if (url.host === reached.host && reached.protocol === 'https:') url.protocol = 'https:';
  return url.href;
}
