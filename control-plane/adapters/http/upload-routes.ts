/** `POST /upload/source`: takes a source tree, which the mutation `deploy` then names by its digest. */
import { PassThrough, finished } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { Router, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { newUid } from '../../../schema/ids.ts';
import { authenticateBearer } from '../../app/bearer.ts';
import { CartwrightError, isForCallers, maskedText, RequestError, StoreUnavailable } from '../../app/errors.ts';
import { refusalText, type RateLimiter } from '../../app/rate-limiter.ts';
import type { Mutations, UseCases } from '../../app/use-cases.ts';

export interface UploadOptions {
  readonly useCases: Pick<UseCases, 'authenticate' | 'audited'> & {
    readonly mutations: Pick<Mutations, 'uploadSource'>;
  };
  /** How much each token may ask. */
  readonly rates: RateLimiter;
  readonly logger: Logger;
}

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  CONFLICT: 409,
  ARTIFACT_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  DISK_FULL: 507,
};
/** How long the rest of a refused body is read and thrown away, so that its sender gets to read the answer. */
const DRAIN_MILLISECONDS = 5_000;
const DRAIN_STRANGER_MILLISECONDS = 500;

/**
 * To be mounted at the root. The body is a gzip-compressed tar of the tree (`Content-Type: application/gzip`), streamed to
 * the use case, which bounds it. Operators name another tenant than "default" by `?tenant=`.
 *
 * Answers 201 `{"digest": "sha256-…", "bytes": N}`, or a status from 400 on with
 * `{"error": {"code", "message", "field"?, "correlationId"?}}`.
 */
export function uploadRoutes(options: UploadOptions): Router {
  const router = Router();
  router.post('/upload/source', async (request, response) => {
    try {
      response.status(201).json(await receive(options, request, response));
    } catch (error) {
      await refuse(options.logger, request, response, error);
    }
  });
  return router;
}

async function receive(
  { useCases, rates }: UploadOptions,
  request: Request,
  response: Response,
): Promise<{ digest: string; bytes: number }> {
  const principal = await authenticateBearer(useCases, request.headers.authorization);
  if (principal === undefined) {
    throw new RequestError('UNAUTHENTICATED', 'a valid token is needed: send it as "Authorization: Bearer TOKEN"');
  }
  const admission = rates.request(principal.token);
  if (!admission.ok) {
    response.set('Retry-After', String(admission.retryAfterSeconds));
    throw new RequestError('RATE_LIMITED', refusalText(admission));
  }
  response.once('close', admission.release);
  if (request.is('application/gzip') === false) {
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'expected Content-Type: application/gzip, a gzip-compressed tar');
  }
  const { tenant } = request.query;
  if (tenant !== undefined && typeof tenant !== 'string') {
    throw new RequestError('INVALID', 'tenant: expected one name', { field: 'tenant' });
  }
  // Not the request itself: whoever destroys that closes the connection before the answer was sent.
  const archive = new PassThrough();
  finished(request, { writable: false }, (error) => {
    if (error) archive.destroy(error);
  });
  request.pipe(archive);
  const asked = { mutation: 'uploadSource', input: { tenant }, address: request.socket.remoteAddress ?? null };
  return useCases.audited(principal, asked, () => useCases.mutations.uploadSource(principal, archive, tenant));
}

async function refuse(logger: Logger, request: Request, response: Response, error: unknown): Promise<void> {
  request.unpipe();
  request.resume();
  const stranger = error instanceof RequestError && error.code === 'UNAUTHENTICATED';
  await ended(request, stranger ? DRAIN_STRANGER_MILLISECONDS : DRAIN_MILLISECONDS);
  if (response.destroyed) return;
  response.set('Connection', 'close');
  if (stranger) response.set('WWW-Authenticate', 'Bearer realm="cartwright"');
  if (isForCallers(error)) {
    const { code, message, field } = error;
    const status = STATUS[code] ?? 400;
    response.status(status).json({ error: { code, message, ...(field !== undefined && { field }) } });
    return;
  }
  const correlationId = newUid();
  logger.error({ err: error, correlationId }, 'an upload failed unexpectedly');
  const known = error instanceof CartwrightError ? error.code : undefined;
  const message = maskedText(known, correlationId);
  response
    .status(error instanceof StoreUnavailable ? 503 : 500)
    .json({ error: { code: known ?? 'INTERNAL', message, correlationId } });
}

/** Resolves when the body has ended or broken off, or the time is over. */
async function ended(request: Request, milliseconds: number): Promise<void> {
  if (request.readableEnded || request.destroyed) return;
  const late = new AbortController();
  const over = delay(milliseconds, undefined, { signal: late.signal }).catch(() => undefined);
  const end = new Promise<void>((resolve) => finished(request, { writable: false }, () => resolve()));
  await Promise.race([end, over]);
  late.abort();
}
