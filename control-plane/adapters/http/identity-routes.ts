/** `POST /instance/v1/identity`: where pods ask which instance they are. What is sent and what is answered holds tokens: neither is logged. */
import { Router, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import {
  IDENTITY_PATH,
  identityRequest,
  MAX_IDENTITY_REQUEST_BYTES,
  type IdentityRequest,
} from '../../../schema/agent/identity.ts';
import { RequestError, StoreUnavailable } from '../../app/errors.ts';
import type { ExchangeIdentity } from '../../app/identity/exchange.ts';
import { RateLimiter } from '../../app/rate-limiter.ts';
import { readBytes } from './read-bytes.ts';

export interface IdentityRouteOptions {
  readonly exchange: ExchangeIdentity;
  readonly logger: Logger;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
}

const BODY = { bytes: MAX_IDENTITY_REQUEST_BYTES, milliseconds: 10_000 };
/** Of one address, behind which all pods of a host cluster may be. */
const EACH = { requestsPerSecond: 20, burst: 200, concurrent: 32, subscriptions: 0 };
/** Each may be a question to a host cluster. */
const ALL = { requestsPerSecond: 100, burst: 500, concurrent: 64, subscriptions: 0 };

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  REQUEST_TIMEOUT: 408,
  UNBOUND: 409,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  NOT_READY: 503,
};
const RETRY_AFTER_SECONDS: Readonly<Record<string, number>> = { UNBOUND: 1, NOT_READY: 5 };

/** To be mounted at the root, before what else is below `/instance/v1`. */
export function identityRoutes(options: IdentityRouteOptions): Router {
  const [each, all] = [EACH, ALL].map((limits) => new RateLimiter(limits, options.monotonic)) as [
    RateLimiter,
    RateLimiter,
  ];
  const router = Router();
  router.post(IDENTITY_PATH, async (request, response) => {
    const held: (() => void)[] = [];
    try {
      for (const admission of [each.request(request.socket.remoteAddress ?? ''), all.request('')]) {
        if (!admission.ok) throw tooMuch(response, admission.retryAfterSeconds);
        held.push(admission.release);
      }
      const answer = await options.exchange(await read(request));
      response.set('Cache-Control', 'private, no-store').json(answer);
    } catch (error) {
      refuse(response, error, options.logger);
    } finally {
      for (const release of held) release();
    }
  });
  router.all(IDENTITY_PATH, (_request, response) => {
    response.set('Allow', 'POST').status(405).json(body('METHOD_NOT_ALLOWED', 'send it with POST'));
  });
  return router;
}

/** Throws `RequestError`, which quotes nothing of what was sent. */
async function read(request: Request): Promise<IdentityRequest> {
  const bytes = await readBytes(request, BODY);
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new RequestError('INVALID', 'the body is not JSON');
  }
  const { data, error } = identityRequest.safeParse(value);
  if (data !== undefined) return data;
  const field = error.issues[0]?.path.join('.') ?? '';
  throw new RequestError('INVALID', `${field}: not as schema/agent/identity.ts has it, version 1`, { field });
}

function tooMuch(response: Response, seconds: number): RequestError {
  response.set('Retry-After', String(seconds));
  return new RequestError('RATE_LIMITED', `too many questions from this address; ask again in ${seconds} s`);
}

function refuse(response: Response, error: unknown, logger: Logger): void {
  if (response.destroyed) return;
  if (error instanceof RequestError) {
    const { code, message } = error;
    const seconds = RETRY_AFTER_SECONDS[code];
    if (seconds !== undefined) response.set('Retry-After', String(seconds));
    response.status(STATUS[code] ?? 400).json(body(code, message));
    return;
  }
  logger.error({ err: error }, 'a pod could not be told which instance it is');
  response
    .status(error instanceof StoreUnavailable ? 503 : 500)
    .json(body('INTERNAL', 'the platform cannot do this right now; ask again'));
}

function body(code: string, message: string): { readonly error: { readonly code: string; readonly message: string } } {
  return { error: { code, message } };
}
