/** The one way in which a caller says who it is: a bearer token. */
import type { Principal } from './principal.ts';
import type { UseCases } from './use-cases.ts';

/** Longest header that is looked at; tokens that the platform issues are far shorter. */
const MAX_LENGTH = 512;
const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/** The principal of an `Authorization` header's value, or `undefined` for everything that is not a valid one. */
export async function authenticateBearer(
  useCases: Pick<UseCases, 'authenticate'>,
  authorization: unknown,
): Promise<Principal | undefined> {
  if (typeof authorization !== 'string' || authorization.length > MAX_LENGTH) return undefined;
  const token = BEARER.exec(authorization)?.[1];
  return token === undefined ? undefined : useCases.authenticate(token);
}
