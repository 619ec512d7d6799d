/** What a request's headers say of the page that a browser sends it for, and of the session that it shows. Pure. */
import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from '../../../schema/session-cookie.ts';

/** Of a request, as they came. */
export interface PageHeaders {
  readonly origin?: string | undefined;
  readonly host?: string | undefined;
  readonly cookie?: string | undefined;
}

/** Beyond what the platform seals. */
const LONGEST_SESSION = 512;

/**
 * Whether a browser says that the page is one of the control plane's own: of the host that is asked, or of the origin under which people
 * reach it, where a proxy asks for another host. No origin is none of ours: programs can say what they like, but they are shown no cookie.
 */
export function isOwnPage({ origin, host }: PageHeaders, publicOrigin: string | null): boolean {
  if (origin === undefined) return false;
  if (origin === publicOrigin) return true;
  const page = URL.parse(origin);
  return page !== null && /^https?:$/.test(page.protocol) && host !== undefined && page.host === host;
}

/** How the browser came, as far as the request tells: the page that it is for says it, or the connection itself. */
export function schemeOf(
  headers: PageHeaders,
  { publicOrigin, isEncrypted }: { readonly publicOrigin: string | null; readonly isEncrypted: boolean },
): 'http' | 'https' {
  if (isOwnPage(headers, publicOrigin)) return headers.origin!.startsWith('https:') ? 'https' : 'http';
  const asked = publicOrigin === null ? null : URL.parse(publicOrigin);
  const isByProxy = asked?.protocol === 'https:' && asked.host === headers.host;
  return isEncrypted || isByProxy ? 'https' : 'http';
}

/** URL under which the request came, without a slash at its end; null where its host is none. */
export function baseOf(headers: PageHeaders, how: Parameters<typeof schemeOf>[1]): string | null {
  if (isOwnPage(headers, how.publicOrigin)) return headers.origin!;
  const { host } = headers;
  const url = host === undefined ? null : URL.parse(`${schemeOf(headers, how)}://${host}`);
  return url === null || `${url.username}${url.password}${url.search}${url.hash}` !== '' || url.pathname !== '/'
    ? null
    : url.origin;
}

/**
 * The session that a browser shows, which is still to be looked at; `undefined`: it shows none. By TLS it is the cookie that nobody else could have planted,
 * and by plain HTTP the other one: a page that somebody has changed on its way is not let in as one that nobody could change.
 */
export function shownSession({ cookie }: PageHeaders, scheme: 'http' | 'https'): string | undefined {
  const name = scheme === 'https' ? SECURE_SESSION_COOKIE : SESSION_COOKIE;
  for (const pair of (cookie ?? '').split(';')) {
    const [key = '', ...value] = pair.split('=');
    if (key.trim() === name) return bounded(value.join('=').trim());
  }
  return undefined;
}

function bounded(value: string): string | undefined {
  return value === '' || value.length > LONGEST_SESSION ? undefined : value;
}
