/** What is looked at before a request is worked on: how much its token asks, and what its document is made of. */
import type { RequestHandler } from 'express';
import { parse, type DocumentNode, type GraphQLError } from 'graphql';
import { refusalText, type RateLimiter, type Refusal } from '../app/rate-limiter.ts';
import { principalOf } from './authentication.ts';
import { exceededByText, type Limits } from './limits.ts';

/** Lets a token ask as much as it may, and answers 429 beyond; every answer says what is left. */
export function limitRate(rates: RateLimiter): RequestHandler {
  return (request, response, next) => {
    const { token } = principalOf(request);
    const admission = rates.request(token);
    const { requestsPerSecond, burst } = rates.limits;
    response.set('RateLimit-Policy', `"requests";q=${burst};w=${Math.ceil(burst / requestsPerSecond)}`);
    response.set('RateLimit', `"requests";r=${rates.use(token).remaining}`);
    if (admission.ok) {
      response.once('close', admission.release);
      next();
      return;
    }
    const { message, extensions } = tooOften(admission);
    response
      .status(429)
      .set({ 'Retry-After': String(admission.retryAfterSeconds), Connection: 'close' })
      .json({ errors: [{ message, extensions }] });
  };
}

/** A refusal by a rate, as an error of GraphQL. */
export function tooOften(refusal: Refusal): {
  readonly message: string;
  readonly extensions: { readonly code: 'RATE_LIMITED'; readonly reason: string; readonly retryAfterSeconds: number };
} {
  const { reason, retryAfterSeconds } = refusal;
  return {
    message: refusalText(refusal),
    extensions: { code: 'RATE_LIMITED', reason, retryAfterSeconds },
  };
}

/** Refuses a document by what stands in it, before it is validated. What is no document is left to those behind. */
export function limitDocument(limits: Limits): RequestHandler {
  return (request, response, next) => {
    const { query } = (request.method === 'GET' ? request.query : request.body) as { query?: unknown };
    const error = typeof query === 'string' ? byText(query, limits) : undefined;
    if (error === undefined) next();
    else
      response.status(400).json({ errors: [{ message: error.message, extensions: { code: error.extensions.code } }] });
  };
}

function byText(query: string, limits: Limits): GraphQLError | undefined {
  let document: DocumentNode;
  try {
    document = parse(query, { maxTokens: limits.tokens, noLocation: true });
  } catch {
    // Apollo Server says where the mistake is.
    return undefined;
  }
  return exceededByText(document, limits);
}
