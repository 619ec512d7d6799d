import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MqttClient } from 'mqtt';
import pino from 'pino';
import { encode } from '../../../schema/mqtt/payload.ts';
import { instanceTopic } from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { BrokerFixture } from '../../adapters/broker/testing/fixture.ts';
import { identityOf } from '../../adapters/testing/mqtt-client.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { addInstance, clusterOf, NOW } from '../testing/records.ts';
import { Ingest, type Source } from './ingest.ts';

const counts: string[] = [];
const cleared: string[] = [];
const told: { topic: string; problem: string; detail: string }[] = [];
const handled: { leaf: string; source: Source; value: unknown }[] = [];
let failing: string | null;
let fleet: Fleet;
let instance: InstanceState;
let ingest: Ingest;

beforeEach(() => {
  counts.length = cleared.length = told.length = handled.length = 0;
  failing = null;
  fleet = new Fleet();
  const cluster = clusterOf();
  fleet.addCluster(cluster);
  instance = addInstance(fleet, cluster, { uid: 'web-1' });
  const handle =
    (leaf: string) =>
    (source: Source, { value }: { value: unknown }): void => {
      if (leaf === failing) throw new Error('a fault of ours');
      handled.push({ leaf, source, value });
    };
  ingest = new Ingest({
    fleet,
    count: (leaf, result) => counts.push(`${leaf} ${result}`),
    clear: (topic) => cleared.push(topic),
    logger: pino({}, { write: (line: string) => void told.push(JSON.parse(line) as (typeof told)[number]) }),
    handlers: {
      status: handle('status'),
      stats: handle('stats'),
      demand: handle('demand'),
      artifact: handle('artifact'),
      log: handle('log'),
      ack: handle('ack'),
    },
  });
});

const will = encode({ v: 1, session: 's1', state: 'offline' } as { v: 1 });
const topicOf = (uid: string, leaf: 'status' | 'stats' | 'log' | 'command' = 'status', alias = 'web') =>
  instanceTopic({ tenant: 'acme', application: 'shop', alias, instance: uid }, leaf);
const send = (topic: string, payload: Uint8Array | string, receivedAt = NOW) =>
  ingest.message({ topic, payload: Buffer.from(payload), retained: false, receivedAt });

test('what an agent says reaches the handler of its leaf, with the instance and the time of receipt', () => {
  send(topicOf('web-1'), will, NOW + 5);
  expect(handled).toMatchObject([
    { leaf: 'status', source: { receivedAt: NOW + 5 }, value: { session: 's1', state: 'offline' } },
  ]);
  expect(handled[0]!.source.instance).toBe(instance);
  expect(counts).toEqual(['status accepted']);
});

test.each([
  ['no topic of the contract', 'nonsense/topic', 'unknown unknown-topic'],
  ['a topic of another shard', topicOf('web-1').replace(/v1\/../, 'v1/zz'), 'unknown unknown-topic'],
  ['a topic that only the control plane writes', topicOf('web-1', 'command'), 'unknown unknown-topic'],
  ['an instance that nobody knows', topicOf('web-2'), 'status unknown-instance'],
  ['an instance of another alias', topicOf('web-1', 'status', 'api'), 'status unknown-instance'],
])('%s is counted, told and dropped', (_, topic, counted) => {
  send(topic, will);
  expect(counts).toEqual([counted]);
  expect(told).toMatchObject([{ topic, problem: counted.split(' ')[1] }]);
  expect(handled).toEqual([]);
});

test('what would be retained for ever of an instance that is not there is cleared, the rest only dropped', () => {
  send(topicOf('web-2'), will);
  send(topicOf('web-2', 'stats'), '{}');
  expect(cleared).toEqual([topicOf('web-2')]);
  send(topicOf('web-1'), will);
  expect(cleared).toHaveLength(1);
});

test('an instance that has ended says nothing any more but its last words', () => {
  instance.record = { ...instance.record, state: 'terminated' };
  send(topicOf('web-1'), will);
  send(topicOf('web-1', 'log'), encode({ v: 1, session: 's1', sequence: 1, lines: [], dropped: 0 } as { v: 1 }));
  expect(handled.map(({ leaf }) => leaf)).toEqual(['log']);
  expect(cleared).toEqual([topicOf('web-1')]);
});

test.each([
  ['no JSON', '{', 'invalid-json'],
  ['no UTF-8', Buffer.from([0xff, 0xfe]), 'invalid-utf8'],
  ['a version of the future', '{"v":2}', 'unknown-version'],
  ['a field of another type', '{"v":1,"session":7,"state":"offline"}', 'invalid-payload'],
  ['more than anybody may send', 'x'.repeat(300_000), 'too-large'],
])('a payload that is %s is counted by its problem and dropped', (_, payload, problem) => {
  send(topicOf('web-1'), payload);
  expect(counts).toEqual([`status ${problem}`]);
  expect(handled).toEqual([]);
});

test('a source that goes on sending rubbish is counted each time and told at most once a minute', () => {
  fleet.addInstance(fleet.clusterOfInstance('web-1')!, addInstance(fleet, clusterOf(), { uid: 'web-3' }));
  for (let index = 0; index < 100; index += 1) send(topicOf('web-1'), '{', NOW + index * 500);
  send(topicOf('web-3'), '{', NOW + 1);
  expect(counts).toHaveLength(101);
  expect(told.map(({ topic }) => topic)).toEqual([topicOf('web-1'), topicOf('web-3')]);
  send(topicOf('web-1'), '{', NOW + 60_000);
  expect(told).toHaveLength(3);
});

test('the clearing of a retained topic is no report', () => {
  send(topicOf('web-1'), '');
  expect(counts).toEqual([]);
});

test('a fault of ours with one message does not end the delivery of the others', () => {
  failing = 'status';
  expect(() => send(topicOf('web-1'), will)).not.toThrow();
  expect(counts).toEqual(['status not-handled']);
  expect(told).toMatchObject([{ problem: 'not-handled', detail: expect.stringContaining('a fault of ours') }]);
  failing = null;
  send(topicOf('web-1'), will);
  expect(handled).toHaveLength(1);
});

describe('behind the embedded broker', () => {
  let broker: BrokerFixture;
  let agent: MqttClient;
  const identity = identityOf('web-1');

  beforeEach(async () => {
    broker = await BrokerFixture.open();
    await broker.messaging.start({
      message: (message) => ingest.message(message),
      connected: () => undefined,
      disconnected: () => undefined,
    });
    agent = await broker.connectAgent(identity);
  });
  afterEach(() => broker.close());

  test('rubbish from an agent is counted and what follows it is heard', async () => {
    agent.publish(instanceTopic(identity, 'stats'), 'rubbish');
    agent.publish(instanceTopic(identity, 'stats'), Buffer.from([0xff]));
    agent.publish(instanceTopic(identity, 'status'), will, { qos: 1, retain: true });
    await eventually('the report', () => handled.length === 1);
    expect(counts).toEqual(['stats invalid-json', 'stats invalid-utf8', 'status accepted']);
  });

  test('a broken connection is heard of by the will', async () => {
    agent.stream.destroy();
    await eventually('the will', () => handled.length === 1);
    expect(handled).toMatchObject([{ leaf: 'status', value: { session: 'session', state: 'offline' } }]);
  });
});
