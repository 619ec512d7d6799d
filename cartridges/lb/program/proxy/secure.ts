/** What routes ask of the way that a request comes by. */
import type { IncomingMessage } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Route } from '../../../../schema/mqtt/topology.ts';
import type { Refusal } from './reply.ts';

export function isSecure({ socket }: Pick<IncomingMessage, 'socket'>): boolean {
  return socket instanceof TLSSocket;
}

/**
 * Sends what came without TLS to the same address with it, method and body included (308, RFC 9110 §15.4.9); `undefined` where it may
 * go on. The host is as the client named it: TLS is spoken on the port that the client knows, or on that of whoever passes both on.
 */
export function demandTls(
  { https }: Pick<Route, 'https'>,
  protocol: string,
  { host, path, query }: { readonly host: string; readonly path: string; readonly query: string },
  isOffered: boolean,
): Refusal | undefined {
  if (https !== 'required' || protocol === 'https') return undefined;
  if (!isOffered)
    return {
      status: 503,
      text: 'This is served by HTTPS only, and there is no certificate for it yet.',
      retryAfterSeconds: 60,
    };
  if (!/^[\w.:[\]-]+$/.test(host))
    return { status: 400, text: 'This is served by HTTPS only, and the request names no host.' };
  return { status: 308, text: 'This is served by HTTPS only.', location: `https://${host}${path}${query}` };
}

/** The header of RFC 6797, which means something by TLS alone. */
export function strictTransport({ hstsSeconds }: Pick<Route, 'hstsSeconds'>, protocol: string): string[] {
  if (hstsSeconds === undefined || protocol !== 'https') return [];
  return ['strict-transport-security', `max-age=${hstsSeconds}`];
}
