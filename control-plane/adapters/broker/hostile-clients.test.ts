import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { IPublishPacket, ISubackPacket } from 'mqtt-packet';
import { MAX_PAYLOAD_BYTES } from '../../../schema/mqtt/payload.ts';
import {
  AGENT_LEAVES,
  applicationTopologyFilter,
  clusterTopic,
  INGEST_FILTERS,
  instanceTopic,
} from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { identityOf, received, RecordingListener, tokenOf } from '../testing/mqtt-client.ts';
import type { EmbeddedBrokerOptions } from './broker.ts';
import { BrokerFixture } from './testing/fixture.ts';
import { hostileStreams } from '../testing/hostile-streams.ts';
import { RawClient } from '../testing/raw-client.ts';

const web = identityOf('web-1');
const neighbour = identityOf('web-2');
const stranger = identityOf('other-1', { tenant: 'rival', application: 'bank' });
const balancer = identityOf('lb-1', { alias: 'lb', isLoadBalancer: true });

let fixture: BrokerFixture;
let listener: RecordingListener;
let clients: RawClient[];

async function open(changes: Partial<EmbeddedBrokerOptions> = {}): Promise<void> {
  fixture = await BrokerFixture.open(changes);
  for (const identity of [web, neighbour, stranger, balancer]) fixture.register(identity);
  listener = new RecordingListener();
  await fixture.messaging.start(listener);
}

async function reopen(changes: Partial<EmbeddedBrokerOptions>): Promise<void> {
  await fixture.close();
  await open(changes);
}

async function raw(): Promise<RawClient> {
  const client = await RawClient.open(fixture.port);
  clients.push(client);
  return client;
}

async function connected(instance = web.instance): Promise<RawClient> {
  const client = await raw();
  expect(await client.connect(instance)).toBe(0);
  return client;
}

/** After whatever happened, an agent connects, is heard and hears. */
async function expectService(): Promise<void> {
  const agent = await fixture.connectAgent(identityOf('witness'));
  const heard = received(agent);
  const topic = instanceTopic(identityOf('witness'), 'command');
  await agent.subscribeAsync(topic, { qos: 1 });
  await agent.publishAsync(instanceTopic(identityOf('witness'), 'stats'), 'sample');
  await fixture.messaging.publish(topic, Buffer.from('command'));
  await eventually('both directions work', () => {
    return heard.length === 1 && listener.texts(instanceTopic(identityOf('witness'), 'stats')).length === 1;
  });
  await agent.endAsync();
}

beforeEach(async () => {
  clients = [];
  await open();
});
afterEach(async () => {
  for (const client of clients) client.close();
  await fixture.close();
});

function publication(topic: string, changes: Partial<IPublishPacket> = {}): IPublishPacket {
  return { cmd: 'publish', topic, payload: 'poison', qos: 0, retain: false, dup: false, messageId: 7, ...changes };
}

describe('a publication that is not the agent’s own is refused, ends its connection and is never heard:', () => {
  const foreign: Record<string, string> = {
    'another instance’s': instanceTopic(neighbour, 'stats'),
    'another tenant’s': instanceTopic(stranger, 'stats'),
    'another tenant’s under the own shard': instanceTopic(web, 'stats').replace('acme', 'rival'),
    'another shard': instanceTopic(web, 'stats').replace(/v1\/[0-9a-f]{2}/, 'v1/zz'),
    'a command to itself': instanceTopic(web, 'command'),
    'its own desired document': clusterTopic(web, 'desired'),
    'its own topology': clusterTopic(web, 'topology'),
    'demand, by who is no load balancer': instanceTopic(web, 'demand'),
    'an unknown leaf': `${instanceTopic(web, 'stats')}x`,
    'a leaf below a leaf': `${instanceTopic(web, 'stats')}/x`,
    'a topic of the broker': '$SYS/broker/clients',
    'a prototype': '__proto__',
    'another letter case': instanceTopic(web, 'stats').toUpperCase(),
    'a NUL': `${instanceTopic(web, 'stats')}\0`,
    'many levels': 'a/'.repeat(99),
  };
  test.each(Object.entries(foreign))('%s', async (_, topic) => {
    const client = await connected();
    client.send(publication(topic));
    await client.untilClosed();
    expect(fixture.reasons()).toHaveLength(1);
    await expectService();
    expect(listener.texts(topic)).toEqual([]);
  });

  const wrong: Record<string, [Partial<IPublishPacket>, string]> = {
    'at QoS 2': [{ qos: 2 }, 'publish-qos'],
    'retained where the contract retains nothing': [{ retain: true }, 'publish-retain'],
    'with a payload above the limit': [{ payload: Buffer.alloc(MAX_PAYLOAD_BYTES + 1) }, 'publish-oversize'],
    'far above the limit': [{ payload: Buffer.alloc(4 * MAX_PAYLOAD_BYTES) }, 'packet-too-large'],
  };
  test.each(Object.entries(wrong))('its own topic %s', async (_, [changes, reason]) => {
    const client = await connected();
    client.send(publication(instanceTopic(web, 'stats'), changes));
    await client.untilClosed();
    expect(fixture.reasons()).toEqual([reason]);
    await expectService();
    expect(listener.texts(instanceTopic(web, 'stats'))).toEqual([]);
  });

  test('a wildcard in a topic', async () => {
    for (const topic of [instanceTopic(web, 'stats').replace('web-1', '+'), 'cartwright/#']) {
      const client = await connected();
      client.send(publication(topic));
      await client.untilClosed();
    }
    await expectService();
  });

  test('invalid UTF-8 in a topic', async () => {
    const client = await connected();
    const topic = Buffer.concat([Buffer.from(instanceTopic(web, 'stats')), Buffer.from([0xff, 0xfe])]);
    client.bytes(0x30, topic.length + 3, 0, topic.length, ...topic, 0x78);
    await client.untilClosed();
    await expectService();
  });
});

test('an agent may publish its own leaves, and a load balancer its demand', async () => {
  for (const identity of [web, balancer]) {
    const client = await connected(identity.instance);
    for (const leaf of AGENT_LEAVES) {
      if (leaf !== 'demand' || identity.isLoadBalancer) client.send(publication(instanceTopic(identity, leaf)));
    }
    await client.ping();
  }
  expect(listener.messages).toHaveLength(2 * AGENT_LEAVES.length - 1);
  expect(fixture.rejected).toEqual([]);
});

describe('a subscription', () => {
  async function granted(client: RawClient, topics: readonly string[], qos: 0 | 1 | 2 = 1): Promise<number[]> {
    client.send({ cmd: 'subscribe', messageId: 9, subscriptions: topics.map((topic) => ({ topic, qos })) });
    const suback = await eventually('an answer to SUBSCRIBE', () =>
      client.packets.find((packet): packet is ISubackPacket => packet.cmd === 'suback'),
    );
    return suback.granted as number[];
  }

  test('to anything but the own documents and commands fails, and nothing is delivered', async () => {
    const refused = [
      '#',
      '+/#',
      'cartwright/#',
      '$SYS/#',
      `$share/group/${clusterTopic(web, 'desired')}`,
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
    expect(await granted(client, refused)).toEqual(refused.map(() => 128));
    for (const key of [web, stranger]) {
      await fixture.messaging.publish(clusterTopic(key, 'desired'), Buffer.from('secret'));
      await fixture.messaging.publish(clusterTopic(key, 'topology'), Buffer.from('secret'));
    }
    await client.ping();
    expect(client.count('publish')).toBe(0);
    expect(new Set(fixture.reasons())).toEqual(new Set(['subscribe']));
  });

  test('to the own desired document and commands is granted, at QoS 2 it is not', async () => {
    const own = [clusterTopic(web, 'desired'), instanceTopic(web, 'command')];
    expect(await granted(await connected(), own)).toEqual([1, 1]);
    expect(await granted(await connected(), own, 2)).toEqual([128, 128]);
  });

  test('to the topology of the own application is granted to a load balancer, of another one it is not', async () => {
    const filters = [applicationTopologyFilter(balancer), applicationTopologyFilter(stranger)];
    expect(await granted(await connected(balancer.instance), filters)).toEqual([1, 128]);
  });

  test('to thousands of filters at once ends the connection', async () => {
    const client = await connected();
    const subscriptions = Array.from({ length: 5000 }, (_, index) => ({ topic: `t${index}`, qos: 0 as const }));
    client.send({ cmd: 'subscribe', messageId: 9, subscriptions });
    await client.untilClosed();
    expect(fixture.reasons()).toEqual(['packet-too-large']);
    await expectService();
  });
});

describe('a connection', () => {
  test.each(['', 'a/b', 'a+b', 'a#b', 'a\0b', 'UPPER', '__proto__', 'constructor/x', 'ä', 'x'.repeat(41)])(
    'with the client id %j is answered "identifier rejected"',
    async (id) => {
      const client = await raw();
      expect(await client.connect(id, { username: id === '' ? 'x' : id })).toBe(2);
      await client.untilClosed();
      expect(fixture.reasons()).toEqual(['identifier']);
    },
  );

  test('with a wrong token, another’s token, no token or another’s name is answered "bad user name or password"', async () => {
    const wrong = [
      { password: Buffer.from('guess') },
      { password: Buffer.from(tokenOf(neighbour.instance)) },
      { username: neighbour.instance },
      { username: web.instance, password: undefined },
      { username: undefined, password: undefined },
    ];
    for (const changes of wrong) {
      const client = await raw();
      expect(await client.connect(web.instance, changes as object)).toBe(4);
      await client.untilClosed();
    }
    expect(fixture.reasons()).toEqual(wrong.map(() => 'credentials'));
    expect(fixture.messaging.clients).toBe(0);
  });

  test('with a will that is not for its own status, retained, is answered "not authorised", and leaves none', async () => {
    const status = instanceTopic(web, 'status');
    const will = { topic: status, payload: Buffer.from('offline'), qos: 1 as const, retain: true };
    const wrong = [
      { ...will, topic: instanceTopic(neighbour, 'status') },
      { ...will, topic: instanceTopic(web, 'stats') },
      { ...will, topic: '$SYS/x' },
      { ...will, qos: 2 as const },
      { ...will, retain: false },
      { ...will, payload: Buffer.alloc(5000) },
    ];
    for (const foreign of wrong) {
      const client = await raw();
      expect(await client.connect(web.instance, { will: foreign })).toBe(5);
      await client.untilClosed();
    }
    expect(fixture.reasons()).toEqual(wrong.map(() => 'will'));
    await expectService();
    expect(listener.messages).toHaveLength(1);
  });

  test('with MQTT 5 is answered "unacceptable protocol version"', async () => {
    const client = await raw();
    expect(await client.connect(web.instance, { protocolVersion: 5 })).toBe(1);
    await client.untilClosed();
  });

  test('of the same id takes over, and the earlier one’s will is heard', async () => {
    const first = await raw();
    const will = {
      topic: instanceTopic(web, 'status'),
      payload: Buffer.from('offline'),
      qos: 1 as const,
      retain: true,
    };
    expect(await first.connect(web.instance, { will })).toBe(0);
    const second = await connected();
    await first.untilClosed();
    await second.ping();
    expect(listener.texts(will.topic)).toEqual(['offline']);
    expect(fixture.messaging.clients).toBe(1);
  });

  test('of the same id many times at once leaves one', async () => {
    const many = await Promise.all(Array.from({ length: 8 }, () => raw()));
    await Promise.all(many.map((client) => client.connect(web.instance)));
    await eventually('one is left', () => many.filter(({ closed }) => !closed).length === 1);
    expect(fixture.messaging.clients).toBe(1);
    await many.find(({ closed }) => !closed)!.ping();
  });

  test('that asks for a kept session gets none, so that nothing is stored for those who are away', async () => {
    const first = await raw();
    expect(await first.connect(web.instance, { clean: false })).toBe(0);
    const topic = instanceTopic(web, 'command');
    first.send({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic, qos: 1 }] });
    await eventually('subscribed', () => first.count('suback') === 1);
    first.close();
    await eventually('it is gone', () => fixture.messaging.clients === 0);
    await fixture.messaging.publish(topic, Buffer.from('drain'));
    const second = await raw();
    expect(await second.connect(web.instance, { clean: false })).toBe(0);
    expect(second.packets[0]).toMatchObject({ sessionPresent: false });
    await second.ping();
    expect(second.count('publish')).toBe(0);
  });
});

describe('a stream that is no MQTT, or not in order, ends its connection and no other:', () => {
  const streams: [string, number[] | Buffer][] = [
    ...hostileStreams(instanceTopic(web, 'stats')),
    ['a CONNECT of 256 MB', [0x10, 0xff, 0xff, 0xff, 0x7f]],
  ];
  test.each(streams)('%s', async (_, bytes) => {
    const other = await connected(neighbour.instance);
    const client = await raw();
    client.bytes(...bytes);
    await client.untilClosed();
    expect(fixture.rejected).toHaveLength(1);
    await other.ping();
    await expectService();
  });

  test('a second CONNECT', async () => {
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
    expect(fixture.reasons()).toEqual(['protocol']);
  });

  test('packets that only a broker sends, wrong flags, and acknowledgements of nothing', async () => {
    for (const bytes of [
      [0x20, 2, 0, 0],
      [0xd0, 0],
      [0x60, 2, 0, 1],
      [0x82, 0],
      [0x36, 0],
    ]) {
      const client = await connected();
      client.bytes(...bytes);
      await client.untilClosed();
    }
    const client = await connected();
    client.bytes(0x40, 2, 0, 1, 0x50, 2, 0, 1, 0x62, 2, 0, 1, 0x70, 2, 0, 1);
    await client.ping();
    await expectService();
  });

  test('random bytes', async () => {
    for (let seed = 1; seed <= 30; seed += 1) {
      const client = seed % 2 === 0 ? await raw() : await connected();
      let state = seed;
      client.bytes(
        ...Array.from({ length: 400 }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24),
      );
      client.socket.end();
      await client.untilClosed();
    }
    await expectService();
  });
});

describe('what would use the broker up is bounded:', () => {
  test('a client that never sends a CONNECT, or sends it too slowly, is cut off', async () => {
    await reopen({ limits: { connectMilliseconds: 100 } });
    const silent = await raw();
    const slow = await raw();
    slow.bytes(0x10, 30, 0, 4);
    await silent.untilClosed();
    await slow.untilClosed();
    expect(fixture.reasons()).toEqual(['connect-timeout', 'connect-timeout']);
  });

  test('half a CONNECT that announces 256 MB is ended before its body, a hundred at once, and keeps no memory', async () => {
    const before = process.memoryUsage().rss;
    const halves = await Promise.all(Array.from({ length: 100 }, () => raw()));
    const body = Buffer.alloc(256 * 1024);
    for (const half of halves) {
      // The longest that a remaining length can say, and as much of it as the broker takes.
      half.bytes(0x10, 0xff, 0xff, 0xff, 0x7f);
      half.socket.write(body);
    }
    for (const half of halves) await half.untilClosed();
    expect(fixture.reasons().filter((reason) => reason === 'packet-too-large')).toHaveLength(100);
    // Of the 25 MB that were sent, and of the 25 GB that were announced.
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
    await expectService();
  });

  test('a flood of packets is cut off, a flood at QoS 2 at its first packet', async () => {
    await reopen({ limits: { packetBurst: 100, packetsPerSecond: 10 } });
    const flood = await connected();
    for (let index = 0; index < 1000; index += 1) flood.send(publication(instanceTopic(web, 'stats')));
    await flood.untilClosed();
    expect(listener.messages.length).toBeLessThanOrEqual(100);
    const exactly = await connected();
    for (let index = 0; index < 50; index += 1) {
      exactly.send(publication(instanceTopic(web, 'stats'), { qos: 2, messageId: index + 1 }));
    }
    await exactly.untilClosed();
    expect(fixture.reasons()[0]).toBe('flood');
    expect(fixture.reasons()[1]).toBe('publish-qos');
    await expectService();
  });

  test('a flood of bytes is cut off', async () => {
    await reopen({ limits: { byteBurst: 500_000, bytesPerSecond: 1000 } });
    const client = await connected();
    for (let index = 0; index < 5; index += 1) {
      client.send(publication(instanceTopic(web, 'log'), { payload: Buffer.alloc(200_000) }));
    }
    await client.untilClosed();
    expect(fixture.reasons()).toEqual(['flood']);
  });

  test('connections above the maximum are dropped and counted', async () => {
    await reopen({ limits: { connections: 2 } });
    const first = await connected();
    const second = await connected(neighbour.instance);
    const third = await raw();
    await third.untilClosed();
    await first.ping();
    await second.ping();
    expect(fixture.reasons()).toEqual(['too-many-connections']);
  });

  test('a client that stops reading does not hold up a publish, and is cut off', async () => {
    await reopen({ limits: { drainMilliseconds: 200 } });
    const client = await connected();
    const topic = clusterTopic(web, 'desired');
    client.send({ cmd: 'subscribe', messageId: 9, subscriptions: [{ topic, qos: 1 }] });
    await eventually('subscribed', () => client.count('suback') === 1);
    client.socket.pause();
    const payload = Buffer.alloc(MAX_PAYLOAD_BYTES);
    const begun = performance.now();
    await Promise.all(Array.from({ length: 40 }, () => fixture.messaging.publish(topic, payload)));
    expect(performance.now() - begun).toBeLessThan(2000);
    await eventually('it is cut off', () => fixture.messaging.clients === 0);
    await expectService();
  });

  test('a client that vanished is noticed although it asked for no keepalive', async () => {
    await reopen({ limits: { keepaliveSeconds: 0.1 } });
    const client = await raw();
    expect(await client.connect(web.instance, { keepalive: 0 })).toBe(0);
    await client.untilClosed();
  });
});

describe('what the app does wrong does not end the broker:', () => {
  test('authentication that throws or never answers is "server unavailable"', async () => {
    let calls = 0;
    await reopen({
      limits: { connectMilliseconds: 100 },
      authenticate: (instance) => {
        calls += 1;
        if (instance === web.instance) throw new Error('the database is gone');
        return instance === neighbour.instance ? Promise.reject(new Error('locked')) : new Promise(() => undefined);
      },
    });
    for (const { instance } of [web, neighbour, stranger]) {
      const client = await raw();
      expect(await client.connect(instance)).toBe(3);
      await client.untilClosed();
    }
    expect(calls).toBe(3);
    expect(fixture.reasons()).toEqual(['hook-error', 'hook-error', 'unavailable']);
  });

  test('an observer of refusals that throws', async () => {
    await reopen({
      onReject: () => {
        throw new Error('the metrics are broken');
      },
    });
    const client = await connected();
    client.send(publication('$SYS/x'));
    await client.untilClosed();
    await expectService();
  });
});
