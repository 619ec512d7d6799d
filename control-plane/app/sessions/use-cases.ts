/** Sessions of people in browsers: each stands for a token, ends with it, and after half a day at the latest. */
import type { Principal } from '../principal.ts';

/** What somebody shows to begin a session. */
export type SignInProof =
  { readonly kind: 'token'; readonly token: string } | { readonly kind: 'code'; readonly code: string };

export interface Session {
  /** Names it, and opens nothing. */
  readonly id: string;
  readonly principal: Principal;
  /** Milliseconds since the epoch; never after the token's own end. */
  readonly expiresAt: number;
}

export interface BegunSession extends Session {
  /** What the browser keeps and shows: letters, digits, `-`, `_` and `.`, at most 512 of them. */
  readonly sealed: string;
}

export interface SessionUseCases {
  /** `undefined`: the token, or the code, is none, or it has ended. Throws `SecretError` SECRET_KEY_MISSING. */
  begin(proof: SignInProof): Promise<BegunSession | undefined>;
  /** Whom a code would sign in, without its being used; `undefined`: it is none, or it has ended. */
  whomBy(code: string): Promise<Principal | undefined>;
  /** The session of what a browser shows, whatever that is; `undefined`: there is none, or it has ended. */
  find(sealed: string): Promise<Session | undefined>;
  /** Calls `onEnd` once when the session, or its token, has ended. Returns a function that ends the following. */
  follow(session: Session, onEnd: () => void): () => void;
  /**
   * Ends the session of what a browser shows, and what it holds open, at once; resolves when it is stored, so that no copy of it counts
   * again. Nothing, where it is none. Rejects with `StoreUnavailable` where only this control plane knows of it, until its next start.
   */
  end(sealed: string): Promise<void>;
}

export interface SignInLink {
  /** Holds a secret: for the one who asked alone. */
  readonly url: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

export interface SessionMutations {
  /**
   * A link that signs a browser in as the caller, once. `path`: where the console goes then. `base`: under which URL the request came,
   * without a slash at its end, for where nobody said how the control plane is reached; null: it does not say. `until`: when the session of
   * the caller ends, which none that it makes outlives; null: the caller came with its token.
   */
  createSignInLink(
    principal: Principal,
    input: { readonly path: string; readonly base: string | null; readonly until: number | null },
  ): Promise<SignInLink>;
}
