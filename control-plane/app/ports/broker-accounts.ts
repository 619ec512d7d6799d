/** Whom the broker lets in. An embedded broker asks the app at each CONNECT; one that stands outside has to be told before. */
import type { InstanceIdentity } from './messaging.ts';

/** One agent: who it is decides what it may do, exactly. */
export interface AgentAccount {
  readonly identity: InstanceIdentity;
  /** Its password, never logged. `null`: it cannot be had again, so that whatever the broker has stays. */
  readonly token: string | null;
  /**
   * SHA-256 (hex) of each token that it may come in with: its own, and for a time after a renewal the one before. A broker that
   * keeps one password an account takes `token` alone.
   */
  readonly accepted: readonly string[];
}

export interface BrokerAccounts {
  /**
   * Begins to keep the broker's accounts equal to the list, which is asked for at each connect and every few minutes, so that
   * what was lost comes back and what should not be there goes. Does not wait for a broker that is away.
   */
  keep(wanted: () => readonly AgentAccount[]): void;
  /**
   * An agent may come in, with the accepted tokens only: a connection that was made with another one ends. Resolves when the broker has it, or after a bound
   * of two seconds without: it is caught up with then. Never rejects.
   */
  grant(account: AgentAccount): Promise<void>;
  /** Ends the connection of an instance, for good. Resolves as {@link grant} does. */
  revoke(instance: string): Promise<void>;
}
