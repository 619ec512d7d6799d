/** The file server: Express' static files with an own 404 page, and an end that lets requests in flight finish. */
import { createHash } from 'node:crypto';
import type { Stats } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import express, { type Express, type NextFunction, type Request, type Response } from 'express';
import type { Settings } from './settings.ts';

/** Serves files below the root (ETag, ranges, `index.html` of folders); never names that begin with a dot. */
function staticApplication({ root, maxAgeSeconds, fallback, version }: Settings): Express {
  // Files of an artifact all bear the same time: a tag of time and size would call a changed file unchanged.
  const tag = (response: Response, _path: string, { size }: Stats) => {
    response.setHeader(
      'ETag',
      `"${createHash('sha256').update(version).digest('hex').slice(0, 16)}-${size.toString(16)}"`,
    );
  };
  const application = express();
  application.disable('x-powered-by');
  application.use((request, response, next) => {
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (request.method === 'GET' || request.method === 'HEAD') return next();
    response.setHeader('Allow', 'GET, HEAD');
    response.status(405).type('text').send(`${request.method} is not possible; these are files\n`);
  });
  application.use(
    express.static(root, {
      dotfiles: 'ignore',
      maxAge: maxAgeSeconds * 1000,
      etag: false,
      lastModified: false,
      setHeaders: tag,
    }),
  );
  application.use((request, response, next) => {
    const page = fallback && request.accepts('html') ? 'index.html' : '404.html';
    if (page === '404.html') response.status(404);
    response.sendFile(
      join(root, page),
      { dotfiles: 'allow', cacheControl: false, etag: false, lastModified: false },
      (error?: NodeJS.ErrnoException) => {
        if (error === undefined || response.headersSent) return;
        if (error.code !== 'ENOENT') return next(error);
        response.status(404).type('text').send('not found\n');
      },
    );
  });
  application.use((error: { status?: number }, _request: Request, response: Response, next: NextFunction) => {
    if (response.headersSent) return next(error);
    const status = error.status !== undefined && error.status < 500 ? error.status : 500;
    response
      .status(status)
      .type('text')
      .send(status === 500 ? 'internal error\n' : 'bad request\n');
  });
  return application;
}

export interface StaticServer {
  readonly address: AddressInfo;
  /** Takes no new connection; resolves when the last request in flight is answered. */
  close(): Promise<void>;
}

/** Rejects with the system's error when it cannot listen. */
export function startServer(settings: Settings): Promise<StaticServer> {
  const application = staticApplication(settings);
  let isEnding = false;
  const server: Server = createServer((request, response) => {
    if (isEnding) response.setHeader('Connection', 'close');
    application(request, response);
  });
  // Longer than any balancer keeps an idle connection, so that it is the balancer who closes it.
  server.keepAliveTimeout = 65_000;
  const close = () =>
    new Promise<void>((resolve, reject) => {
      isEnding = true;
      server.close((error) => (error ? reject(error) : resolve()));
      server.closeIdleConnections();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port: settings.port, host: settings.host }, () => {
      server.off('error', reject);
      resolve({ address: server.address() as AddressInfo, close });
    });
  });
}
