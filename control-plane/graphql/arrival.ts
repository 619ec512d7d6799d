/** What is known of how a request came, whichever way it is asked on. */
import type { IncomingMessage } from 'node:http';
import { baseOf, isOwnPage, schemeOf, shownSession } from '../app/sessions/pages.ts';

export interface Arrival {
  /** Where it came from, as far as the connection tells. */
  readonly address: string | null;
  /** URL under which it came, without a slash at its end; null where it does not say. */
  readonly base: string | null;
}

/** @param publicOrigin that of the URL under which people reach the control plane; null where nobody said */
export function arrivalOf({ headers, socket }: IncomingMessage, publicOrigin: string | null): Arrival {
  const how = { publicOrigin, isEncrypted: 'encrypted' in socket };
  return { address: socket.remoteAddress ?? null, base: baseOf(headers, how) };
}

/**
 * The session that a browser shows for one of the control plane's own pages. A page of another origin could have a browser show it, too,
 * and a request that names no page is a program's, which has a token.
 */
export function sessionOfPage({ headers, socket }: IncomingMessage, publicOrigin: string | null): string | undefined {
  if (!isOwnPage(headers, publicOrigin)) return undefined;
  return shownSession(headers, schemeOf(headers, { publicOrigin, isEncrypted: 'encrypted' in socket }));
}
