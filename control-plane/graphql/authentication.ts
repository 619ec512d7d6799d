/** Only callers with a valid token get anything. Over HTTP no cookie stands for one: a page of another site could have it sent. */
import type { Request, RequestHandler } from 'express';
import { authenticateBearer } from '../app/bearer.ts';
import type { Principal } from '../app/principal.ts';
import type { UseCases } from '../app/use-cases.ts';

const principals = new WeakMap<Request, Principal>();

/**
 * Lets only requests with a valid token pass, before their body is read; the others get 401 with a GraphQL-shaped body.
 * Errors of the lookup go to the next error handler.
 */
export function requirePrincipal(useCases: UseCases): RequestHandler {
  return async (request, response, next) => {
    const principal = await authenticateBearer(useCases, request.headers.authorization);
    if (principal !== undefined) {
      principals.set(request, principal);
      next();
      return;
    }
    response
      .status(401)
      .set('WWW-Authenticate', 'Bearer realm="cartwright"')
      .json({
        errors: [
          {
            message: 'a valid token is needed: send it as "Authorization: Bearer TOKEN"',
            extensions: { code: 'UNAUTHENTICATED' },
          },
        ],
      });
  };
}

/** The principal that {@link requirePrincipal} found for this request. */
export function principalOf(request: Request): Principal {
  const principal = principals.get(request);
  if (principal === undefined) throw new Error('principalOf: the request did not pass requirePrincipal');
  return principal;
}
