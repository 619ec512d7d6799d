/** A broker in memory for tests that are about something else: keeps what is retained, and every command. */
import type { AgentAccount, BrokerAccounts } from '../ports/broker-accounts.ts';
import type { Messaging, MessagingListener } from '../ports/messaging.ts';

export class InMemoryMessaging implements Messaging {
  isConnected = true;
  readonly retained = new Map<string, Buffer>();
  /** Topics in the order of their publication. */
  readonly published: string[] = [];
  readonly cleared: string[] = [];

  async start(listener: MessagingListener): Promise<void> {
    listener.connected();
  }

  async publish(topic: string, payload: Buffer): Promise<void> {
    if (!this.isConnected) throw new Error('not connected');
    this.published.push(topic);
    if (!topic.endsWith('/command')) this.retained.set(topic, payload);
  }

  async clear(topic: string): Promise<void> {
    this.cleared.push(topic);
    this.retained.delete(topic);
  }

  async close(): Promise<void> {
    this.isConnected = false;
  }

  /** The document retained on a topic. */
  document<T>(topic: string): T | undefined {
    const payload = this.retained.get(topic);
    return payload === undefined ? undefined : (JSON.parse(payload.toString()) as T);
  }
}

/** What the broker was told of accounts, in order, as `grant` or `revoke` and the instance. */
export class RecordedAccounts implements BrokerAccounts {
  readonly told: string[] = [];
  /** By instance. */
  readonly tokens = new Map<string, string | null>();
  /** By instance. */
  readonly accepted = new Map<string, readonly string[]>();
  /** Whether the broker has what it is told. */
  isReached = true;
  /** A real broker that is told as well. */
  broker: BrokerAccounts | undefined;

  keep(): void {
    this.told.push('keep');
  }

  async grant(account: AgentAccount): Promise<boolean> {
    const { identity, token, accepted } = account;
    this.accepted.set(identity.instance, accepted);
    this.told.push(`grant ${identity.instance}`);
    this.tokens.set(identity.instance, token);
    return this.isReached && (await this.broker?.grant(account)) !== false;
  }

  async revoke(instance: string): Promise<void> {
    this.told.push(`revoke ${instance}`);
    this.tokens.delete(instance);
    await this.broker?.revoke(instance);
  }
}

/** The same broker as one control plane reaches it: `before` is awaited before each publication. */
export function connectedTo(messaging: Messaging, before: () => Promise<void>): Messaging {
  return {
    get isConnected() {
      return messaging.isConnected;
    },
    start: (listener) => messaging.start(listener),
    publish: async (topic, payload) => {
      await before();
      return messaging.publish(topic, payload);
    },
    clear: async (topic) => {
      await before();
      return messaging.clear(topic);
    },
    close: async () => undefined,
  };
}
