/**
 * Cookie affinity: a client whose session lives in one instance comes back to it. The cookie holds a token of the instance that
 * says nothing of it and cannot be guessed.
 */
import type { Member } from '../balancing/member.ts';
import type { Target } from '../balancing/target.ts';

const TOKEN = /^[A-Za-z0-9_-]{16,64}$/;

/** What a request's cookies say of the instance that it belongs to, and what its answer shall say. */
export interface Affinity {
  readonly cookie: string;
  /** The token that came; `undefined`: none, or none that could be one. */
  readonly token: string | undefined;
  /** Whether the client is spoken to over TLS. */
  readonly secure: boolean;
}

/** The token among the cookies, as Node joins the headers; the first one counts. */
export function tokenIn(cookies: string | undefined, name: string): string | undefined {
  for (const pair of cookies?.split(';') ?? []) {
    const [key, value] = split(pair);
    if (key === name) return TOKEN.test(value) ? value : undefined;
  }
  return undefined;
}

/** A `Cookie` header's value without the balancer's own cookie; empty when nothing is left. */
export function withoutCookie(cookies: string, name: string): string {
  if (!cookies.includes(name)) return cookies;
  return cookies
    .split(';')
    .filter((pair) => split(pair)[0] !== name)
    .join(';')
    .trim();
}

/** Until the browser is closed, like the sessions that it is for. */
function setCookie({ cookie, secure }: Affinity, token: string): string {
  return `${cookie}=${token}; Path=/; HttpOnly; SameSite=Lax${secure ? '; Secure' : ''}`;
}

/** The header by which an answer of this member binds its client to it; none where it is bound already, or need not be. */
export function affinityHeader(
  { affinity, target }: { readonly affinity: Affinity | undefined; readonly target: Target },
  { token }: Member,
): string[] {
  if (!affinity || affinity.token === token) return [];
  if (affinity.token !== undefined) target.counters.affinityBroken();
  return ['set-cookie', setCookie(affinity, token)];
}

function split(pair: string): readonly [string, string] {
  const mark = pair.indexOf('=');
  return mark === -1 ? [pair.trim(), ''] : [pair.slice(0, mark).trim(), pair.slice(mark + 1).trim()];
}
