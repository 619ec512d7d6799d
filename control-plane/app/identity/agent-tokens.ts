/**
 * The tokens of agents, and the broker's accounts that go with them. Tokens that end with their instance are known to the broker by what is
 * stored of them. Those of a time are stored nowhere: which one counts follows from the clock. What is kept here in memory is which one each agent was
 * last answered, because a broker with one password an account is to change it in the moment in which the agent asks, and not before.
 */
import { hashOf } from '../ask/authenticate.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { Fleet } from '../fleet/fleet.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { accountOf, identityIn, timedTokensOf } from '../instance-tokens.ts';
import type { AgentAccount, BrokerAccounts } from '../ports/broker-accounts.ts';
import type { Clock } from '../ports/clock.ts';
import type { Vault } from '../ports/vault.ts';
import type { InstanceRecord } from '../records/instances.ts';
import { endsInTime, periodsOf, type Periods, type TokenTimes } from './timed-token.ts';

export interface AgentTokensOptions {
  readonly fleet: Pick<Fleet, 'clusters' | 'instance'>;
  readonly vault: Pick<Vault, 'derive'>;
  readonly accounts: Pick<BrokerAccounts, 'grant'>;
  readonly times: TokenTimes;
  readonly clock: Pick<Clock, 'now'>;
}

/** `unknown`: it cannot be computed. `broker-away`: the broker does not take it now. */
export type AnsweredToken = { readonly token: string } | { readonly problem: 'unknown' | 'broker-away' };

type TokenRecord = Pick<InstanceRecord, 'uid' | 'tokenHash' | 'formerTokenHash' | 'formerTokenUntil'>;

export class AgentTokens {
  readonly #options: AgentTokensOptions;
  readonly #periods: Periods | null;
  readonly #openedAt: number;
  /** The token of a time that was last answered, by instance. */
  readonly #held = new Map<string, string>();
  /** What of an instance's account follows from the clock, as the broker was last told. */
  readonly #told = new WeakMap<InstanceState, string>();

  constructor(options: AgentTokensOptions) {
    this.#options = options;
    this.#periods = periodsOf(options.times);
    this.#openedAt = options.clock.now();
  }

  /** An account for each instance that has not ended. */
  accounts(): AgentAccount[] {
    return this.#each().map(([cluster, { record }]) => this.#accountOf(cluster, record));
  }

  /** The broker lets the instance in by what counts now. Resolves as the port's `grant`. */
  grant(cluster: ClusterState, { record }: InstanceState): Promise<boolean> {
    return this.#options.accounts.grant(this.#accountOf(cluster, record));
  }

  /** The same of an instance that begins with this token, which may be one that cannot be had again. */
  async grantNew(cluster: ClusterState, instance: InstanceState, token: string): Promise<void> {
    const { uid } = instance.record;
    if (this.#periods !== null) await this.grant(cluster, instance);
    else await this.#options.accounts.grant({ identity: identityIn(cluster, uid), token, accepted: [hashOf(token)] });
  }

  /**
   * The token of the present period, for a pod that has asked. The broker knows it by then. Where it does not, and the agent has one that counts, that
   * one is answered again: with another it would be refused by a broker that goes on with it.
   */
  async answer(cluster: ClusterState, instance: InstanceState): Promise<AnsweredToken> {
    const { record } = instance;
    const { uid } = record;
    const accepted = this.#accepted(record);
    const [token] = accepted;
    if (token === undefined) return { problem: 'unknown' };
    const before = this.#held.get(uid);
    if (before === token) return { token };
    this.#held.set(uid, token);
    if (await this.grant(cluster, instance)) return { token };
    if (before === undefined) this.#held.delete(uid);
    else this.#held.set(uid, before);
    if (instance.isLive) void this.grant(cluster, instance);
    return before !== undefined && accepted.includes(before) ? { token: before } : { problem: 'broker-away' };
  }

  /** Tells the broker of each token whose time has come since the last look: connections that were made with it end. At the first look of all. */
  async look(): Promise<void> {
    const periods = this.#periods;
    if (periods === null) return;
    const now = this.#options.clock.now();
    const due = this.#each().filter(([, instance]) => {
      const { uid } = instance.record;
      const state = JSON.stringify([Math.min(...endsInTime(uid, periods, now)), this.#mayStay(uid)]);
      const isTold = this.#told.get(instance) === state;
      this.#told.set(instance, state);
      return !isTold;
    });
    for (const uid of this.#held.keys()) if (!this.#options.fleet.instance(uid)?.isLive) this.#held.delete(uid);
    await Promise.all(due.map(([cluster, instance]) => this.grant(cluster, instance)));
  }

  #each(): [ClusterState, InstanceState][] {
    return [...this.#options.fleet.clusters()].flatMap((cluster) =>
      cluster.live().map((instance): [ClusterState, InstanceState] => [cluster, instance]),
    );
  }

  #accepted(record: TokenRecord): string[] {
    const { vault, clock } = this.#options;
    return this.#periods === null ? [] : timedTokensOf(vault, record, this.#periods, clock.now());
  }

  #accountOf(cluster: ClusterState, record: TokenRecord): AgentAccount {
    if (this.#periods === null) return accountOf(cluster, record, this.#options.vault);
    const { uid } = record;
    const accepted = this.#accepted(record);
    const held = this.#held.get(uid);
    return {
      identity: identityIn(cluster, uid),
      token: held !== undefined && accepted.includes(held) ? held : (accepted[0] ?? null),
      accepted: accepted.map(hashOf),
      mayStay: this.#mayStay(uid),
    };
  }

  /** A control plane that has just started does not know which token an agent has, and gives it the time to ask for another. */
  #mayStay(instance: string): boolean {
    const age = this.#options.clock.now() - this.#openedAt;
    return !this.#held.has(instance) && age >= 0 && age < (this.#periods?.graceMilliseconds ?? 0);
  }
}
