/** Which control plane a command talks to, and as whom. */
import { readContexts, unknownContext, type Context, type Environment } from '../contexts.ts';
import { CliError, EXIT, usage } from '../exit.ts';

export interface Endpoint {
  /** Base URL without a slash at its end. */
  readonly url: string;
  readonly token: string;
  readonly tenant: string | undefined;
}

/** Where `cartwright serve` listens unless told otherwise. */
const DEFAULT_URL = 'http://127.0.0.1:4747';

/**
 * `CARTWRIGHT_URL` and `CARTWRIGHT_TOKEN` win over the context that is named or current. A context's token is only ever
 * sent to that context's own URL. Throws `CliError` when there is no token to be used.
 */
export async function findEndpoint(
  env: Environment,
  named: { readonly context?: string; readonly tenant?: string },
): Promise<Endpoint> {
  const context = await findContext(env, named.context);
  const url = normalUrl(
    env.CARTWRIGHT_URL || context?.url || DEFAULT_URL,
    env.CARTWRIGHT_URL ? 'CARTWRIGHT_URL' : 'the context’s url',
  );
  const belongs = context !== undefined && normalUrl(context.url, 'the context’s url') === url;
  const token = env.CARTWRIGHT_TOKEN || (belongs ? context.token : undefined);
  if (!token) {
    throw new CliError(
      EXIT.unauthenticated,
      `there is no token for ${url}: run "cartwright login ${url}", set CARTWRIGHT_TOKEN, or start a control plane here with "cartwright serve"`,
    );
  }
  return { url, token, tenant: named.tenant ?? (belongs ? context.tenant : undefined) };
}

async function findContext(env: Environment, named: string | undefined): Promise<Context | undefined> {
  if (named === undefined && env.CARTWRIGHT_URL && env.CARTWRIGHT_TOKEN) return undefined;
  const stored = await readContexts(env);
  const name = named ?? stored.current;
  if (name === null) return undefined;
  if (!Object.hasOwn(stored.contexts, name)) throw unknownContext(name, stored);
  return stored.contexts[name];
}

/** An http(s) URL without credentials, query and slashes at its end. Throws a usage error that names `source`. */
export function normalUrl(text: string, source: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '' || url.password !== '') {
    throw usage(`${source}: expected a URL such as ${DEFAULT_URL}, got "${text}"`);
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}
