import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { MqttClient } from 'mqtt';
import pino from 'pino';
import type { DesiredDocument } from '../../../schema/mqtt/desired.ts';
import type { TopologyDocument } from '../../../schema/mqtt/topology.ts';
import { applicationTopologyFilter, clusterTopic } from '../../../schema/mqtt/topics.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { BrokerFixture } from '../../adapters/broker/testing/fixture.ts';
import { identityOf, received } from '../../adapters/testing/mqtt-client.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import { Fleet } from '../fleet/fleet.ts';
import type { Messaging } from '../ports/messaging.ts';
import type { ReleaseRecord, RolloutRecord } from '../records/releases.ts';
import type { ArtifactRecord } from '../records/sources.ts';
import { InMemoryMessaging } from '../testing/messaging.ts';
import { addInstance, clusterOf, seenOf } from '../testing/records.ts';
import { Publisher } from './publisher.ts';

let fleet: Fleet;
let cluster: ClusterState;
const DIGEST = `sha256-${'a'.repeat(64)}`;

/** Looked up as slowly as a test wants. */
let lookUp: () => Promise<void>;

beforeEach(() => {
  fleet = new Fleet();
  cluster = clusterOf();
  fleet.addCluster(cluster);
  lookUp = async () => undefined;
});

function release(uid: string): ReleaseRecord {
  return {
    uid,
    tenant: 'acme',
    cluster: cluster.record.uid,
    number: 1,
    createdAt: 0,
    createdBy: 'test',
    artifact: DIGEST,
    source: null,
    build: null,
    cartridge: { name: 'node', version: '1' },
    configuration: { v: 1, release: uid, environment: {} },
    configurationDigest: '0'.repeat(64),
    policies: null,
    restartOf: null,
    state: 'stable',
  };
}

/** Version of the metadata, as it was set last. */
let metadata: string | null = null;

function publisherOver(messaging: Messaging, epoch = 7): Publisher {
  const artifacts = {
    get: async (uid: string): Promise<ArtifactRecord> => {
      await lookUp();
      return { uid, bytes: 10, createdAt: 0 };
    },
    find: async () => [],
    save: async () => undefined,
    delete: async () => undefined,
  };
  return new Publisher({
    metadataVersion: () => metadata,
    fleet,
    messaging,
    store: { artifacts },
    endpoints: { controlPlane: 'http://127.0.0.1:8080/instance/v1/' },
    epoch,
    reportIntervalSeconds: 5,
    logger: pino({ level: 'silent' }),
  });
}

describe('documents', () => {
  let messaging: InMemoryMessaging;
  let publisher: Publisher;
  beforeEach(() => {
    messaging = new InMemoryMessaging();
    publisher = publisherOver(messaging);
    cluster.stable = release('r1');
  });

  const desired = () => messaging.document<DesiredDocument>(clusterTopic(cluster.key, 'desired'))!;
  const topology = () => messaging.document<TopologyDocument>(clusterTopic(cluster.key, 'topology'))!;

  test('say what is wanted, in this holder’s epoch', async () => {
    await publisher.publish(cluster);
    expect(desired()).toMatchObject({
      uid: cluster.record.uid,
      epoch: 7,
      generation: 1,
      stable: {
        release: 'r1',
        artifacts: [{ slot: 'app', digest: DIGEST, urls: [`http://127.0.0.1:8080/instance/v1/artifacts/${DIGEST}`] }],
        configurationUrl: 'http://127.0.0.1:8080/instance/v1/releases/r1/configuration',
      },
    });
    expect(desired().candidate).toBeUndefined();
  });

  test('are published again only when they change, each for itself', async () => {
    await publisher.publish(cluster);
    await publisher.publish(cluster);
    expect(messaging.published).toHaveLength(2);
    const instance = addInstance(fleet, cluster);
    await publisher.publish(cluster);
    expect(messaging.published).toHaveLength(3);
    expect(topology()).toMatchObject({ generation: 2, members: [{ instance: instance.record.uid, state: 'active' }] });
    expect(desired().generation).toBe(1);
  });

  test('name the metadata that instances shall have, and where it is', async () => {
    await publisher.publish(cluster);
    expect(desired().metadata).toBeUndefined();
    metadata = '2.1';
    await publisher.publish(cluster);
    expect(desired()).toMatchObject({
      generation: 2,
      metadata: { version: '2.1', url: 'http://127.0.0.1:8080/instance/v1/metadata' },
    });
    metadata = null;
  });

  test('of a load balancer say which aliases its application has, and change with them', async () => {
    const balancer = clusterOf('lb', 'lb');
    fleet.addCluster(balancer);
    fleet.addCluster(clusterOf('other', 'node', { application: 'blog', applicationUid: 'blog-uid' }));
    const aliases = () => messaging.document<TopologyDocument>(clusterTopic(balancer.key, 'topology'))?.aliases;
    await publisher.publish(balancer);
    expect(aliases()).toEqual(['web', 'lb']);
    fleet.removeCluster(cluster);
    await publisher.publish(balancer);
    expect(aliases()).toEqual(['lb']);
  });

  test('are all published again after a connect, with a higher generation', async () => {
    await publisher.publish(cluster);
    publisher.forgetAll();
    await publisher.publishAll();
    expect(messaging.published).toHaveLength(4);
    expect(desired().generation).toBe(2);
    expect(topology().generation).toBe(2);
  });

  test('of a later holder are newer than all before', async () => {
    await publisher.publish(cluster);
    const restored = clusterOf('web', 'node', { uid: cluster.record.uid });
    fleet.addCluster(restored);
    restored.stable = release('r1');
    await publisherOver(messaging, 8).publish(restored);
    expect(desired()).toMatchObject({ epoch: 8, generation: 1 });
  });

  test('wait for a broker that is away, and a publication that fails is made up for', async () => {
    messaging.isConnected = false;
    await publisher.publish(cluster);
    expect(messaging.published).toEqual([]);
    messaging.isConnected = true;
    const { publish } = messaging;
    messaging.publish = async () => {
      throw new Error('lost');
    };
    await publisher.publish(cluster);
    messaging.publish = publish;
    await publisher.publish(cluster);
    expect(messaging.published).toHaveLength(2);
  });

  test('name as members those that can serve: not the gone, the faulty, and those that never were ready', async () => {
    const add = (changes: Parameters<typeof addInstance>[2]) => addInstance(fleet, cluster, changes);
    const active = add({});
    const silent = add({ unreachable: true });
    const draining = add({ state: 'maintenance', draining: { purpose: 'switch', since: 1 } });
    const gone = add({});
    gone.observed = seenOf(gone, 'gone');
    add({ state: 'faulty' });
    add({ state: 'starting', activeAt: null, draining: { purpose: 'stop', since: 1 } });
    add({ host: null, port: null });
    add({ state: 'terminated' });
    await publisher.publish(cluster);
    expect(topology().members.map(({ instance, state }) => [instance, state])).toEqual([
      [active.record.uid, 'active'],
      [silent.record.uid, 'active'],
      [draining.record.uid, 'draining'],
    ]);
    expect([...cluster.publishedDraining]).toEqual([draining.record.uid]);
  });

  test('give members a token for cookies where a route asks for it, which says nothing of them', async () => {
    const tokens = () => topology().members.map(({ affinity }) => affinity);
    const instances = ['h1', 'h2'].map((tokenHash) => addInstance(fleet, cluster, { tokenHash }));
    await publisher.publish(cluster);
    expect(tokens()).toEqual([undefined, undefined]);
    cluster.plan = { ...cluster.plan, routes: [{ path: '/', affinity: 'cookie' }] };
    await publisher.publish(cluster);
    const first = tokens();
    expect(first).toEqual([expect.stringMatching(/^[\w-]{32}$/), expect.stringMatching(/^[\w-]{32}$/)]);
    expect(first[0]).not.toBe(first[1]);
    expect(first[0]).not.toContain(instances[0]!.record.uid);
    publisher.forgetAll();
    await publisher.publish(cluster);
    expect(tokens()).toEqual(first);
  });

  test('tell load balancers the limits of routes and of the application', async () => {
    const routes = [{ path: '/', limits: { requestsPerSecond: 5 } }];
    cluster.plan = { ...cluster.plan, routes, limits: { perClient: { concurrent: 2 } } };
    await publisher.publish(cluster);
    expect(topology()).toMatchObject({ routes, limits: { perClient: { concurrent: 2 } } });
  });

  test('tell load balancers, and nobody else, what the application says of them', async () => {
    const loadBalancer = { trustedProxies: ['10.0.0.0/8'], accessLog: 'json' as const };
    cluster.plan = { ...cluster.plan, loadBalancer };
    await publisher.publish(cluster);
    expect(topology().loadBalancer).toBeUndefined();
    cluster.plan = { ...cluster.plan, spec: { ...cluster.plan.spec, category: 'load-balancer' } };
    await publisher.publish(cluster);
    expect(topology()).toMatchObject({ loadBalancer, aliases: expect.any(Array) as unknown });
  });

  test('let requests wait for several starts where no instance may be running', async () => {
    const { effective, spec } = cluster.plan;
    await publisher.publish(cluster);
    expect(topology().holdSeconds).toBeUndefined();
    const policy = { ...effective.policy, minimum: 0 };
    cluster.plan = { ...cluster.plan, spec: { ...spec, startSeconds: 20 }, effective: { ...effective, policy } };
    await publisher.publish(cluster);
    expect(topology().holdSeconds).toBe(90);
  });

  test('keep the routes of what is stopped, and let no request wait for it', async () => {
    const stopped = { reason: 'maintenance', by: 'ann', since: 1, instances: 2 };
    cluster.record = { ...cluster.record, stopped };
    await publisher.publish(cluster);
    expect(topology()).toMatchObject({ holdSeconds: 0, routes: cluster.plan.routes });
  });

  test('never mix what was before a promotion with what is after it, whenever they are asked for', async () => {
    cluster.candidate = release('r2');
    cluster.rollout = { instances: ['a'] } as unknown as RolloutRecord;
    let goOn: (() => void) | undefined;
    lookUp = () => new Promise((resolve) => (goOn = resolve));
    const documents: DesiredDocument[] = [];
    const { publish } = messaging;
    messaging.publish = async (topic, payload) => {
      if (topic.endsWith('/desired')) documents.push(JSON.parse(payload.toString()) as DesiredDocument);
      await publish.call(messaging, topic, payload);
    };
    const first = publisher.publish(cluster);
    const second = publisher.publish(cluster);
    await eventually('the first is under way', () => goOn !== undefined);
    // The roll-out ends while its document is being made.
    lookUp = async () => undefined;
    cluster.stable = cluster.candidate;
    cluster.candidate = null;
    cluster.rollout = null;
    goOn?.();
    await Promise.all([first, second]);
    expect(documents.map(({ stable, candidate }) => [stable?.release, candidate?.release])).toEqual([
      ['r1', 'r2'],
      ['r2', undefined],
    ]);
    expect(documents[1]!.generation).toBeGreaterThan(documents[0]!.generation);
  });

  test('of a service cluster that is gone are cleared', async () => {
    await publisher.publish(cluster);
    await publisher.clearCluster(cluster);
    expect(messaging.retained.size).toBe(0);
  });
});

describe('over the embedded broker', () => {
  let broker: BrokerFixture;
  let balancer: MqttClient;
  let publisher: Publisher;
  const identity = identityOf('lb-1', { alias: 'lb', isLoadBalancer: true });

  beforeEach(async () => {
    broker = await BrokerFixture.open();
    publisher = publisherOver(broker.messaging);
    await broker.messaging.start({
      message: () => undefined,
      connected: () => undefined,
      disconnected: () => undefined,
    });
    balancer = await broker.connectAgent(identity);
  });
  afterEach(() => broker.close());

  test('a load balancer that comes later finds the topology, hears of its changes, and of its end', async () => {
    const instance = addInstance(fleet, cluster);
    await publisher.publish(cluster);
    const messages = received(balancer);
    await balancer.subscribeAsync(applicationTopologyFilter(cluster.key), { qos: 1 });
    const topologies = () => messages.map(({ text }) => (text === '' ? null : (JSON.parse(text) as TopologyDocument)));
    await eventually('the retained one', () => topologies().length === 1);
    instance.record = { ...instance.record, draining: { purpose: 'stop', since: 1 } };
    await publisher.publish(cluster);
    await publisher.publish(cluster);
    await publisher.clearCluster(cluster);
    await eventually('its end', () => topologies().at(-1) === null);
    expect(topologies().map((document) => document?.members.map(({ state }) => state))).toEqual([
      ['active'],
      ['draining'],
      undefined,
    ]);
  });
});
