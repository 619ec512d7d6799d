/**
 * What a broker promises against clients that mean harm, as tests that run on each: nothing of it is heard, nobody else notices. How
 * it is refused (an answer, an end of the connection, silence) is each broker's own affair.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import mqttPacket from 'mqtt-packet';
import type { IConnectPacket, IPublishPacket, ISubackPacket } from 'mqtt-packet';
import { MAX_PAYLOAD_BYTES } from '../../../schema/mqtt/payload.ts';
import { applicationTopologyFilter, clusterTopic, INGEST_FILTERS, instanceTopic } from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { InstanceIdentity } from '../../app/ports/messaging.ts';
import { hostileStreams } from './hostile-streams.ts';
import type { MessagingFixture } from './messaging-contract.ts';
import { identityOf, received, RecordingListener, tokenOf } from './mqtt-client.ts';
import { RawClient } from './raw-client.ts';

/** A broker of its own for one test, which lets nobody in but whom it is told. */
export interface HostileFixture extends MessagingFixture {
  readonly port: number;
  /** Lets this instance in by its token. */
  admit(identity: InstanceIdentity): Promise<void>;
  /** Its token counts no more. */
  revoke(instance: string): Promise<void>;
}

const web = identityOf('web-1');
const neighbour = identityOf('web-2');
const stranger = identityOf('other-1', { tenant: 'rival', application: 'bank' });
const balancer = identityOf('lb-1', { alias: 'lb', isLoadBalancer: true });
const witness = identityOf('witness');

function publication(topic: string, changes: Partial<IPublishPacket> = {}): IPublishPacket {
  return { cmd: 'publish', topic, payload: 'poison', qos: 1, retain: true, dup: false, messageId: 7, ...changes };
}

export function describeHostileClients(name: string, open: () => Promise<HostileFixture>): void {
  describe(`${name} and a client that means harm:`, () => {
    let fixture: HostileFixture;
    let listener: RecordingListener;
    let clients: RawClient[];

    beforeEach(async () => {
      fixture = await open();
      listener = new RecordingListener();
      clients = [];
      for (const identity of [web, neighbour, stranger, balancer, witness]) await fixture.admit(identity);
      await fixture.messaging.start(listener);
    });
    afterEach(async () => {
      for (const client of clients) client.close();
      await fixture.close();
    });

    async function raw(): Promise<RawClient> {
      const client = await RawClient.open(fixture.port);
      clients.push(client);
      return client;
    }

    async function connected(instance = web.instance, changes: Partial<IConnectPacket> = {}): Promise<RawClient> {
      const client = await raw();
      expect(await client.connect(instance, changes)).toBe(0);
      return client;
    }

    /** Another agent is heard and hears, and nothing but it is heard. */
    async function expectOnlyWitness(): Promise<void> {
      const agent = await fixture.connectAgent(witness);
      const heard = received(agent);
      const topic = instanceTopic(witness, 'command');
      await agent.subscribeAsync(topic, { qos: 1 });
      await agent.publishAsync(instanceTopic(witness, 'ack'), 'here', { qos: 1 });
      await fixture.messaging.publish(topic, Buffer.from('command'));
      await eventually('both directions work', () => {
        return heard.length === 1 && listener.texts(instanceTopic(witness, 'ack')).length > 0;
      });
      await agent.endAsync();
      expect(listener.messages.filter(({ topic: of }) => of !== instanceTopic(witness, 'ack'))).toEqual([]);
      expect(fixture.messaging.isConnected).toBe(true);
    }

    const foreign: Record<string, string> = {
      'another instance’s leaf': instanceTopic(neighbour, 'status'),
      'another tenant’s': instanceTopic(stranger, 'status'),
      'another tenant’s under the own shard': instanceTopic(web, 'status').replace('acme', 'rival'),
      'another shard': instanceTopic(web, 'status').replace(/v1\/[0-9a-f]{2}/, 'v1/zz'),
      'a command to itself': instanceTopic(web, 'command'),
      'a command to another': instanceTopic(neighbour, 'command'),
      'its own desired document': clusterTopic(web, 'desired'),
      'its own topology': clusterTopic(web, 'topology'),
      'demand, by who is no load balancer': instanceTopic(web, 'demand'),
      'an unknown leaf': `${instanceTopic(web, 'status')}x`,
      'a leaf below a leaf': `${instanceTopic(web, 'status')}/x`,
      'a topic of the broker': '$SYS/broker/clients',
      'the broker’s accounts': '$CONTROL/dynamic-security/v1',
      'a prototype': '__proto__',
      'another letter case': instanceTopic(web, 'status').toUpperCase(),
      'many levels': 'a/'.repeat(99),
    };
    test.each(Object.entries(foreign))('a publication to %s is heard by nobody, now or later', async (_, topic) => {
      const bystander = await fixture.connectAgent(neighbour);
      const heard = received(bystander);
      await bystander.subscribeAsync([clusterTopic(web, 'desired'), instanceTopic(neighbour, 'command')], { qos: 1 });
      const client = await connected();
      client.send(publication(topic));
      await eventually('it was handled', () => client.closed || client.count('puback') === 1);
      await expectOnlyWitness();
      const later = await fixture.connectAgent(web);
      const heardLater = received(later);
      await later.subscribeAsync([clusterTopic(web, 'desired'), instanceTopic(web, 'command')], { qos: 1 });
      await fixture.messaging.publish(instanceTopic(web, 'command'), Buffer.from('true'));
      await eventually('the next one arrives', () => heardLater.length > 0);
      expect([...heard, ...heardLater].map(({ text }) => text)).toEqual(['true']);
    });

    const refusedPackets: Record<string, Buffer> = {
      'to a topic with a wildcard': mqttPacket.generate(
        publication(instanceTopic(web, 'status').replace('web-1', '+')),
      ),
      'to everything': mqttPacket.generate(publication('cartwright/#')),
      'far above the size limit': mqttPacket.generate(
        publication(instanceTopic(web, 'status'), { payload: Buffer.alloc(4 * MAX_PAYLOAD_BYTES) }),
      ),
      'to a topic that is no UTF-8': rawPublication(
        Buffer.concat([Buffer.from('cartwright/v1/'), Buffer.of(0xff, 0xfe)]),
      ),
      'to a topic with a NUL': rawPublication(Buffer.from(`${instanceTopic(web, 'status')}\0`)),
      'to no topic': rawPublication(Buffer.alloc(0)),
      'at QoS 3': Buffer.concat([Buffer.of(0x36), mqttPacket.generate(publication('a')).subarray(1)]),
    };
    test.each(Object.entries(refusedPackets))('a publication %s ends its connection alone', async (_, bytes) => {
      const other = await connected(neighbour.instance);
      const client = await connected();
      client.socket.write(bytes);
      await client.untilClosed();
      await other.ping();
      await expectOnlyWitness();
    });

    test('a subscription to what is another’s is refused, and nothing of it is delivered', async () => {
      const refused = [
        '#',
        '+/#',
        'cartwright/#',
        '$SYS/#',
        '$CONTROL/#',
        `$share/group/${clusterTopic(web, 'desired')}`,
        '$share/group/#',
        clusterTopic(stranger, 'desired'),
        clusterTopic({ ...web, alias: 'api' }, 'desired'),
        clusterTopic(web, 'topology'),
        applicationTopologyFilter(web),
        instanceTopic(neighbour, 'command'),
        instanceTopic(web, 'status'),
        clusterTopic(web, 'desired').replace('web', '+'),
        ...INGEST_FILTERS,
      ];
      const client = await connected();
      const subscriptions = refused.map((topic) => ({ topic, qos: 1 as const }));
      client.send({ cmd: 'subscribe', messageId: 9, subscriptions });
      const suback = await eventually('an answer', () =>
        client.packets.find((packet): packet is ISubackPacket => packet.cmd === 'suback'),
      );
      expect(suback.granted).toEqual(refused.map(() => 128));
      for (const key of [web, stranger]) {
        await fixture.messaging.publish(clusterTopic(key, 'desired'), Buffer.from('another’s'));
        await fixture.messaging.publish(clusterTopic(key, 'topology'), Buffer.from('another’s'));
      }
      await client.ping();
      expect(client.count('publish')).toBe(0);
      await expectOnlyWitness();
    });

    test.each(['', 'a/b', 'a+b', 'a#b', 'a\0b', 'UPPER', '__proto__', 'constructor', 'ä', 'x'.repeat(41), '#', '+'])(
      'an id like %j is nobody',
      async (id) => {
        const client = await raw();
        expect(await client.connect(id, { username: id === '' ? 'x' : id })).not.toBe(0);
        await client.untilClosed();
        await expectOnlyWitness();
      },
    );

    test('a wrong token, another’s, none, or another’s name lets nobody in', async () => {
      const wrong = [
        { password: Buffer.from('guess') },
        { password: Buffer.alloc(0) },
        { password: Buffer.from(tokenOf(neighbour.instance)) },
        { username: neighbour.instance },
        { username: web.instance, password: undefined },
        { username: undefined, password: undefined },
        { clientId: neighbour.instance },
      ];
      for (const changes of wrong) {
        const client = await raw();
        expect(await client.connect(web.instance, changes as object)).not.toBe(0);
        await client.untilClosed();
      }
      await expectOnlyWitness();
    });

    test('a will that is another’s is never heard', async () => {
      const topics = [
        instanceTopic(neighbour, 'status'),
        instanceTopic(stranger, 'status'),
        clusterTopic(web, 'desired'),
        instanceTopic(neighbour, 'command'),
        '$SYS/x',
      ];
      for (const topic of topics) {
        const client = await raw();
        await client.connect(web.instance, { will: { topic, payload: Buffer.from('offline'), qos: 1, retain: true } });
        client.close();
      }
      await expectOnlyWitness();
    });

    test.each(hostileStreams(instanceTopic(web, 'status')))('%s ends its connection and no other', async (_, bytes) => {
      const other = await connected(neighbour.instance);
      const client = await raw();
      client.bytes(...bytes);
      await client.untilClosed();
      await other.ping();
      await expectOnlyWitness();
    });

    test('a second CONNECT ends its connection', async () => {
      const client = await connected();
      client.send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        clientId: 'web-1',
        keepalive: 1,
      });
      await client.untilClosed();
      await expectOnlyWitness();
    });

    test('many who connect and say nothing, or a byte now and then, keep nobody out', async () => {
      const silent = await Promise.all(Array.from({ length: 100 }, () => raw()));
      for (const client of silent.slice(50)) client.bytes(0x10, 30, 0, 4);
      await expectOnlyWitness();
    });

    test('a flood at QoS 2 is heard by nobody and holds up nobody', async () => {
      const client = await connected();
      for (let id = 1; id <= 2000; id += 1)
        client.send(publication(instanceTopic(web, 'status'), { qos: 2, messageId: id, retain: false }));
      await client.untilClosed();
      await expectOnlyWitness();
    });

    test('a flood of what it may publish holds up nobody', async () => {
      const client = await connected();
      for (let index = 0; index < 5000; index += 1)
        client.send(publication(instanceTopic(web, 'log'), { qos: 0, retain: false }));
      const agent = await fixture.connectAgent(witness);
      await agent.publishAsync(instanceTopic(witness, 'ack'), 'here', { qos: 1 });
      await eventually('the other is heard', () => listener.texts(instanceTopic(witness, 'ack')).length === 1);
    });

    test('a token that was revoked ends the session that it has begun, and begins no other', async () => {
      const client = await connected();
      await fixture.revoke(web.instance);
      await client.untilClosed();
      const again = await raw();
      expect(await again.connect(web.instance)).not.toBe(0);
      await expectOnlyWitness();
    });

    test('many of the same id at once are one in the end, and its last word is its own', async () => {
      const many = await Promise.all(Array.from({ length: 8 }, () => raw()));
      await Promise.all(many.map((client) => client.connect(web.instance)));
      await eventually('one is left', () => many.filter(({ closed }) => !closed).length === 1);
      await many.find(({ closed }) => !closed)!.ping();
      await expectOnlyWitness();
    });

    test('random bytes, before and after a CONNECT', async () => {
      for (let seed = 1; seed <= 30; seed += 1) {
        const client = seed % 2 === 0 ? await raw() : await connected();
        let state = seed;
        client.bytes(
          ...Array.from({ length: 400 }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24),
        );
        client.socket.end();
        await client.untilClosed();
      }
      await expectOnlyWitness();
    });
  });
}

/** A PUBLISH at QoS 0 with these bytes as its topic. */
function rawPublication(topic: Buffer): Buffer {
  const length = topic.length + 3;
  return Buffer.concat([
    Buffer.of(0x30, (length & 0x7f) | 0x80, length >> 7, topic.length >> 8, topic.length & 0xff),
    topic,
    Buffer.from('x'),
  ]);
}
