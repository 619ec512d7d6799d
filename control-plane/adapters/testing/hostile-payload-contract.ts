/**
 * What agents say that are let in and mean harm, or are broken, as tests that run on each broker: through it into the real ingest.
 * Each message is counted and dropped, or taken for what it is; the next one, and everybody else's, counts as before.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MqttClient } from 'mqtt';
import pino from 'pino';
import { encode, MAX_PAYLOAD_BYTES } from '../../../schema/mqtt/payload.ts';
import { DELIVERY, instanceTopic, type AgentLeaf } from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { Fleet } from '../../app/fleet/fleet.ts';
import type { InstanceJournal } from '../../app/fleet/instance-journal.ts';
import type { InstanceState } from '../../app/fleet/instance-state.ts';
import { Ingest } from '../../app/ingest/ingest.ts';
import { onStats } from '../../app/ingest/stats.ts';
import { onStatus } from '../../app/ingest/status.ts';
import type { InstanceRecord } from '../../app/records/instances.ts';
import { addInstance, clusterOf } from '../../app/testing/records.ts';
import type { HostileFixture } from './hostile-contract.ts';
import { identityOf } from './mqtt-client.ts';

const web = identityOf('web-1');
const neighbour = identityOf('web-2');
const ghost = identityOf('ghost');
const SESSION = 'session-1';

const status = (changes: object = {}) => ({
  v: 1,
  session: SESSION,
  sequence: 1,
  state: 'active',
  reads: { desired: [1], command: [1] },
  agentVersion: 'test',
  addresses: [{ name: 'http', host: '127.0.0.1', port: 4000 }],
  restarts: 0,
  ...changes,
});
const stats = (changes: object = {}) => ({
  v: 1,
  session: SESSION,
  sequence: [1],
  ageMilliseconds: [0],
  gauges: { loadAverage: [50] },
  counters: {},
  ...changes,
});
const json = (value: object): string => JSON.stringify(value);

export function describeHostilePayloads(name: string, open: () => Promise<HostileFixture>): void {
  describe(`over ${name}, what an agent says that is broken or means harm:`, () => {
    let fixture: HostileFixture;
    let fleet: Fleet;
    let counts: string[];
    let stale: number;
    let cleared: Promise<void>[];
    let agent: MqttClient;
    let instance: InstanceState;

    beforeEach(async () => {
      fixture = await open();
      counts = [];
      stale = 0;
      cleared = [];
      fleet = new Fleet();
      const cluster = clusterOf();
      fleet.addCluster(cluster);
      instance = addInstance(fleet, cluster, { uid: web.instance, state: 'starting', activeAt: null });
      instance.session = null;
      addInstance(fleet, cluster, { uid: neighbour.instance }).session = SESSION;
      for (const identity of [web, neighbour, ghost]) await fixture.admit(identity);
      agent = await fixture.connectAgent(web, { will: undefined });
    });
    afterEach(() => fixture.close());

    async function listen(): Promise<void> {
      const journal = {
        update: (_: unknown, { record }: InstanceState, patch: Partial<InstanceRecord>) => {
          fleet.instance(record.uid)!.record = { ...record, ...patch };
        },
      } as unknown as InstanceJournal;
      const markDirty = (): void => undefined;
      const ingest = new Ingest({
        fleet,
        count: (leaf, result) => void counts.push(`${leaf} ${result}`),
        clear: (topic) => void cleared.push(fixture.messaging.clear(topic)),
        logger: pino({ level: 'silent' }),
        handlers: {
          status: (source, { value }) =>
            onStatus(source, value, {
              journal,
              markDirty,
              started: () => undefined,
              silence: { look: () => undefined },
            }),
          stats: (source, { value }) =>
            onStats(source, value, { stale: (count) => void (stale += count), meter: { stats: () => undefined } }),
          demand: () => undefined,
          artifact: () => undefined,
          log: () => undefined,
          ack: () => undefined,
        },
      });
      await fixture.messaging.start({
        message: (message) => ingest.message(message),
        connected: () => undefined,
        disconnected: () => undefined,
      });
    }

    const say = (leaf: AgentLeaf, payload: string | Buffer, by = agent, identity = web): Promise<unknown> =>
      by.publishAsync(instanceTopic(identity, leaf), payload, { ...DELIVERY[leaf], qos: 1 });

    /** What was counted is this, and a neighbour's and its own next word are taken as ever. */
    async function expectCounted(expected: string[]): Promise<void> {
      await eventually(`counted: ${expected.join()}`, () => counts.length >= expected.length);
      expect(counts).toEqual(expected);
      const other = await fixture.connectAgent(neighbour, { will: undefined });
      await say('stats', json(stats({ sequence: [counts.length + 100] })), other, neighbour);
      await say('status', json(status({ sequence: 1000 })));
      await eventually('both count', () => counts.length === expected.length + 2);
      expect(counts.slice(expected.length).toSorted()).toEqual(['stats accepted', 'status accepted']);
      expect(instance.record.state).toBe('active');
    }

    const broken: Record<string, [AgentLeaf, string | Buffer, string]> = {
      'invalid UTF-8': ['status', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'status invalid-utf8'],
      'no JSON': ['status', '{"v":1,', 'status invalid-json'],
      NaN: ['stats', json(stats()).replace('[50]', '[NaN]'), 'stats invalid-json'],
      'a number beyond all numbers': ['stats', json(stats()).replace('[50]', '[1e309]'), 'stats invalid-payload'],
      'a negative number': ['stats', json(stats({ gauges: { loadAverage: [-1] } })), 'stats invalid-payload'],
      'a negative age': ['stats', json(stats({ ageMilliseconds: [-5] })), 'stats invalid-payload'],
      'an age of a year': ['stats', json(stats({ ageMilliseconds: [31_536_000_000] })), 'stats invalid-payload'],
      'a sequence that goes back': [
        'stats',
        json(stats({ sequence: [2, 1], ageMilliseconds: [0, 0], gauges: {} })),
        'stats invalid-payload',
      ],
      'columns of unequal length': ['stats', json(stats({ gauges: { loadAverage: [1, 2] } })), 'stats invalid-payload'],
      'no object': ['status', '[]', 'status invalid-payload'],
      null: ['status', 'null', 'status invalid-payload'],
      'an unknown version': ['status', json(status({ v: 99 })), 'status unknown-version'],
      'no version': ['status', json(status({ v: undefined })), 'status unknown-version'],
      'a prototype for a name': [
        'stats',
        json(stats()).replace('"loadAverage"', '"__proto__"'),
        'stats invalid-payload',
      ],
      'an id that is none': ['status', json(status({ session: '../../x' })), 'status invalid-payload'],
      'an unknown state': ['status', json(status({ state: 'root' })), 'status invalid-payload'],
      'a host that is none': [
        'status',
        json(status({ addresses: [{ name: 'http', host: 'a b\n', port: 1 }] })),
        'status invalid-payload',
      ],
      'deep nesting': ['status', `{"v":1,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, 'status invalid-payload'],
    };
    test.each(Object.entries(broken))('%s is counted and dropped', async (_, [leaf, payload, counted]) => {
      await listen();
      await say(leaf, payload);
      await expectCounted([counted]);
    });

    test('more than the largest payload is not taken', async () => {
      await listen();
      const large = `{"v":1,"x":"${'x'.repeat(MAX_PAYLOAD_BYTES)}"}`;
      // A broker may end the connection, drop it, or leave it to the ingest.
      agent.publish(instanceTopic(web, 'status'), large, { qos: 0, retain: true });
      const again = await eventually('it can say something else', async () => {
        const client = await fixture.connectAgent(web, { will: undefined });
        await say('ack', json({ v: 1, session: SESSION, kind: 'command', id: 'a', result: 'done' }), client);
        return client;
      });
      await eventually('that counts', () => counts.includes('ack accepted'));
      expect(counts.filter((count) => count.startsWith('status') && count !== 'status too-large')).toEqual([]);
      agent = again;
    });

    test('poison that is retained hurts no control plane that comes later, and is replaced by the next word', async () => {
      await say('status', Buffer.from([0xff, 0xfe]));
      await say('artifact', '{"v":1}');
      await listen();
      await eventually('both are read', () => counts.length >= 2);
      expect(counts.toSorted()).toEqual(['artifact invalid-payload', 'status invalid-utf8']);
      await expectCounted([...counts]);
    });

    test('what is retained of an instance that is not there is counted, and cleared for good', async () => {
      const stray = await fixture.connectAgent(ghost, { will: undefined });
      await say('status', json(status()), stray, ghost);
      await listen();
      await eventually('it is counted', () => counts.length === 1);
      await Promise.all(cleared);
      expect(counts).toEqual(['status unknown-instance']);
      expect(cleared).toHaveLength(1);
      await say('ack', '{}', stray, ghost);
      await eventually('what is not retained clears nothing', () => counts.length === 2);
      expect(cleared).toHaveLength(1);
      await expectCounted(['status unknown-instance', 'ack unknown-instance']);
    });

    test('a sequence that goes back changes nothing', async () => {
      await listen();
      await say('status', json(status({ sequence: 5 })));
      await say('status', json(status({ sequence: 4, state: 'faulty' })));
      await say('stats', json(stats({ sequence: [10] })));
      await say('stats', json(stats({ sequence: [9], gauges: { loadAverage: [99] } })));
      await say('stats', json(stats({ sequence: [10], gauges: { loadAverage: [99] } })));
      await eventually('all came', () => counts.length === 5);
      expect(instance.record.state).toBe('active');
      expect(instance.statsSequence).toBe(10);
      expect(stale).toBe(2);
      await expectCounted(counts.slice());
    });

    test('an old session says nothing any more, and its will takes nobody down', async () => {
      await listen();
      await say('status', json(status({ session: 'old' })));
      await say('status', json(status()));
      await say('status', json(status({ session: 'old', sequence: 99, state: 'faulty' })));
      await say('status', json({ v: 1, session: 'old', state: 'offline' }));
      await say('stats', json(stats({ session: 'old' })));
      await eventually('all came', () => counts.length === 5);
      expect(instance.record).toMatchObject({ state: 'active', unreachable: false });
      expect(instance.session).toBe(SESSION);
      expect(stale).toBe(1);
      await expectCounted(counts.slice());
    });

    test('a clock that is a year off, either way, makes no difference', async () => {
      await listen();
      const year = 31_536_000_000;
      for (const off of [-year, year]) {
        const session = new Date(Date.now() + off)
          .toISOString()
          .toLowerCase()
          .replaceAll(/[^a-z0-9]/g, '-');
        await say('status', json(status({ session, startedAt: Date.now() + off })));
        await say('stats', json(stats({ session })));
      }
      await eventually('all came', () => counts.length === 4);
      expect(counts.every((count) => count.endsWith('accepted'))).toBe(true);
      expect(stale).toBe(0);
      expect(Math.abs(instance.lastHeardAt - Date.now())).toBeLessThan(60_000);
      expect(Math.abs(instance.lastSample!.at - Date.now())).toBeLessThan(60_000);
    });

    test('a thousand broken ones in a row are a thousand in the count', async () => {
      await listen();
      for (let index = 0; index < 1000; index += 1)
        agent.publish(instanceTopic(web, 'status'), '{', { qos: 1, retain: true });
      await eventually('all are counted', () => counts.length === 1000);
      await expectCounted(Array.from({ length: 1000 }, () => 'status invalid-json'));
    });

    test('an empty payload clears what was retained, and says nothing', async () => {
      await listen();
      await say('status', '');
      await say('ack', '{}');
      await expectCounted(['ack unknown-version']);
    });

    test('the birth of another release, with fields that nobody knows yet, is taken', async () => {
      await listen();
      await say('status', encode({ ...status(), novelty: { a: [1] } } as unknown as { v: 1 }));
      await expectCounted(['status accepted']);
    });
  });
}
