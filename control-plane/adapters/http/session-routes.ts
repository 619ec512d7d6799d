/**
 * `/session`: signs a browser in and out. What it keeps is a cookie that no script reads and that no page of another site has it send; it
 * opens the websocket of /graphql and this path, and nothing else.
 */
import { Router, type CookieOptions, type Request, type Response } from 'express';
import type { Logger } from 'pino';
import { z } from 'zod';
import { newUid } from '../../../schema/ids.ts';
import { SECURE_SESSION_COOKIE, SESSION_COOKIE } from '../../../schema/session-cookie.ts';
import { actorOf } from '../../app/access.ts';
import { CartwrightError, isForCallers, maskedText, RequestError, StoreUnavailable } from '../../app/errors.ts';
import { RateLimiter } from '../../app/rate-limiter.ts';
import type { Principal } from '../../app/principal.ts';
import { isOwnPage, schemeOf, shownSession } from '../../app/sessions/pages.ts';
import type { Session, SignInProof } from '../../app/sessions/use-cases.ts';
import type { UseCases } from '../../app/use-cases.ts';
import { readBytes } from './read-bytes.ts';

export interface SessionRouteOptions {
  readonly useCases: Pick<UseCases, 'sessions' | 'audited'>;
  /** That of the URL under which people reach the control plane; null where nobody said. */
  readonly publicOrigin: string | null;
  readonly logger: Logger;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Milliseconds that only grow. */
  readonly monotonic: () => number;
}

const BODY = { bytes: 2048, milliseconds: 10_000 };
/**
 * Of one address, behind which everybody may be whom a proxy stands before. Tokens and codes have 256 bits: these bounds keep work off
 * the database, and need not keep anybody from guessing.
 */
const EACH = { requestsPerSecond: 20, burst: 200, concurrent: 16, subscriptions: 0 };
const ALL = { requestsPerSecond: 100, burst: 500, concurrent: 64, subscriptions: 0 };

const STATUS: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  REQUEST_TIMEOUT: 408,
  PAYLOAD_TOO_LARGE: 413,
  UNSUPPORTED_MEDIA_TYPE: 415,
  RATE_LIMITED: 429,
  SECRET_KEY_MISSING: 503,
};

const HALF_SIGNED_OUT =
  'this browser is signed out, but the database takes nothing at the moment: a copy of its cookie would count again after the next start of the control plane; where somebody may have one, revoke the token';

const secret = z.string().min(1).max(512);
/** `isConfirmed`: whoever is signed in already was asked. Who types a token knows whose it is. */
const asked = z.union([
  z.strictObject({ token: secret }).transform(({ token }) => ({
    ...{ proof: { kind: 'token' as const, token }, isConfirmed: true },
  })),
  z.strictObject({ code: secret, instead: z.boolean().optional() }).transform(({ code, instead = false }) => ({
    ...{ proof: { kind: 'code' as const, code }, isConfirmed: instead },
  })),
]);

/**
 * To be mounted at the root.
 *
 * - `POST /session` with `{"token"}` or `{"code"}` as JSON: 204 with the cookie. Where the browser is signed in as another than the code
 *   is of, 409 with the error SIGNED_IN_AS_ANOTHER and who they are (`signsIn`, `signedIn`), and the code is not used; `{"code", "instead":
 *   true}` says that the person was asked.
 * - `GET /session`: `{"name", "role", "tenant", "application", "expiresAt"}` of who is signed in, as `caller` says it.
 * - `DELETE /session`: 204; the cookie is gone and what the session held open is ended, also where there was none. 503: so it is, and the
 *   database does not take it, so that a copy of the cookie would count again after the next start; try again.
 *
 * Otherwise a status from 400 on with `{"error": {"code", "message", "correlationId"?}}`.
 */
export function sessionRoutes(options: SessionRouteOptions): Router {
  const [each, all] = [EACH, ALL].map((limits) => new RateLimiter(limits, options.monotonic)) as [
    RateLimiter,
    RateLimiter,
  ];
  const router = Router();
  const route = router.route('/session');
  const answering = (work: (request: Request, response: Response) => Promise<void>) => {
    return async (request: Request, response: Response): Promise<void> => {
      const held: (() => void)[] = [];
      response.set({ 'Cache-Control': 'no-store', 'Cross-Origin-Resource-Policy': 'same-origin' });
      try {
        for (const admission of [each.request(request.socket.remoteAddress ?? ''), all.request('')]) {
          if (!admission.ok) throw tooMuch(response, admission.retryAfterSeconds);
          held.push(admission.release);
        }
        await work(request, response);
      } catch (error) {
        refuse(response, error, options.logger);
      } finally {
        for (const release of held) release();
      }
    };
  };
  route.get(answering((request, response) => tellWho(options, request, response)));
  route.post(answering((request, response) => signIn(options, request, response)));
  route.delete(answering((request, response) => signOut(options, request, response)));
  route.all((_request, response) => {
    response.set('Allow', 'GET, HEAD, POST, DELETE').status(405).json(body('METHOD_NOT_ALLOWED', 'send it with POST'));
  });
  return router;
}

async function tellWho({ useCases, publicOrigin }: SessionRouteOptions, request: Request, response: Response) {
  const shown = shownTo(request, publicOrigin);
  const session = shown === undefined ? undefined : await useCases.sessions.find(shown);
  if (session === undefined)
    throw new RequestError('UNAUTHENTICATED', 'nobody is signed in here: sign in with a token');
  response.json(shownAs(session));
}

async function signIn(options: SessionRouteOptions, request: Request, response: Response): Promise<void> {
  const { useCases, publicOrigin, now } = options;
  refuseOthersPages(request, publicOrigin);
  const { proof, isConfirmed } = await read(request);
  if (!isConfirmed && proof.kind === 'code') {
    const question = await questionFor(options, request, proof.code);
    if (question !== undefined) {
      response.status(409).json(question);
      return;
    }
  }
  const begun = await useCases.sessions.begin(proof);
  if (begun === undefined)
    throw new RequestError(
      'UNAUTHENTICATED',
      'the token, or the link, signs nobody in: unknown, used, revoked or expired; "cartwright open" makes another link',
    );
  const { principal, sealed, expiresAt } = begun;
  // It changes nothing, but whoever has the cookie may do what the token may: where it went is recorded as if it did.
  const signing = { mutation: 'signIn', address: request.socket.remoteAddress ?? null };
  await useCases.audited(principal, signing, async () => undefined);
  const isSecure = schemeOf(request.headers, howOf(request, publicOrigin)) === 'https';
  response.cookie(isSecure ? SECURE_SESSION_COOKIE : SESSION_COOKIE, sealed, {
    ...cookieOf(isSecure),
    // In whole seconds, as the header has it.
    maxAge: Math.max(0, Math.ceil((expiresAt - now()) / 1000) * 1000),
  });
  response.status(204).end();
}

/** What a person is to be asked before a link makes somebody else of them; `undefined`: nothing. */
async function questionFor({ useCases, publicOrigin }: SessionRouteOptions, request: Request, code: string) {
  const shown = shownTo(request, publicOrigin);
  const session = shown === undefined ? undefined : await useCases.sessions.find(shown);
  if (session === undefined) return undefined;
  const other = await useCases.sessions.whomBy(code);
  if (other === undefined || other.token === session.principal.token) return undefined;
  const message = `this browser is signed in as "${session.principal.name}", and the link signs in as "${other.name}"; ask the person, and send it with "instead": true`;
  return {
    ...body('SIGNED_IN_AS_ANOTHER', message),
    ...{ signsIn: whoIs(other), signedIn: whoIs(session.principal) },
  };
}

async function signOut(options: SessionRouteOptions, request: Request, response: Response): Promise<void> {
  const { useCases, publicOrigin, logger } = options;
  refuseOthersPages(request, publicOrigin);
  const shown = shownTo(request, publicOrigin);
  // Whatever becomes of the rest: this browser is signed out.
  response.clearCookie(SECURE_SESSION_COOKIE, cookieOf(true)).clearCookie(SESSION_COOKIE, cookieOf(false));
  try {
    if (shown !== undefined) await useCases.sessions.end(shown);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    logger.error({ err: error }, 'a session that somebody has ended could not be stored as ended');
    response.status(503).json(body(error.code, HALF_SIGNED_OUT));
    return;
  }
  response.status(204).end();
}

/** Throws `RequestError`, which quotes nothing of what was sent. */
async function read(request: Request): Promise<{ readonly proof: SignInProof; readonly isConfirmed: boolean }> {
  if (request.is('application/json') === false)
    throw new RequestError('UNSUPPORTED_MEDIA_TYPE', 'expected Content-Type: application/json');
  const bytes = await readBytes(request, BODY);
  const expected = new RequestError(
    'INVALID',
    'expected {"token": "…"} or {"code": "…"} as JSON; with a code also "instead": true',
  );
  let value: unknown;
  try {
    value = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw expected;
  }
  const { data } = asked.safeParse(value);
  if (data === undefined) throw expected;
  return data;
}

/** A page of another site must not sign anybody in or out; programs name no page. */
function refuseOthersPages({ headers }: Request, publicOrigin: string | null): void {
  if (headers.origin === undefined || isOwnPage(headers, publicOrigin)) return;
  throw new RequestError(
    'FORBIDDEN',
    'the page is of another host than the control plane; where a proxy stands before it, an operator sets CARTWRIGHT_PUBLIC_URL',
  );
}

/** For questions without an origin, as browsers ask a page's own host: only a browser that came by TLS has the one, so it comes first. */
function shownTo(request: Request, publicOrigin: string | null): string | undefined {
  const secure = shownSession(request.headers, 'https');
  const isPlain = schemeOf(request.headers, howOf(request, publicOrigin)) === 'http';
  return secure ?? (isPlain ? shownSession(request.headers, 'http') : undefined);
}

function howOf({ socket }: Request, publicOrigin: string | null) {
  return { publicOrigin, isEncrypted: 'encrypted' in socket };
}

function cookieOf(secure: boolean): CookieOptions {
  return { httpOnly: true, sameSite: 'strict', path: '/', secure };
}

/** Values as the API has them. */
function shownAs({ principal, expiresAt }: Session): object {
  return { ...whoIs(principal), expiresAt: new Date(expiresAt).toISOString() };
}

function whoIs(principal: Principal): object {
  const { name, role, tenant, application } = actorOf(principal);
  return { name, role: role.toUpperCase(), tenant, application };
}

function tooMuch(response: Response, seconds: number): RequestError {
  response.set('Retry-After', String(seconds));
  return new RequestError('RATE_LIMITED', `too many questions from this address; ask again in ${seconds} s`);
}

function refuse(response: Response, error: unknown, logger: Logger): void {
  if (response.destroyed) return;
  if (isForCallers(error)) {
    if (error.code === 'UNAUTHENTICATED') response.set('WWW-Authenticate', 'Bearer realm="cartwright"');
    response.status(STATUS[error.code] ?? 400).json(body(error.code, error.message));
    return;
  }
  const correlationId = newUid();
  logger.error({ err: error, correlationId }, 'a sign-in failed unexpectedly');
  const code = error instanceof CartwrightError ? error.code : undefined;
  response
    .status(error instanceof StoreUnavailable ? 503 : 500)
    .json({ error: { code: code ?? 'INTERNAL', message: maskedText(code, correlationId), correlationId } });
}

function body(code: string, message: string): { readonly error: { readonly code: string; readonly message: string } } {
  return { error: { code, message } };
}
