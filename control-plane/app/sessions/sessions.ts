/** Sessions: begun with a token or a one-time code, shown by a browser, followed to their end. */
import { randomBytes } from 'node:crypto';
import { findToken, principalOf } from '../ask/authenticate.ts';
import type { Clock } from '../ports/clock.ts';
import type { Store } from '../ports/store.ts';
import type { Vault } from '../ports/vault.ts';
import type { Principal } from '../principal.ts';
import type { TokenRecord } from '../records/tenants.ts';
import type { TokenWatch } from '../tenants/token-watch.ts';
import type { SignInCodes } from './codes.ts';
import { open, seal } from './sealed.ts';
import type { BegunSession, Session, SessionUseCases, SignInProof } from './use-cases.ts';

const LIFETIME_MILLISECONDS = 12 * 3600 * 1000;
const ID_BYTES = 16;

export interface SessionsOptions {
  readonly store: Pick<Store, 'tokens' | 'endedSessions'>;
  readonly vault: Pick<Vault, 'currentKey' | 'seal' | 'open'>;
  readonly codes: SignInCodes;
  readonly watch: Pick<TokenWatch, 'follow'>;
  readonly clock: Pick<Clock, 'now' | 'setTimeout'>;
  /** Resolves when what is wanted and what runs has been read: nobody is let in before. */
  readonly opened: Promise<void>;
}

export class Sessions implements SessionUseCases {
  readonly #options: SessionsOptions;
  /**
   * Those that somebody has ended here, with the time at which they would end by themselves. The store knows them, too, for the next
   * control plane; this is at hand at once, also where the store takes nothing.
   */
  readonly #ended = new Map<string, number>();
  /** Who follows a session, by its id. */
  readonly #followers = new Map<string, Set<() => void>>();

  constructor(options: SessionsOptions) {
    this.#options = options;
  }

  async begin(proof: SignInProof): Promise<BegunSession | undefined> {
    const { vault, clock, opened } = this.#options;
    const { record, until } = await this.#lookUp(proof);
    const now = clock.now();
    const principal = record && principalOf(record, now);
    if (record === undefined || principal === undefined) return undefined;
    const expiresAt = Math.min(now + LIFETIME_MILLISECONDS, record.expiresAt ?? Infinity, until ?? Infinity);
    const id = randomBytes(ID_BYTES).toString('base64url');
    const sealed = seal(vault, { id, token: record.uid, expiresAt });
    await opened;
    return { id, principal, expiresAt, sealed };
  }

  async whomBy(code: string): Promise<Principal | undefined> {
    const { store, codes, clock } = this.#options;
    const meaning = codes.look(code, clock.now());
    const record = meaning && (await store.tokens.get(meaning.token));
    return record && principalOf(record, clock.now());
  }

  async find(sealed: string): Promise<Session | undefined> {
    const { store, vault, clock, opened } = this.#options;
    const session = open(vault, sealed);
    if (session === undefined || !this.#goesOn(session)) return undefined;
    const { id, token, expiresAt } = session;
    const [record, ended] = await Promise.all([store.tokens.get(token), store.endedSessions.get(id)]);
    const principal = record && principalOf(record, clock.now());
    if (principal === undefined || ended !== undefined) return undefined;
    await opened;
    return this.#goesOn(session) ? { id, principal, expiresAt } : undefined;
  }

  follow({ id, principal, expiresAt }: Session, onEnd: () => void): () => void {
    const { watch, clock } = this.#options;
    const followers = this.#followers.get(id) ?? new Set();
    this.#followers.set(id, followers);
    const stop = (): void => {
      unfollow();
      timer.cancel();
      followers.delete(end);
      if (followers.size === 0 && this.#followers.get(id) === followers) this.#followers.delete(id);
    };
    const end = (): void => {
      if (!followers.has(end)) return;
      stop();
      onEnd();
    };
    followers.add(end);
    const unfollow = watch.follow(principal, end);
    // At once, where it was ended between its being found and this call.
    const left = this.#goesOn({ id, expiresAt }) ? expiresAt - clock.now() : 0;
    const timer = clock.setTimeout(end, left);
    return stop;
  }

  async end(sealed: string): Promise<void> {
    const { vault, store, clock } = this.#options;
    const session = open(vault, sealed);
    const now = clock.now();
    if (session === undefined || session.expiresAt <= now) return;
    for (const [id, expiresAt] of this.#ended) if (expiresAt <= now) this.#ended.delete(id);
    this.#ended.set(session.id, session.expiresAt);
    for (const end of [...(this.#followers.get(session.id) ?? [])]) end();
    // Also where it was ended here before: what failed to be stored then is tried again.
    await store.endedSessions.save({ uid: session.id, expiresAt: session.expiresAt });
  }

  #goesOn({ id, expiresAt }: Pick<Session, 'id' | 'expiresAt'>): boolean {
    return expiresAt > this.#options.clock.now() && !this.#ended.has(id);
  }

  async #lookUp(proof: SignInProof): Promise<{ record: TokenRecord | undefined; until: number | null }> {
    const { store, codes, clock } = this.#options;
    if (proof.kind === 'token') return { record: await findToken(store, proof.token), until: null };
    const meaning = codes.use(proof.code, clock.now());
    if (meaning === undefined) return { record: undefined, until: null };
    return { record: await store.tokens.get(meaning.token), until: meaning.until };
  }
}
