/** A Mosquitto as docs/mqtt.md sets it up, the control plane connected to it, and agents' accounts that a test gives and takes. */
import { readFile } from 'node:fs/promises';
import type { IClientOptions, MqttClient } from 'mqtt';
import pino from 'pino';
import { eventually } from '../../../../test/support/eventually.ts';
import type { AgentAccount } from '../../../app/ports/broker-accounts.ts';
import type { InstanceIdentity, Messaging } from '../../../app/ports/messaging.ts';
import type { HostileFixture } from '../../testing/hostile-contract.ts';
import { connectAgent, tokenOf } from '../../testing/mqtt-client.ts';
import { createDynamicSecurityAccounts, type DynamicSecurityAccounts } from '../dynamic-security/accounts.ts';
import { createMqttMessaging } from '../messaging.ts';
import { Mosquitto, SECURED_USERS } from './mosquitto.ts';

const logger = pino({ level: 'silent' });
const backOffMilliseconds = { first: 10, longest: 50 };

export class SecuredFixture implements HostileFixture {
  readonly broker: Mosquitto;
  readonly messaging: Messaging;
  readonly #accounts: DynamicSecurityAccounts;
  readonly #wanted = new Map<string, AgentAccount>();
  readonly #clients: MqttClient[] = [];

  private constructor(broker: Mosquitto) {
    this.broker = broker;
    this.messaging = SecuredFixture.connectTo(broker, 'control-plane');
    const { name: username, password } = SECURED_USERS.security;
    this.#accounts = createDynamicSecurityAccounts({
      url: broker.url,
      username,
      password,
      clientId: 'security',
      logger,
      backOffMilliseconds,
    });
    this.#accounts.keep(() => [...this.#wanted.values()]);
  }

  static async open(): Promise<SecuredFixture> {
    return new SecuredFixture(await Mosquitto.startAs(await documentedConfiguration()));
  }

  /** Another connection of the control plane's own user. */
  static connectTo(broker: Mosquitto, clientId: string): Messaging {
    const { name: username, password } = SECURED_USERS.user;
    return createMqttMessaging({ url: broker.url, username, password, clientId, logger, backOffMilliseconds });
  }

  get port(): number {
    return this.broker.port;
  }

  async admit(identity: InstanceIdentity): Promise<void> {
    const account = { identity, token: tokenOf(identity.instance), accepted: [] };
    this.#wanted.set(identity.instance, account);
    await this.#accounts.grant(account);
  }

  async revoke(instance: string): Promise<void> {
    this.#wanted.delete(instance);
    await this.#accounts.revoke(instance);
  }

  async connectAgent(identity: InstanceIdentity, options?: IClientOptions): Promise<MqttClient> {
    await this.admit(identity);
    const client = await eventually('the broker lets it in', () => connectAgent(this.port, identity, options));
    client.on('error', () => undefined);
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end(true);
    await this.#accounts.close();
    await this.messaging.close();
    await this.broker.close();
  }
}

/** The lines of mosquitto.conf that docs/mqtt.md gives. */
export async function documentedConfiguration(): Promise<string> {
  const page = await readFile(new URL('../../../../docs/mqtt.md', import.meta.url), 'utf8');
  const lines = /```\n(per_listener_settings[^`]+)```/.exec(page)?.[1];
  if (lines === undefined) throw new Error('docs/mqtt.md gives no lines for mosquitto.conf');
  return lines;
}
