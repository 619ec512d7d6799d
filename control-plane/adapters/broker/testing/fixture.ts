/** An embedded broker of its own, with clients that are ended with it, for tests. */
import type { IClientOptions, MqttClient } from 'mqtt';
import pino from 'pino';
import type { InstanceIdentity } from '../../../app/ports/messaging.ts';
import type { HostileFixture } from '../../testing/hostile-contract.ts';
import { connectAgent, tokenOf } from '../../testing/mqtt-client.ts';
import { createEmbeddedBroker } from '../broker.ts';
import type { EmbeddedBroker, EmbeddedBrokerOptions } from '../broker.ts';
import type { Rejection } from '../rejections.ts';

export class BrokerFixture implements HostileFixture {
  readonly messaging: EmbeddedBroker;
  readonly rejected: Rejection[];
  readonly #identities: Map<string, InstanceIdentity>;
  readonly #clients: MqttClient[] = [];

  private constructor(broker: EmbeddedBroker, rejected: Rejection[], identities: Map<string, InstanceIdentity>) {
    this.messaging = broker;
    this.rejected = rejected;
    this.#identities = identities;
  }

  static async open(changes: Partial<EmbeddedBrokerOptions> = {}): Promise<BrokerFixture> {
    const identities = new Map<string, InstanceIdentity>();
    const rejected: Rejection[] = [];
    const broker = await createEmbeddedBroker({
      host: '127.0.0.1',
      port: 0,
      authenticate: async (instance, token) => (token === tokenOf(instance) ? identities.get(instance) : undefined),
      logger: pino({ level: 'silent' }),
      onReject: (rejection) => rejected.push(rejection),
      ...changes,
    });
    return new BrokerFixture(broker, rejected, identities);
  }

  get port(): number {
    return this.messaging.port;
  }

  /** Makes the instance known, so that its token is accepted. */
  register(identity: InstanceIdentity): InstanceIdentity {
    this.#identities.set(identity.instance, identity);
    return identity;
  }

  async admit(identity: InstanceIdentity): Promise<void> {
    this.register(identity);
  }

  async revoke(instance: string): Promise<void> {
    this.#identities.delete(instance);
    await this.messaging.revoke(instance);
  }

  async connectAgent(identity: InstanceIdentity, options?: IClientOptions): Promise<MqttClient> {
    const client = await connectAgent(this.port, this.register(identity), options);
    this.#clients.push(client);
    return client;
  }

  reasons(): string[] {
    return this.rejected.map(({ reason }) => reason);
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end(true);
    await this.messaging.close();
  }
}
