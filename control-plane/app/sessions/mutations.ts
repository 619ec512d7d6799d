/** Making one-time links. */
import { requireRole } from '../access.ts';
import { RequestError } from '../errors.ts';
import type { SignInCodes } from './codes.ts';
import { isLocalPath } from '../../../schema/local-path.ts';
import type { SessionMutations } from './use-cases.ts';

export interface SessionMutationOptions {
  readonly codes: SignInCodes;
  /** Under which people reach the control plane; null where nobody said. */
  readonly publicUrl: string | null;
  readonly now: () => number;
}

export function createSessionMutations({ codes, publicUrl, now }: SessionMutationOptions): SessionMutations {
  return {
    async createSignInLink(principal, { path, base, until }) {
      requireRole(principal, 'viewer');
      if (!isLocalPath(path))
        throw new RequestError(
          'INVALID',
          'path: expected a path of the console such as /applications/shop, with at most 500 characters and without a host',
          { field: 'path' },
        );
      const at = publicUrl ?? base;
      if (at === null)
        throw new RequestError(
          'INVALID',
          'the request does not say under which host the control plane is reached; an operator says it with CARTWRIGHT_PUBLIC_URL',
        );
      const { code, expiresAt } = codes.issue({ token: principal.token, until }, now());
      // In the fragment, which browsers send to nobody: it is in no log on the way.
      return { url: `${at}/sign-in#${new URLSearchParams({ code, to: path }).toString()}`, expiresAt };
    },
  };
}
