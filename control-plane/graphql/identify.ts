/** Whose a websocket is: the token's of its first message, or the session's of the browser that opened it. */
import { authenticateBearer } from '../app/bearer.ts';
import type { Principal } from '../app/principal.ts';
import type { UseCases } from '../app/use-cases.ts';

export interface Identified {
  readonly principal: Principal;
  /** When its session ends, in milliseconds since the epoch; null: it came in with a token. */
  readonly sessionEndsAt: number | null;
  /** Calls `onEnd` once when what it came in with has ended, for the reason given. Returns a function that ends the following. */
  readonly follow: (onEnd: (reason: string) => void) => () => void;
}

/**
 * A token that is given counts alone, whatever the browser shows. `undefined`: nobody.
 * @param parameters of the first message
 * @param shown the session that the browser shows
 */
export async function identify(
  useCases: Pick<UseCases, 'authenticate' | 'followToken' | 'sessions'>,
  parameters: Readonly<Record<string, unknown>> | undefined,
  shown: string | undefined,
): Promise<Identified | undefined> {
  const authorization = parameters?.authorization ?? parameters?.Authorization ?? undefined;
  if (authorization !== undefined) {
    const principal = await authenticateBearer(useCases, authorization);
    return (
      principal && {
        principal,
        sessionEndsAt: null,
        follow: (onEnd) => useCases.followToken(principal, () => onEnd('the token has ended: revoked or expired')),
      }
    );
  }
  const session = shown === undefined ? undefined : await useCases.sessions.find(shown);
  return (
    session && {
      principal: session.principal,
      sessionEndsAt: session.expiresAt,
      follow: (onEnd) =>
        useCases.sessions.follow(session, () =>
          onEnd('the session has ended: signed out, expired, or its token was revoked'),
        ),
    }
  );
}
