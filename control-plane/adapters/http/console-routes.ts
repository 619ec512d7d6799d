/** The console: one page for every path that browsers ask for and the API does not have, and the files that it is made of. */
import { Router, type Request, type Response } from 'express';
import type { ConsoleFile, ConsoleFiles } from './console-files.ts';

export interface ConsoleRouteOptions {
  readonly files: ConsoleFiles;
  /** That of the URL under which people reach the control plane; null where nobody said. */
  readonly publicOrigin: string | null;
}

/** First parts of paths that are the API's, or hold files: what is not found below them is not found, also for a browser. */
const NO_PAGES = new Set([
  ...['backup', 'graphql', 'healthz', 'instance', 'metrics', 'readyz', 'session', 'upload', 'webhooks'],
  'assets',
]);
/** Of a host, with a port if need be: nothing that could end a source of the policy and begin another. */
const HOST = /^(?:[A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/;

/**
 * To be mounted at the root, behind everything but what answers `GET /` to programs. Who would as soon have JSON as HTML, such as curl,
 * is left to those behind.
 */
export function consoleRoutes({ files, publicOrigin }: ConsoleRouteOptions): Router {
  const router = Router();
  const publicHost = publicOrigin === null ? undefined : URL.parse(publicOrigin)?.host;
  router.get('/{*path}', (request, response, next) => {
    const name = nameOf(request.path);
    const file = files.others.get(name);
    if (file !== undefined) {
      // An image may hold scripts, and may be opened by itself.
      response.set('Content-Security-Policy', "default-src 'none'; frame-ancestors 'none'");
      send(file, name, request, response);
    } else if (isForThePage(request)) {
      response.set(OF_THE_PAGE).vary('Accept');
      response.set('Content-Security-Policy', policy([request.headers.host, publicHost]));
      send(files.index, 'index.html', request, response);
    } else next();
  });
  return router;
}

const OF_THE_PAGE = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy':
    'camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), publickey-credentials-get=(), serial=(), usb=()',
  'Referrer-Policy': 'no-referrer',
};

/**
 * Everything from this host, nothing within the page itself. Browsers before CSP 3 (Safari 15) do not take 'self' for websockets: so the
 * hosts stand there as well, the one that was asked and the one under which people reach it.
 */
function policy(hosts: readonly (string | undefined)[]): string {
  const known = new Set(hosts.filter((host) => host !== undefined && HOST.test(host)));
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    ["connect-src 'self'", ...[...known].flatMap((host) => [`ws://${host}`, `wss://${host}`])].join(' '),
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    // No script of the console makes markup or scripts of texts.
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** Whether it is a browser that asks for a page, and not for what only the API, or a build, could have. */
function isForThePage(request: Request): boolean {
  const [first = ''] = request.path.split('/').slice(1);
  return !NO_PAGES.has(first.toLowerCase()) && request.accepts(['json', 'html']) === 'html';
}

/** Of the file that a path is about; empty for what is no path, which no file is called. */
function nameOf(path: string): string {
  try {
    return decodeURIComponent(path.slice(1));
  } catch {
    return '';
  }
}

function send(file: ConsoleFile, name: string, request: Request, response: Response): void {
  const { content, compressed, tag, isImmutable } = file;
  response.set({
    'Cache-Control': isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'X-Content-Type-Options': 'nosniff',
    ETag: tag,
  });
  response.type(name.slice(name.lastIndexOf('/') + 1));
  if (compressed.size > 0) response.vary('Accept-Encoding');
  // The smallest that is taken at all: browsers take them alike, and name the largest first.
  const [encoding, body] = [...compressed].find(([possible]) => request.acceptsEncodings(possible) === possible) ?? [];
  if (encoding !== undefined) response.set('Content-Encoding', encoding);
  response.send(body ?? content);
}
