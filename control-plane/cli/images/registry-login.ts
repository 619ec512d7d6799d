/** Who asks a registry: what `docker login`, `podman login` and `buildah login` have stored. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Base64 of `user:password` for a registry's host; `undefined` where nobody has logged in. */
export type Credentials = (host: string) => Promise<string | undefined>;

type Environment = Readonly<Record<string, string | undefined>>;

/** Files in the order in which podman, buildah and docker look. Those of credential helpers are for the builder itself. */
export function credentialsOf(env: Environment): Credentials {
  const files = [
    env.REGISTRY_AUTH_FILE,
    env.XDG_RUNTIME_DIR === undefined ? undefined : join(env.XDG_RUNTIME_DIR, 'containers/auth.json'),
    join(env.DOCKER_CONFIG ?? join(env.HOME ?? '/', '.docker'), 'config.json'),
  ].filter((file): file is string => file !== undefined && file !== '');
  return async (host) => {
    for (const file of files) {
      const found = await readAuth(file, host);
      if (found !== undefined) return found;
    }
    return undefined;
  };
}

async function readAuth(file: string, host: string): Promise<string | undefined> {
  try {
    const { auths } = JSON.parse(await readFile(file, 'utf8')) as { auths?: Record<string, { auth?: unknown }> };
    const auth = auths?.[host]?.auth;
    return typeof auth === 'string' ? auth : undefined;
  } catch {
    // Not there, not readable or not JSON: the builder, which pushes with it, says what is the matter.
    return undefined;
  }
}

/** The header to ask again with after a 401; `undefined` where there is none. Bearer tokens as in the distribution specification. */
export async function tokenFor(
  answer: Response,
  credentials: Promise<string | undefined>,
): Promise<string | undefined> {
  const basic = await credentials;
  const challenge = answer.headers.get('www-authenticate') ?? '';
  const login = basic === undefined ? undefined : `Basic ${basic}`;
  if (/^basic/i.test(challenge)) return login;
  const url = tokenUrl(challenge);
  // A password is for https only, and for this machine.
  if (url === undefined || (login !== undefined && url.protocol !== 'https:' && url.hostname !== '127.0.0.1'))
    return undefined;
  try {
    const response = await fetch(url, {
      headers: login === undefined ? {} : { authorization: login },
      signal: AbortSignal.timeout(20_000),
    });
    const { token, access_token } = (await response.json()) as { token?: string; access_token?: string };
    const found = token ?? access_token;
    return found === undefined ? undefined : `Bearer ${found}`;
  } catch {
    // As without a login: then it is pushed again by the builder.
    return undefined;
  }
}

/** Where a challenge sends for a token. */
function tokenUrl(challenge: string): URL | undefined {
  if (!/^bearer/i.test(challenge)) return undefined;
  const parts = new Map([...challenge.matchAll(/(\w+)="([^"]*)"/g)].map(([, key, value]) => [key!, value!]));
  const realm = parts.get('realm') ?? '';
  if (!URL.canParse(realm)) return undefined;
  const url = new URL(realm);
  for (const name of ['service', 'scope']) {
    const value = parts.get(name);
    if (value !== undefined) url.searchParams.set(name, value);
  }
  return url;
}
