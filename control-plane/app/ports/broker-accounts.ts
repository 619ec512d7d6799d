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
  /** An account that the broker has keeps its password, whichever that is: it is not known yet which of its tokens the agent has. */
  readonly mayStay?: boolean;
}

export interface BrokerAccounts {
  /**
   * Begins to keep the broker's accounts equal to the list, which is asked for at each connect and every few minutes, so that
   * what was lost comes back and what should not be there goes. Does not wait for a broker that is away.
   */
  keep(wanted: () => readonly AgentAccount[]): void;
  /**
   * An agent may come in, with the accepted tokens only: a connection that was made with another one ends. Resolves with true when the broker has it, or
   * after a bound of two seconds with false: it is caught up with later. Never rejects.
   */
  grant(account: AgentAccount): Promise<boolean>;
  /** Ends the connection of an instance, for good. Resolves when {@link grant} does. */
  revoke(instance: string): Promise<void>;
}
