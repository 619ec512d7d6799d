/** The messaging contract on a real Mosquitto. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IClientOptions, MqttClient } from 'mqtt';
import pino from 'pino';
import { clusterTopic, instanceTopic } from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { InstanceIdentity, Messaging } from '../../app/ports/messaging.ts';
import { describeMessaging } from '../testing/messaging-contract.ts';
import type { MessagingFixture } from '../testing/messaging-contract.ts';
import { connectAgent, identityOf, received, RecordingListener } from '../testing/mqtt-client.ts';
import { createMqttMessaging } from './messaging.ts';
import type { MqttMessagingOptions } from './messaging.ts';
import { Mosquitto } from './testing/mosquitto.ts';

class MosquittoFixture implements MessagingFixture {
  readonly broker: Mosquitto;
  readonly messaging: Messaging;
  readonly #clients: MqttClient[] = [];

  private constructor(broker: Mosquitto, changes: Partial<MqttMessagingOptions>) {
    this.broker = broker;
    this.messaging = createMqttMessaging({
      url: broker.url,
      clientId: 'control-plane',
      logger: pino({ level: 'silent' }),
      backOffMilliseconds: { first: 10, longest: 50 },
      ...changes,
    });
  }

  static async open(changes: Partial<MqttMessagingOptions> = {}, lines?: readonly string[]): Promise<MosquittoFixture> {
    return new MosquittoFixture(await Mosquitto.start(lines), changes);
  }

  async connectAgent(identity: InstanceIdentity, options?: IClientOptions): Promise<MqttClient> {
    const client = await connectAgent(this.broker.port, identity, options);
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end(true);
    await this.messaging.close();
    await this.broker.close();
  }
}

describeMessaging('Mosquitto', () => MosquittoFixture.open());

describe('messaging over Mosquitto', () => {
  const web = identityOf('web-1');
  let fixture: MosquittoFixture;
  let listener: RecordingListener;

  beforeEach(async () => {
    listener = new RecordingListener();
    fixture = await MosquittoFixture.open();
  });
  afterEach(async () => {
    await fixture.close();
  });

  test('reads a retained set that is far larger than what a broker keeps in flight', async () => {
    const agent = await fixture.connectAgent(web);
    const topics = Array.from({ length: 3000 }, (_, index) => instanceTopic(identityOf(`i-${index}`), 'status'));
    for (const topic of topics) agent.publish(topic, 'birth', { qos: 1, retain: true });
    await agent.publishAsync(instanceTopic(web, 'status'), 'last', { qos: 1, retain: true });
    await fixture.messaging.start(listener);
    await eventually('all are read', () => listener.messages.length >= 3001);
    expect(new Set(listener.messages.map(({ topic }) => topic)).size).toBe(3001);
  });

  test('a broker that was killed is found again, and what is published on connect is there for agents', async () => {
    const topic = clusterTopic(web, 'desired');
    const publishing: Promise<unknown>[] = [];
    const connected = listener.connected.bind(listener);
    listener.connected = () => {
      connected();
      // The one on its way when the broker is killed may be rejected: that is what the next connect is for.
      publishing.push(Promise.allSettled([fixture.messaging.publish(topic, Buffer.from('desired'))]));
    };
    await fixture.messaging.start(listener);
    await fixture.broker.kill('SIGKILL');
    await eventually('the loss is told', () => listener.order.includes('disconnected'));
    await fixture.broker.run();
    await eventually('it is connected again', () => fixture.messaging.isConnected);
    await Promise.all(publishing);
    const agent = await fixture.connectAgent(web);
    const heard = received(agent);
    await agent.subscribeAsync(topic, { qos: 1 });
    await eventually('the document is there', () => heard.length === 1);
  });

  test('a broker that was paused does not confirm within the bound, and takes the next one when it goes on', async () => {
    await fixture.close();
    fixture = await MosquittoFixture.open({ confirmMilliseconds: 200 });
    await fixture.messaging.start(listener);
    fixture.broker.signal('SIGSTOP');
    try {
      await expect(fixture.messaging.publish(clusterTopic(web, 'desired'), Buffer.from('x'))).rejects.toMatchObject({
        code: 'MESSAGING_NOT_CONFIRMED',
      });
    } finally {
      fixture.broker.signal('SIGCONT');
    }
    // Its silence was taken for an end of the connection, so it is connected to anew.
    await eventually('the next one is taken', () =>
      fixture.messaging.publish(clusterTopic(web, 'desired'), Buffer.from('y')).then(() => true),
    );
  });

  test('the access list of docs/mqtt.md lets agents write what is theirs and nothing else', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'mosquitto-acl-'));
    try {
      const page = await readFile(new URL('../../../docs/mqtt.md', import.meta.url), 'utf8');
      const list = /```\n(user cartwright\n[^`]+)```/.exec(page)![1]!;
      await writeFile(join(directory, 'acl'), list, { mode: 0o600 });
      await fixture.close();
      fixture = await MosquittoFixture.open({ username: 'cartwright' }, [
        'allow_anonymous true',
        `acl_file ${join(directory, 'acl')}`,
      ]);
      await fixture.messaging.start(listener);
      const agent = await fixture.connectAgent(web);
      const heard = received(agent);
      await agent.subscribeAsync([clusterTopic(web, 'desired'), instanceTopic(web, 'command')], { qos: 1 });
      agent.publish(instanceTopic(identityOf('web-2'), 'status'), 'poison', { qos: 1, retain: true });
      agent.publish(clusterTopic(web, 'desired'), 'poison', { qos: 1, retain: true });
      await agent.publishAsync(instanceTopic(web, 'status'), 'birth', { qos: 1, retain: true });
      await eventually('its own status arrives', () => listener.messages.length > 0);
      await fixture.messaging.publish(clusterTopic(web, 'desired'), Buffer.from('desired'));
      await fixture.messaging.publish(instanceTopic(identityOf('web-2'), 'command'), Buffer.from('not for it'));
      await fixture.messaging.publish(instanceTopic(web, 'command'), Buffer.from('command'));
      await eventually('both arrive', () => heard.length >= 2);
      expect(heard.map(({ text }) => text)).toEqual(['desired', 'command']);
      expect(listener.messages.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['birth']);
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  test('a broker that accepts nobody without a password is no connection', async () => {
    await fixture.close();
    fixture = await MosquittoFixture.open({ startMilliseconds: 200 }, ['allow_anonymous false']);
    await fixture.messaging.start(listener);
    expect(fixture.messaging.isConnected).toBe(false);
  });
});
