/**
 * What changes in headers on the way through (RFC 9110 §7.6, RFC 9112). Pure. Header lists are flat: name, value, name, …,
 * as Node reads them, so that names keep their case and repeated ones their order.
 */

import type { IncomingMessage } from 'node:http';
import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from '../../../../schema/session-cookie.ts';
import { withoutCookie } from './affinity.ts';
import type { Arrival } from './arrival.ts';

/** Fields that concern one connection only (RFC 9110 §7.6.1), and `expect`, which the balancer has answered itself. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
]);

/** Fields that a request's `Connection` must not make disappear: they frame or address the message. */
const NEVER_NAMED = new Set(['host', 'content-length']);

/** Fields that the balancer writes itself. */
const REWRITTEN = new Set([
  'host',
  'expect',
  'x-forwarded-for',
  'x-forwarded-proto',
  'x-forwarded-host',
  'x-request-id',
]);

/** What a client says of who it is and how it came is believed from a proxy only. */
const CLAIM = /^(forwarded|x-forwarded-.+|x-real-ip)$/;

const FORWARDED_PORT = 'x-forwarded-port';

const REQUEST_ID = /^[\w.:@/+=-]{1,128}$/;

export interface RequestContext {
  readonly host: string;
  readonly requestId: string;
  readonly arrival: Pick<Arrival, 'isBelieved' | 'forwardedFor' | 'protocol' | 'forwardedHost'>;
  /** The header of that name which came. */
  readonly connection: string | undefined;
  /** A cookie of the balancer's own, which no instance has to see. */
  readonly withoutCookie: string | undefined;
}

export function forwardedHeaders(raw: readonly string[], context: RequestContext): string[] {
  const named = namedByConnection(context.connection);
  const headers = ['host', context.host];
  const { arrival, withoutCookie: cookie } = context;
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase();
    if (named?.has(name) || isLeftOut(name, arrival.isBelieved)) continue;
    const value = raw[index + 1]!;
    const kept = name === 'cookie' ? keptCookies(value, cookie) : value;
    if (kept !== '' || value === '') headers.push(raw[index]!, kept);
  }
  const asked = arrival.forwardedHost ?? context.host;
  if (!arrival.isBelieved || !names(raw, FORWARDED_PORT)) headers.push(FORWARDED_PORT, portIn(asked, arrival.protocol));
  headers.push(
    'x-forwarded-for',
    arrival.forwardedFor,
    'x-forwarded-proto',
    arrival.protocol,
    'x-forwarded-host',
    asked,
    'x-request-id',
    context.requestId,
  );
  return headers;
}

/** What an application is shown: neither the balancer's own cookie nor, where both have one host, the control plane's, which opens it. */
function keptCookies(cookies: string, own: string | undefined): string {
  const others = withoutCookie(withoutCookie(cookies, SECURE_SESSION_COOKIE), SESSION_COOKIE);
  return own === undefined ? others : withoutCookie(others, own);
}

function names(raw: readonly string[], name: string): boolean {
  return raw.some((text, index) => index % 2 === 0 && text.length === name.length && text.toLowerCase() === name);
}

/** The port that was asked for; the protocol's where none was named. */
function portIn(host: string, protocol: string): string {
  return /:(\d{1,5})$/.exec(host)?.[1] ?? (protocol === 'https' ? '443' : '80');
}

function isLeftOut(name: string, isBelieved: boolean): boolean {
  // CGI makes the same variable of both: X_Forwarded_For would be taken for what the balancer says.
  const meant = name.replaceAll('_', '-');
  return HOP_BY_HOP.has(name) || REWRITTEN.has(meant) || (CLAIM.test(meant) && !isBelieved);
}

/** An answer's headers without those of the connection to the instance; `raw` as undici gives it. */
export function answerHeaders(raw: readonly (Buffer | string)[], connection: 'close' | undefined): string[] {
  const texts = raw.map((value) => (typeof value === 'string' ? value : value.toString('latin1')));
  const headers: string[] = [];
  let named: ReadonlySet<string> | undefined;
  for (let index = 0; index + 1 < texts.length; index += 2)
    if (texts[index]!.length === 10 && texts[index]!.toLowerCase() === 'connection')
      named = namedByConnection(texts[index + 1]) ?? named;
  for (let index = 0; index + 1 < texts.length; index += 2) {
    const name = texts[index]!.toLowerCase();
    if (HOP_BY_HOP.has(name) || named?.has(name)) continue;
    headers.push(texts[index]!, texts[index + 1]!);
  }
  if (connection) headers.push('connection', connection);
  return headers;
}

function namedByConnection(list: string | undefined): ReadonlySet<string> | undefined {
  if (list === undefined || list === 'keep-alive' || list === 'close') return undefined;
  const names = list.split(',').map((name) => name.trim().toLowerCase());
  return new Set(names.filter((name) => !NEVER_NAMED.has(name)));
}

/** The client's own request id where it is one that can be logged, else `fresh`. */
export function requestId(received: string | string[] | undefined, fresh: () => string): string {
  return typeof received === 'string' && REQUEST_ID.test(received) ? received : fresh();
}

export type RequestTarget =
  | { readonly kind: 'path'; readonly host: string; readonly path: string; readonly query: string }
  | { readonly kind: 'invalid' };

/** Splits a request target in origin form or absolute form (whose authority beats the Host header, RFC 9112 §3.2.2). */
export function parseTarget(url: string, host: string | undefined): RequestTarget {
  if (url.startsWith('/')) return { kind: 'path', host: host ?? '', ...splitQuery(url) };
  const absolute = /^https?:\/\/([^/?#]+)(.*)$/i.exec(url);
  if (!absolute || absolute[1]!.includes('@')) return { kind: 'invalid' };
  const rest = absolute[2]!;
  return { kind: 'path', host: absolute[1]!, ...splitQuery(rest.startsWith('/') ? rest : `/${rest}`) };
}

function splitQuery(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  return mark === -1 ? { path: url, query: '' } : { path: url.slice(0, mark), query: url.slice(mark) };
}

/** Whether the headers name more than one host, or none though the version demands it (RFC 9112 §3.2). */
export function hasNoClearHost({
  rawHeaders,
  httpVersion,
}: Pick<IncomingMessage, 'rawHeaders' | 'httpVersion'>): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]!.length === 4 && rawHeaders[index]!.toLowerCase() === 'host') hosts++;
  return hosts > 1 || (hosts === 0 && httpVersion !== '1.0');
}
