/** `POST /webhooks/git/ADDRESS`: where Git hosts tell of pushes. Needs no token: the delivery is signed. */
import { Router, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { CartwrightError, isForCallers, RequestError, StoreUnavailable } from '../../app/errors.ts';
import type { Metrics } from '../../app/ports/metrics.ts';
import { RateLimiter } from '../../app/rate-limiter.ts';
import type { Received, WebhookReceiver } from '../../app/webhooks/receiver.ts';
import { WEBHOOK_PATH } from '../../app/webhooks/webhooks.ts';
import { readBytes } from './read-bytes.ts';

export interface WebhookRouteOptions {
  readonly receiver: Pick<WebhookReceiver, 'find' | 'receive'>;
  readonly metrics: Pick<Metrics, 'webhookDelivery'>;
  readonly logger: Logger;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
  /** {@link BODY} if absent. */
  readonly body?: { readonly bytes: number; readonly milliseconds: number };
}

/** Hosts give up after ten seconds themselves; a larger push is found by the next look at the repository. */
export const BODY = { bytes: 10 * 1024 * 1024, milliseconds: 10_000 };
/** Of one webhook, whoever asks. */
const EACH = { requestsPerSecond: 2, burst: 60, concurrent: 4, subscriptions: 0 };
/** Bodies that are held at once. */
const ALL = { requestsPerSecond: 200, burst: 1000, concurrent: 16, subscriptions: 0 };
/**
 * What was not a host's own, by webhook and the address of who asked; all that is no webhook counts as one. Behind a proxy
 * everybody has one address: who guesses must not keep a host from a webhook that is there.
 */
const WRONG = { requestsPerSecond: 0.1, burst: 10, concurrent: 16, subscriptions: 0 };

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  NOT_FOUND: 404,
  REQUEST_TIMEOUT: 408,
  PAYLOAD_TOO_LARGE: 413,
  RATE_LIMITED: 429,
  SECRET_KEY_MISSING: 503,
  SECRET_DAMAGED: 503,
};

/**
 * To be mounted at the root. Answers `{"result", "detail"}`: 202 when the source is going to be asked about, 200 when the
 * delivery has no effect (`ping`, `ignored`, `replayed`); else `{"error": {"code", "message"}}`.
 */
export function webhookRoutes(options: WebhookRouteOptions): Router {
  const { logger, metrics, monotonic } = options;
  const [each, all, wrong] = [EACH, ALL, WRONG].map((limits) => new RateLimiter(limits, monotonic)) as [
    RateLimiter,
    RateLimiter,
    RateLimiter,
  ];
  const router = Router();
  router.post(`${WEBHOOK_PATH}/:address`, async (request, response) => {
    const from = request.socket.remoteAddress ?? '';
    try {
      const { form, result, detail } = await receive(options, { each, all, wrong }, from, request, response);
      metrics.webhookDelivery(form, result);
      response.status(result === 'fetching' ? 202 : 200).json({ result, detail });
    } catch (error) {
      const code = error instanceof CartwrightError ? error.code : 'INTERNAL';
      metrics.webhookDelivery('none', RESULTS[code] ?? 'failed');
      refuse(response, error, logger);
    }
  });
  return router;
}

/** What becomes of a delivery that is not taken, as the metric says it. */
const RESULTS: Readonly<Record<string, string>> = {
  UNAUTHENTICATED: 'unsigned',
  NOT_FOUND: 'unknown',
  INVALID: 'unreadable',
  REQUEST_TIMEOUT: 'timeout',
  PAYLOAD_TOO_LARGE: 'too-large',
  RATE_LIMITED: 'rate-limited',
};

async function receive(
  { receiver, body = BODY }: WebhookRouteOptions,
  { each, all, wrong }: { readonly each: RateLimiter; readonly all: RateLimiter; readonly wrong: RateLimiter },
  from: string,
  request: Request<{ address: string }>,
  response: Response,
): Promise<Received> {
  const held: (() => void)[] = [];
  let key = from;
  try {
    const webhook = await receiver.find(request.params.address);
    key = `${webhook.uid} ${from}`;
    // Before its body is read: each wrong signature costs a digest of all of it.
    if (wrong.use(key).remaining === 0) throw tooMuch(response, Math.ceil(1 / WRONG.requestsPerSecond));
    for (const admission of [each.request(webhook.uid), all.request('')]) {
      if (!admission.ok) throw tooMuch(response, admission.retryAfterSeconds);
      held.push(admission.release);
    }
    return await receiver.receive(webhook, { headers: request.headers, body: await readBytes(request, body) });
  } catch (error) {
    if (!(error instanceof RequestError) || !['UNAUTHENTICATED', 'NOT_FOUND'].includes(error.code)) throw error;
    const counted = wrong.request(key);
    if (!counted.ok) throw tooMuch(response, counted.retryAfterSeconds);
    counted.release();
    throw error;
  } finally {
    for (const release of held) release();
  }
}

function tooMuch(response: Response, seconds: number): RequestError {
  response.set('Retry-After', String(seconds));
  return new RequestError('RATE_LIMITED', `too many deliveries; ask again in ${seconds} s`);
}

function refuse(response: Response, error: unknown, logger: Logger): void {
  if (response.destroyed) return;
  if (isForCallers(error)) {
    const { code, message } = error;
    // What is wrong with the platform's key is for its operator and the tenant, who see it in the log and the list.
    const isOurs = STATUS[code] === 503;
    if (isOurs) logger.error({ err: error }, 'a webhook’s secret cannot be read');
    const told = isOurs ? 'the platform cannot check the delivery now' : message;
    response.status(STATUS[code] ?? 400).json({ error: { code, message: told } });
    return;
  }
  logger.error({ err: error }, 'a delivery of a Git host failed unexpectedly');
  const status = error instanceof StoreUnavailable ? 503 : 500;
  response
    .status(status)
    .json({ error: { code: 'INTERNAL', message: 'the delivery could not be taken; send it again' } });
}
