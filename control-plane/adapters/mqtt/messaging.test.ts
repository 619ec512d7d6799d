import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import type { IClientOptions, MqttClient } from 'mqtt';
import pino from 'pino';
import { clusterTopic, instanceTopic } from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { InstanceIdentity, Messaging } from '../../app/ports/messaging.ts';
import { describeMessaging } from '../testing/messaging-contract.ts';
import type { MessagingFixture } from '../testing/messaging-contract.ts';
import { connectAgent, identityOf, RecordingListener } from '../testing/mqtt-client.ts';
import { createMqttMessaging } from './messaging.ts';
import type { MqttMessagingOptions } from './messaging.ts';
import { OutsideBroker } from './testing/outside-broker.ts';

const QUIET = pino({ level: 'silent' });
const web = identityOf('web-1');

function messagingAt(url: string, changes: Partial<MqttMessagingOptions> = {}): Messaging {
  return createMqttMessaging({
    url,
    clientId: 'control-plane',
    logger: QUIET,
    backOffMilliseconds: { first: 5, longest: 20 },
    ...changes,
  });
}

class OutsideFixture implements MessagingFixture {
  readonly messaging: Messaging;
  readonly #broker: OutsideBroker;
  readonly #clients: MqttClient[] = [];

  private constructor(broker: OutsideBroker) {
    this.#broker = broker;
    this.messaging = messagingAt(broker.url);
  }

  static async open(): Promise<OutsideFixture> {
    return new OutsideFixture(await OutsideBroker.start());
  }

  async connectAgent(identity: InstanceIdentity, options?: IClientOptions): Promise<MqttClient> {
    const client = await connectAgent(this.#broker.port, identity, options);
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.end(true);
    await this.messaging.close();
    await this.#broker.close();
  }
}

describeMessaging('MQTT 3.1.1', () => OutsideFixture.open());

describe('messaging over an outside broker', () => {
  let brokers: OutsideBroker[];
  let opened: Messaging[];
  let listener: RecordingListener;

  beforeEach(() => {
    brokers = [];
    opened = [];
    listener = new RecordingListener();
  });
  afterEach(async () => {
    for (const messaging of opened) await messaging.close();
    for (const broker of brokers) await broker.close();
  });

  async function broker(...options: Parameters<typeof OutsideBroker.start>): Promise<OutsideBroker> {
    const started = await OutsideBroker.start(...options);
    brokers.push(started);
    return started;
  }

  function connect(url: string, changes: Partial<MqttMessagingOptions> = {}): Messaging {
    const messaging = messagingAt(url, changes);
    opened.push(messaging);
    return messaging;
  }

  test('connects again after the broker was restarted, says so, and hears agents again', async () => {
    const first = await broker();
    const messaging = connect(first.url);
    await messaging.start(listener);
    await first.close();
    await eventually('the loss is told', () => listener.order.includes('disconnected'));
    expect(messaging.isConnected).toBe(false);
    await eventually('the reason is told', () => messaging.problem?.includes('ECONNREFUSED') === true);
    await expect(messaging.publish(clusterTopic(web, 'desired'), Buffer.from('x'))).rejects.toMatchObject({
      code: 'MESSAGING_NOT_CONNECTED',
    });
    const second = await broker(first.port);
    await eventually('it is connected again', () => messaging.isConnected);
    expect(messaging.problem).toBeUndefined();
    expect(listener.order).toEqual(['connected', 'disconnected', 'connected']);
    const agent = await connectAgent(second.port, web);
    await agent.publishAsync(instanceTopic(web, 'stats'), 'sample');
    await eventually('the agent is heard', () => listener.texts(instanceTopic(web, 'stats')).length === 1);
    await agent.endAsync();
  });

  test('reads the whole of a large retained set, on every connect', async () => {
    const outside = await broker();
    const agent = await connectAgent(outside.port, web);
    const topics = Array.from({ length: 500 }, (_, index) => instanceTopic(identityOf(`i-${index}`), 'status'));
    await Promise.all(topics.map((topic) => agent.publishAsync(topic, 'birth', { qos: 1, retain: true })));
    await agent.endAsync();
    const messaging = connect(outside.url);
    await messaging.start(listener);
    await eventually('all are read', () => listener.messages.length === 500);
    outside.cut();
    await eventually('all are read again', () => listener.messages.length >= 1000);
    expect(listener.messages.every(({ retained }) => retained)).toBe(true);
    expect(new Set(listener.messages.slice(500).map(({ topic }) => topic))).toEqual(new Set(topics));
  });

  test('reads the retained state again from time to time', async () => {
    const outside = await broker();
    const agent = await connectAgent(outside.port, web);
    await agent.publishAsync(instanceTopic(web, 'status'), 'birth', { qos: 1, retain: true });
    await connect(outside.url, { rereadMilliseconds: 20 }).start(listener);
    await eventually('it is read three times', () => listener.messages.length >= 3);
    expect(listener.messages.every(({ retained }) => retained)).toBe(true);
    await agent.endAsync();
  });

  test('a publish that breaks off with the connection is rejected, and not sent later', async () => {
    const outside = await broker();
    const messaging = connect(outside.url, { confirmMilliseconds: 5000 });
    await messaging.start(listener);
    outside.freeze();
    const publishing = messaging.publish(clusterTopic(web, 'desired'), Buffer.from('old'));
    const rejected = expect(publishing).rejects.toMatchObject({ code: 'MESSAGING_NOT_CONNECTED' });
    outside.cut();
    await rejected;
    await eventually('it is connected again', () => messaging.isConnected);
    await messaging.publish(clusterTopic(web, 'desired'), Buffer.from('new'));
    const agent = await connectAgent(outside.port, web);
    const heard: string[] = [];
    agent.on('message', (_, payload) => heard.push(payload.toString()));
    await agent.subscribeAsync(clusterTopic(web, 'desired'), { qos: 1 });
    await eventually('the document is retained', () => heard.length > 0);
    expect(heard).toEqual(['new']);
    await agent.endAsync();
  });

  test('a publish that the broker does not confirm is rejected when the bound is over', async () => {
    const outside = await broker();
    const messaging = connect(outside.url, { confirmMilliseconds: 50 });
    await messaging.start(listener);
    outside.freeze();
    await expect(messaging.publish(clusterTopic(web, 'desired'), Buffer.from('x'))).rejects.toMatchObject({
      code: 'MESSAGING_NOT_CONFIRMED',
    });
  });

  test('a broker that says nothing is away after one bound: what waits is rejected with it, and it is come back to', async () => {
    const outside = await broker();
    const messaging = connect(outside.url, { confirmMilliseconds: 300 });
    await messaging.start(listener);
    outside.freeze();
    const first = messaging.publish(clusterTopic(web, 'desired'), Buffer.from('x'));
    const outcome = expect(first).rejects.toMatchObject({ code: 'MESSAGING_NOT_CONFIRMED' });
    const since = performance.now();
    await eventually('half of the bound is over', () => performance.now() - since > 150);
    // Of another service cluster.
    const second = messaging.publish(clusterTopic({ ...web, alias: 'api' }, 'desired'), Buffer.from('y'));
    await expect(second).rejects.toMatchObject({ code: 'MESSAGING_NOT_CONNECTED' });
    await outcome;
    await eventually('it is told', () => listener.order.includes('disconnected'));
    // Only the connections from before say nothing.
    await eventually('it is connected again', () => messaging.isConnected);
    await messaging.publish(clusterTopic(web, 'desired'), Buffer.from('z'));
  });

  test('a broker that is only slow with one confirmation keeps the connection', async () => {
    const held: (() => void)[] = [];
    const outside = await broker(0, {
      authorizePublish: (_client, { payload }, done) =>
        payload.toString() === 'slow' ? void held.push(() => done(null)) : done(null),
    });
    const messaging = connect(outside.url, { confirmMilliseconds: 1500 });
    await messaging.start(listener);
    const agent = await connectAgent(outside.port, web);
    const slow = messaging.publish(clusterTopic(web, 'desired'), Buffer.from('slow'));
    const rejected = expect(slow).rejects.toMatchObject({ code: 'MESSAGING_NOT_CONFIRMED' });
    await agent.publishAsync(instanceTopic(web, 'stats'), 'a sample');
    await eventually('something else comes from the broker', () => listener.order.includes('stats'));
    await rejected;
    expect(messaging.isConnected).toBe(true);
    for (const go of held) go();
    await agent.endAsync();
  });

  test('starting without a broker goes on in the background until there is one', async () => {
    const probe = createServer().listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const messaging = connect(`mqtt://127.0.0.1:${port}`, { startMilliseconds: 50 });
    await messaging.start(listener);
    expect(messaging.isConnected).toBe(false);
    expect(listener.order).toEqual([]);
    await broker(port);
    await eventually('it is connected', () => messaging.isConnected);
    expect(listener.order).toEqual(['connected']);
  });

  test('a broker that refuses the password is asked again, and the log says why', async () => {
    const lines: { reason?: string }[] = [];
    const logger = { ...QUIET, warn: (line: { reason?: string }) => void lines.push(line) };
    let accepts = false;
    const outside = await broker(0, { authenticate: (_client, _user, _password, done) => done(null, accepts) });
    const messaging = connect(outside.url, {
      startMilliseconds: 50,
      password: 'wrong-secret',
      username: 'me',
      logger: logger as unknown as MqttMessagingOptions['logger'],
    });
    await messaging.start(listener);
    expect(messaging.isConnected).toBe(false);
    expect(lines[0]!.reason).toMatch(/not authorized/i);
    expect(JSON.stringify(lines)).not.toContain('wrong-secret');
    accepts = true;
    await eventually('it is connected', () => messaging.isConnected);
  });

  test('a broker that refuses the subscriptions is no connection', async () => {
    const outside = await broker(0, { authorizeSubscribe: (_client, _subscription, done) => done(null, null) });
    const messaging = connect(outside.url, { startMilliseconds: 100 });
    await messaging.start(listener);
    expect(messaging.isConnected).toBe(false);
    expect(listener.order).toEqual([]);
  });

  test('closes at once while it connects to a broker that never answers, and while it waits', async () => {
    const mute = await OutsideBroker.startMute();
    brokers.push(mute);
    const connecting = connect(mute.url, { startMilliseconds: 20 });
    await connecting.start(listener);
    await connecting.close();
    const waiting = connect('mqtt://127.0.0.1:1', {
      startMilliseconds: 20,
      backOffMilliseconds: { first: 1e6, longest: 1e6 },
    });
    await waiting.start(listener);
    await waiting.close();
    expect(listener.order).toEqual([]);
  });

  test('what is configured wrongly is said at once', () => {
    for (const url of ['', 'localhost:1883', 'http://broker', 'mqtt://', 'mqtt://user:secret@broker']) {
      let message = '';
      try {
        messagingAt(url);
      } catch (error) {
        expect(error).toMatchObject({ code: 'MQTT_URL_INVALID' });
        message = (error as Error).message;
      }
      expect(message).not.toBe('');
      expect(message).not.toContain('secret');
    }
  });
});
