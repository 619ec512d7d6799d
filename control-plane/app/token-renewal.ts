/**
 * Gives running instances new tokens when the newest key is another than the one that theirs came from. No application is started
 * again for it. Those of a time follow by themselves; at each look the broker is told of the ones that have ended.
 *
 * Three steps, each stored before the next and each done again after a crash: the record knows both tokens (`wanted`), the provider
 * puts the new one where the agent reads it (`handed over`), and after the grace the one before is accepted no more. Until it is handed over the
 * instance has the old one, so that one stays good for as long as that takes; the grace counts from there.
 */
import type { Logger } from 'pino';
import { hashOf } from './ask/authenticate.ts';
import type { ClusterState } from './fleet/cluster-state.ts';
import type { Fleet } from './fleet/fleet.ts';
import type { InstanceJournal } from './fleet/instance-journal.ts';
import type { InstanceState } from './fleet/instance-state.ts';
import type { AgentTokens } from './identity/agent-tokens.ts';
import { heldTokenHash, newestToken } from './instance-tokens.ts';
import type { Clock } from './ports/clock.ts';
import type { Provider } from './ports/provider.ts';
import type { Store } from './ports/store.ts';
import type { Vault } from './ports/vault.ts';
import type { InstanceRecord } from './records/instances.ts';
import { TimedLook } from './timed-look.ts';

const LOOK_EVERY_MILLISECONDS = 2000;

/** `current`: of the newest key, and the only one. `waiting`: it has the old one still. `grace`: it has the new one. */
export type TokenState =
  | { readonly state: 'current' }
  | { readonly state: 'waiting'; readonly problem: string | null }
  | { readonly state: 'grace'; readonly formerUntil: number }
  /** The control plane has no key to derive one from: it stays as it is. */
  | { readonly state: 'kept' };

/** An instance whose token is not (yet) the only one, of the newest key. */
export interface PendingToken {
  readonly instance: InstanceRecord;
  readonly token: Exclude<TokenState, { readonly state: 'current' }>;
}

/** How far running instances have come with tokens of the newest key. */
export interface InstanceTokens {
  /** Instances with such a token and no other. */
  readonly current: number;
  readonly pending: readonly PendingToken[];
}

export interface TokenRenewalOptions {
  readonly store: Pick<Store, 'instances'>;
  readonly fleet: Fleet;
  readonly provider: Pick<Provider, 'replaceToken'>;
  readonly tokens: Pick<AgentTokens, 'grant' | 'look'>;
  readonly vault: Pick<Vault, 'derive'>;
  readonly journal: InstanceJournal;
  readonly assertHolder: () => Promise<void>;
  /** How long the token before is accepted once the new one is handed over. */
  readonly graceMilliseconds: number;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'now' | 'setInterval'>;
}

export class TokenRenewal {
  readonly #options: TokenRenewalOptions;
  /** Those that need none: the keys stay what they are for as long as this program runs. */
  readonly #current = new WeakSet<InstanceState>();
  /** Why an instance could not be given its token, by its uid. */
  readonly #problems = new Map<string, string>();
  readonly #looks: TimedLook;
  #isClosed = false;

  constructor(options: TokenRenewalOptions) {
    this.#options = options;
    this.#looks = new TimedLook({
      everyMilliseconds: LOOK_EVERY_MILLISECONDS,
      clock: options.clock,
      look: () => this.#look(),
      onFailure: (error) =>
        options.logger.warn({ error: error.message }, 'the tokens of instances could not be looked at'),
    });
  }

  /**
   * Notes which instances need another token; to be called before the broker lets anybody in, since a restored database may be older
   * than the tokens that instances have.
   */
  async begin(): Promise<void> {
    const begun = this.#each().filter(([cluster, instance]) => this.#begin(cluster, instance));
    if (begun.length === 0) return;
    this.#options.logger.info({ instances: begun.length }, 'running instances get new tokens, of the newest key');
    await this.#options.journal.settle();
  }

  start(): void {
    this.#looks.start();
    void this.look();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#looks.close();
  }

  /** One look at a time, at one instance after another. Never rejects: what fails is tried again with the next. */
  look(): Promise<void> {
    return this.#looks.now();
  }

  get state(): InstanceTokens {
    const all = this.#each().map(([, { record }]) => ({ instance: record, token: this.#stateOf(record) }));
    const pending = all.flatMap(({ instance, token }) => (token.state === 'current' ? [] : [{ instance, token }]));
    return { current: all.length - pending.length, pending };
  }

  #stateOf({ uid, tokenHash, formerTokenHash, formerTokenUntil }: InstanceRecord): TokenState {
    const newest = newestToken(this.#options.vault, uid);
    if (newest === undefined) return { state: 'kept' };
    if (formerTokenHash !== null && formerTokenUntil !== null) return { state: 'grace', formerUntil: formerTokenUntil };
    if (formerTokenHash === null && tokenHash === hashOf(newest)) return { state: 'current' };
    return { state: 'waiting', problem: this.#problems.get(uid) ?? null };
  }

  #each(): [ClusterState, InstanceState][] {
    return [...this.#options.fleet.clusters()].flatMap((cluster) =>
      cluster.live().map((instance): [ClusterState, InstanceState] => [cluster, instance]),
    );
  }

  /** Whether it needs one, and is there to be given one. */
  #begin(cluster: ClusterState, instance: InstanceState): boolean {
    const { record, observed } = instance;
    if (this.#current.has(instance)) return false;
    const newest = newestToken(this.#options.vault, record.uid);
    if (newest === undefined || record.tokenHash === hashOf(newest)) {
      this.#current.add(instance);
      return false;
    }
    if (observed === null || observed.state === 'gone') return false;
    this.#options.journal.update(cluster, instance, {
      tokenHash: hashOf(newest),
      formerTokenHash: heldTokenHash(record),
      formerTokenUntil: null,
      firstTokenHash: record.firstTokenHash ?? record.tokenHash,
    });
    return true;
  }

  async #look(): Promise<void> {
    await this.begin();
    await this.#options.tokens.look();
    for (const [cluster, instance] of this.#each()) {
      if (this.#isClosed) return;
      const { uid, formerTokenHash } = instance.record;
      if (formerTokenHash === null) continue;
      try {
        await this.#goOn(cluster, instance);
        this.#problems.delete(uid);
      } catch (error) {
        this.#failed(uid, error as Error);
      }
    }
    const live = new Set(this.#each().map(([, { record }]) => record.uid));
    for (const uid of this.#problems.keys()) if (!live.has(uid)) this.#problems.delete(uid);
  }

  async #goOn(cluster: ClusterState, instance: InstanceState): Promise<void> {
    const { provider, journal, tokens, vault, clock, graceMilliseconds, assertHolder } = this.#options;
    const { uid, formerTokenUntil } = instance.record;
    if (formerTokenUntil === null) {
      const token = newestToken(vault, uid);
      if (token === undefined || instance.observed === null || instance.observed.state === 'gone') return;
      if (!(await this.#isStored(instance))) throw new Error('the database has not taken it yet');
      await assertHolder();
      await provider.replaceToken(uid, token);
      const formerUntil = clock.now() + graceMilliseconds;
      journal.happened(instance, {
        type: 'instance.token-renewed',
        data: { formerAcceptedUntil: new Date(formerUntil).toISOString() },
      });
      journal.update(cluster, instance, { formerTokenUntil: formerUntil });
    } else if (clock.now() >= formerTokenUntil) {
      journal.update(cluster, instance, { formerTokenHash: null, formerTokenUntil: null });
    } else return;
    // A broker that keeps one password an agent knows the new one from here on; the embedded one takes both until the grace is over.
    if (instance.isLive) await tokens.grant(cluster, instance);
  }

  /** The new token must be known before it is used: what is stored is what agents are compared with. */
  async #isStored({ record }: InstanceState): Promise<boolean> {
    await this.#options.journal.settle();
    return (await this.#options.store.instances.get(record.uid))?.tokenHash === record.tokenHash;
  }

  #failed(instance: string, error: Error): void {
    if (this.#problems.get(instance) === error.message) return;
    this.#problems.set(instance, error.message);
    this.#options.logger.warn(
      { instance, error: error.message },
      'an instance could not be given its new token; it goes on with the old one, and this is tried again',
    );
  }
}
