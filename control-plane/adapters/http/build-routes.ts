/** Where the agents of builds fetch their sources and bring what they have built (schema/agent/build.ts). */
import { Router, type Request, type Response } from 'express';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Logger } from 'pino';
import { BuildError, RequestError } from '../../app/errors.ts';
import type { BuildArchives } from '../kubernetes/jobs/build-exchange.ts';

export interface BuildRoutesOptions {
  readonly archives: BuildArchives;
  /** The build that runs with this token; `undefined` where there is none. Throws `RequestError` NOT_READY. */
  readonly buildOf: (token: string) => Promise<{ readonly build: string; readonly mostBytes: number } | undefined>;
  readonly logger: Pick<Logger, 'error'>;
}

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,512})$/i;

/** To be mounted at the path of the instance endpoints. */
export function buildRoutes(options: BuildRoutesOptions): Router {
  const { archives, buildOf, logger } = options;
  const router = Router();
  const found = async (request: Request, response: Response) => {
    const token = BEARER.exec(request.headers.authorization ?? '')?.[1];
    try {
      const build = token === undefined ? undefined : await buildOf(token);
      if (build === undefined)
        refuse(
          response,
          401,
          'UNAUTHENTICATED',
          'send the token of a build that runs as "Authorization: Bearer TOKEN"',
        );
      return build;
    } catch (error) {
      if (!(error instanceof RequestError)) throw error;
      refuse(response.set({ Connection: 'close', 'Retry-After': '1' }), 503, error.code, error.message);
      return undefined;
    }
  };

  router.get('/build/source', async (request, response, next) => {
    const build = await found(request, response);
    if (build === undefined) return;
    response.set({ 'Content-Type': 'application/gzip', 'Cache-Control': 'private, no-store' });
    const sending = { acceptRanges: true, cacheControl: false, lastModified: false, dotfiles: 'allow' as const };
    response.sendFile(archives.source(build.build), sending, (error?: Error & { code?: string }) => {
      // The agent has gone: nobody is left to be told.
      if (error !== undefined && !response.headersSent && error.code !== 'ECONNABORTED') next(error);
    });
  });

  router.put('/build/archive', async (request, response) => {
    const build = await found(request, response);
    if (build === undefined) return;
    // Not the request itself: whoever destroys that closes the connection before the answer was sent.
    const archive = new PassThrough();
    const taken = pipeline(request, archive);
    try {
      await Promise.all([archives.receive(build.build, archive, build.mostBytes), taken]);
      response.json({});
    } catch (error) {
      archive.destroy();
      await taken.catch(() => undefined);
      if (response.destroyed) return;
      response.set('Connection', 'close');
      if (error instanceof BuildError) return refuse(response, 413, error.code, error.message);
      logger.error({ err: error }, 'what a build brought was not taken');
      const isFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
      refuse(response, isFull ? 507 : 500, isFull ? 'DISK_FULL' : 'INTERNAL', 'not now; bring it again');
    }
  });
  return router;
}

function refuse(response: Response, status: number, code: string, message: string): void {
  response.status(status).set('Cache-Control', 'no-store').json({ error: { code, message } });
}
