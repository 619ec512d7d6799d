/** What messaging promises the app behind either adapter, as tests. An adapter passes by running them with its fixture. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { IClientOptions, MqttClient } from 'mqtt';
import { MAX_PAYLOAD_BYTES } from '../../../schema/mqtt/payload.ts';
import {
  AGENT_LEAVES,
  applicationTopologyFilter,
  clusterTopic,
  DELIVERY,
  instanceTopic,
} from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { InstanceIdentity, Messaging } from '../../app/ports/messaging.ts';
import { identityOf, received, RecordingListener } from './mqtt-client.ts';

/** A broker of its own for one test. */
export interface MessagingFixture {
  readonly messaging: Messaging;
  /** Connects as this instance's agent; ended by the fixture's close. */
  connectAgent(identity: InstanceIdentity, options?: IClientOptions): Promise<MqttClient>;
  close(): Promise<void>;
}

export function describeMessaging(name: string, open: () => Promise<MessagingFixture>): void {
  describe(`messaging over ${name} keeps the contract:`, () => {
    const web = identityOf('web-1');
    const balancer = identityOf('lb-1', { alias: 'lb', isLoadBalancer: true });
    let fixture: MessagingFixture;
    let messaging: Messaging;
    let listener: RecordingListener;

    beforeEach(async () => {
      fixture = await open();
      messaging = fixture.messaging;
      listener = new RecordingListener();
    });
    afterEach(async () => {
      await fixture.close();
    });

    test('it is connected once it was started, and says so once', async () => {
      expect(messaging.isConnected).toBe(false);
      await messaging.start(listener);
      expect(messaging.isConnected).toBe(true);
      expect(listener.order).toEqual(['connected']);
    });

    test('what an agent publishes on each of its leaves arrives, whole and in order', async () => {
      await messaging.start(listener);
      const agent = await fixture.connectAgent(balancer);
      const before = Date.now();
      for (let index = 0; index < 20; index += 1) {
        for (const leaf of AGENT_LEAVES)
          agent.publish(instanceTopic(balancer, leaf), `${leaf} ${index}`, DELIVERY[leaf]);
      }
      await eventually('all have arrived', () => listener.messages.length >= 20 * AGENT_LEAVES.length);
      for (const leaf of AGENT_LEAVES) {
        const expected = Array.from({ length: 20 }, (_, index) => `${leaf} ${index}`);
        expect(listener.texts(instanceTopic(balancer, leaf))).toEqual(expected);
      }
      for (const { retained, receivedAt } of listener.messages) {
        expect(retained).toBe(false);
        expect(receivedAt).toBeGreaterThanOrEqual(before);
        expect(receivedAt).toBeLessThanOrEqual(Date.now());
      }
    });

    test('what was retained before the start is delivered as retained, and only the last of it', async () => {
      const agent = await fixture.connectAgent(web);
      const topic = instanceTopic(web, 'status');
      await agent.publishAsync(topic, 'first', { qos: 1, retain: true });
      await agent.publishAsync(topic, 'last', { qos: 1, retain: true });
      await agent.publishAsync(instanceTopic(web, 'stats'), 'gone', { qos: 1 });
      await messaging.start(listener);
      await eventually('it arrives', () => listener.texts(topic).length > 0);
      expect(listener.texts(topic)).toEqual(['last']);
      expect(listener.messages[0]!.retained).toBe(true);
      expect(listener.texts(instanceTopic(web, 'stats'))).toEqual([]);
    });

    test('the will of an agent that dies arrives, and none of one that says good-bye', async () => {
      await messaging.start(listener);
      const dying = await fixture.connectAgent(web);
      const leaving = await fixture.connectAgent(balancer);
      await leaving.endAsync();
      dying.stream.destroy();
      const topic = instanceTopic(web, 'status');
      await eventually('the will arrives', () => listener.texts(topic).length > 0);
      expect(listener.texts(topic)[0]).toContain('offline');
      expect(listener.texts(instanceTopic(balancer, 'status'))).toEqual([]);
    });

    test('desired is retained for agents that come later, until it is cleared', async () => {
      await messaging.start(listener);
      const topic = clusterTopic(web, 'desired');
      await messaging.publish(topic, Buffer.from('one'));
      const agent = await fixture.connectAgent(web);
      const heard = received(agent);
      await agent.subscribeAsync(topic, { qos: 1 });
      await eventually('the retained one arrives', () => heard.length === 1);
      await messaging.publish(topic, Buffer.from('two'));
      await eventually('the live one arrives', () => heard.length === 2);
      expect(heard).toEqual([
        { topic, text: 'one', retain: true },
        { topic, text: 'two', retain: false },
      ]);
      await messaging.clear(topic);
      await eventually('the clearing arrives', () => heard.length === 3);
      const later = await fixture.connectAgent(identityOf('web-2'));
      const heardLater = received(later);
      await later.subscribeAsync(topic, { qos: 1 });
      await messaging.publish(topic, Buffer.from('three'));
      await eventually('only the next one arrives', () => heardLater.length > 0);
      expect(heardLater.map(({ text }) => text)).toEqual(['three']);
    });

    test('a command reaches its agent and is not kept', async () => {
      await messaging.start(listener);
      const agent = await fixture.connectAgent(web);
      const heard = received(agent);
      const topic = instanceTopic(web, 'command');
      await agent.subscribeAsync(topic, { qos: 1 });
      await messaging.publish(topic, Buffer.from('drain'));
      await eventually('it arrives', () => heard.length === 1);
      await agent.endAsync();
      const again = await fixture.connectAgent(web);
      const heardAgain = received(again);
      await again.subscribeAsync(topic, { qos: 1 });
      await messaging.publish(topic, Buffer.from('restart'));
      await eventually('only the next one arrives', () => heardAgain.length > 0);
      expect(heardAgain.map(({ text }) => text)).toEqual(['restart']);
    });

    test('a load balancer follows the topology of every alias of its application', async () => {
      await messaging.start(listener);
      const agent = await fixture.connectAgent(balancer);
      const heard = received(agent);
      await messaging.publish(clusterTopic(web, 'topology'), Buffer.from('web'));
      await agent.subscribeAsync(applicationTopologyFilter(balancer), { qos: 1 });
      await messaging.publish(clusterTopic({ ...web, alias: 'api' }, 'topology'), Buffer.from('api'));
      await eventually('both arrive', () => heard.length === 2);
      expect(heard.map(({ text }) => text)).toEqual(['web', 'api']);
    });

    test('clearing the status of a deleted instance leaves nothing retained, and is no report', async () => {
      const agent = await fixture.connectAgent(web);
      const topic = instanceTopic(web, 'status');
      await agent.publishAsync(topic, 'birth', { qos: 1, retain: true });
      await messaging.start(listener);
      await eventually('it arrives', () => listener.texts(topic).length === 1);
      await messaging.clear(topic);
      await agent.publishAsync(instanceTopic(web, 'stats'), 'sample');
      await eventually('the next message arrives', () => listener.messages.length > 1);
      expect(listener.messages.map(({ payload }) => Buffer.from(payload).toString())).toEqual(['birth', 'sample']);
    });

    test('a listener that throws hears the next message all the same', async () => {
      await messaging.start(listener);
      const agent = await fixture.connectAgent(web);
      const deliver = listener.message.bind(listener);
      listener.message = (message) => {
        deliver(message);
        throw new Error('the ingest is broken');
      };
      await agent.publishAsync(instanceTopic(web, 'ack'), 'one', { qos: 1 });
      await agent.publishAsync(instanceTopic(web, 'ack'), 'two', { qos: 1 });
      await eventually('both arrive', () => listener.texts(instanceTopic(web, 'ack')).length === 2);
    });

    test('what is no topic of the control plane, or too large, is not published', async () => {
      await messaging.start(listener);
      const payload = Buffer.from('x');
      for (const topic of ['', '#', 'cartwright/v1', '$SYS/x', instanceTopic(web, 'status'), 'a/'.repeat(200)]) {
        await expect(messaging.publish(topic, payload)).rejects.toMatchObject({ code: 'MESSAGING_TOPIC_INVALID' });
      }
      await expect(messaging.clear(instanceTopic(web, 'command'))).rejects.toMatchObject({
        code: 'MESSAGING_TOPIC_INVALID',
      });
      await expect(
        messaging.publish(clusterTopic(web, 'desired'), Buffer.alloc(MAX_PAYLOAD_BYTES + 1)),
      ).rejects.toMatchObject({ code: 'MESSAGING_PAYLOAD_TOO_LARGE' });
    });

    test('a document of the largest size goes through in both directions', async () => {
      await messaging.start(listener);
      const agent = await fixture.connectAgent(web);
      const heard = received(agent);
      const topic = clusterTopic(web, 'desired');
      await agent.subscribeAsync(topic, { qos: 1 });
      const text = 'x'.repeat(MAX_PAYLOAD_BYTES);
      await messaging.publish(topic, Buffer.from(text));
      await agent.publishAsync(instanceTopic(web, 'log'), text, { qos: 0 });
      await eventually('both arrive', () => heard.length === 1 && listener.messages.length === 1);
      expect(heard[0]!.text).toBe(text);
      expect(listener.texts(instanceTopic(web, 'log'))).toEqual([text]);
    });

    test('once closed it publishes nothing, and can be closed again', async () => {
      await messaging.start(listener);
      await messaging.close();
      expect(messaging.isConnected).toBe(false);
      await expect(messaging.publish(clusterTopic(web, 'desired'), Buffer.from('x'))).rejects.toMatchObject({
        code: 'MESSAGING_NOT_CONNECTED',
      });
      await messaging.close();
    });
  });
}
