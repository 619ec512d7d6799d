/** `GET /backup`: everything that the control plane keeps, as one archive, for operators. */
import type { Writable } from 'node:stream';
import { Router, type Response } from 'express';
import type { Logger } from 'pino';
import { requireRole } from '../../app/access.ts';
import { authenticateBearer } from '../../app/bearer.ts';
import { CartwrightError, RequestError, StoreUnavailable } from '../../app/errors.ts';
import type { UseCases } from '../../app/use-cases.ts';

export interface BackupRouteOptions {
  readonly useCases: Pick<UseCases, 'authenticate' | 'audited'>;
  /** Writes a backup to what `into` answers, which it asks for when it is ready to write. */
  readonly take: (into: () => Writable) => Promise<unknown>;
  readonly logger: Logger;
}

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  CONFLICT: 409,
  DATABASE_FULL: 507,
};

/** To be mounted at the root. An answer that breaks off in the middle is cut off for its reader, too. One at a time. */
export function backupRoutes({ useCases, take, logger }: BackupRouteOptions): Router {
  const router = Router();
  let isBusy = false;
  router.get('/backup', async (request, response) => {
    try {
      const principal = await authenticateBearer(useCases, request.headers.authorization);
      if (principal === undefined)
        throw new RequestError('UNAUTHENTICATED', 'a valid token is needed: "Authorization: Bearer TOKEN"');
      // It changes nothing, but whoever has it has everything: who took one is recorded as if it did.
      await useCases.audited(
        principal,
        { mutation: 'backup', address: request.socket.remoteAddress ?? null },
        async () => {
          requireRole(principal, 'operator');
          if (isBusy) throw new RequestError('CONFLICT', 'a backup is being taken already; wait for it');
          isBusy = true;
          try {
            await take(() => response.type('application/x-tar'));
            logger.info({ by: principal.name }, 'a backup was taken');
          } finally {
            isBusy = false;
          }
        },
      );
    } catch (error) {
      refuse(response, error, logger);
    }
  });
  return router;
}

function refuse(response: Response, error: unknown, logger: Logger): void {
  if (response.headersSent) {
    logger.warn({ err: error }, 'a backup was cut off');
    response.destroy();
    return;
  }
  if (error instanceof CartwrightError) {
    const status = error instanceof StoreUnavailable ? 503 : 400;
    response.status(STATUS[error.code] ?? status).json({ error: { code: error.code, message: error.message } });
    return;
  }
  logger.error({ err: error }, 'a backup failed unexpectedly');
  response
    .status(500)
    .json({ error: { code: 'INTERNAL', message: 'internal error; the log of the control plane says more' } });
}
