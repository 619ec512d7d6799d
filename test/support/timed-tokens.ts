/**
 * What is promised of tokens of a time, as tests that run over each broker: an agent's session and its questions by HTTP are the real ones, the clock of the
 * control plane is moved. Only who vouches for a pod is not a Kubernetes here.
 */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { exchange } from '../../agent/identity/exchange.ts';
import { Session } from '../../agent/messaging/session.ts';
import { instanceRoutes } from '../../control-plane/adapters/http/artifact-routes.ts';
import { identityRoutes } from '../../control-plane/adapters/http/identity-routes.ts';
import { RecordingListener } from '../../control-plane/adapters/testing/mqtt-client.ts';
import { createExchange } from '../../control-plane/app/identity/exchange.ts';
import { readTimedToken } from '../../control-plane/app/identity/timed-token.ts';
import { InstanceAccess } from '../../control-plane/app/instance-access.ts';
import type { BrokerAccounts } from '../../control-plane/app/ports/broker-accounts.ts';
import type { Messaging } from '../../control-plane/app/ports/messaging.ts';
import type { HostClusterRecord } from '../../control-plane/app/records/host-clusters.ts';
import { application } from '../../control-plane/app/testing/manifests.ts';
import { only, Platform } from '../../control-plane/app/testing/platform.ts';
import { IDENTITY_PATH, INSTANCE_PATH } from '../../schema/agent/identity.ts';
import { newUid } from '../../schema/ids.ts';
import { clusterTopic, instanceTopic, type InstanceKey } from '../../schema/mqtt/topics.ts';
import { eventually } from './eventually.ts';

const LIFETIME = 3_600_000;
const GRACE = 600_000;
const SECONDS = 1000;

/** A broker of one test's own. */
interface TimedBroker {
  readonly url: string;
  /** The control plane's connection. */
  readonly messaging: Messaging;
  /** As a control plane that has just started keeps them; the one before has ended. */
  openAccounts(): Promise<BrokerAccounts>;
  close(): Promise<void>;
}

/** `access`: of the present control plane. */
type OpenTimedBroker = (access: () => InstanceAccess) => Promise<TimedBroker>;

const HOST_CLUSTER: HostClusterRecord = {
  ...{ uid: newUid(), name: 'here', tenant: '', generation: 1, createdAt: 0, updatedAt: 0, updatedBy: 'test' },
  ...{ clusterUid: 'here', server: 'https://here', context: 'here', credentialKind: 'token', version: 1 },
  ...{ credentialEndsAt: null, noticedDays: null, ca: null, drainingSince: null, probe: { state: 'skipped' } },
  ...{ brokerUrl: 'mqtts://broker.example:8883', controlPlaneUrl: 'https://cartwright.example' },
  sealed: { key: 'none', nonce: '', text: '' },
};
const logger = pino({ level: 'silent' });

/** Asks when it is told to, and comes back with what it was answered. */
class Agent {
  readonly session: Session;
  /** Every token that it was answered, once. */
  readonly tokens: string[] = [];
  connects = 0;
  refusals = 0;
  renewAfterSeconds = 0;
  readonly #ask: () => ReturnType<typeof exchange>;
  #asking: Promise<unknown> = Promise.resolve();

  constructor(url: string, key: InstanceKey, ask: () => ReturnType<typeof exchange>) {
    this.#ask = ask;
    this.session = new Session({
      brokers: [url],
      key,
      token: () => this.token,
      will: Buffer.from(JSON.stringify({ v: 1, session: 'session', state: 'offline' })),
      subscriptions: [clusterTopic(key, 'desired')],
      log: () => undefined,
      random: () => 0.02,
      tokenSettled: () => this.#asking.then(() => undefined),
      onRefused: () => {
        this.refusals += 1;
        void this.ask();
      },
      onConnected: () => (this.connects += 1),
      onMessage: () => undefined,
    });
  }

  get token(): string {
    return this.tokens.at(-1)!;
  }

  async ask(): Promise<void> {
    const asking = this.#ask().then(({ token, renewAfterSeconds }) => {
      this.renewAfterSeconds = renewAfterSeconds;
      if (token !== this.tokens.at(-1)) this.tokens.push(token);
      this.session.useToken(token);
    });
    this.#asking = asking.catch(() => undefined);
    await asking;
  }

  async isIn(times = this.connects): Promise<void> {
    await eventually('it is connected', () => this.session.isConnected && this.connects >= times);
  }
}

class World {
  readonly platform: Platform;
  readonly listener = new RecordingListener();
  key!: InstanceKey;
  broker!: TimedBroker;
  agent!: Agent;
  base = '';
  #server!: Server;
  #folder = '';
  #handle: express.Express = express();

  private constructor(platform: Platform) {
    this.platform = platform;
  }

  static async open(open: OpenTimedBroker): Promise<World> {
    const platform = await Platform.open();
    platform.tokenTimes = { lifetimeMilliseconds: LIFETIME, graceMilliseconds: GRACE };
    const world = new World(platform);
    await world.#begin(open);
    return world;
  }

  async #begin(open: OpenTimedBroker): Promise<void> {
    const { platform } = this;
    this.broker = await open(() => this.access());
    await platform.database.hostClusters.save(HOST_CLUSTER);
    this.#server = createServer((request, response) => void this.#handle(request, response));
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    this.base = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    await this.start();
    await platform.apply(application('shop', [{ alias: 'web', cartridge: 'node' }]));
    await platform.release();
    await platform.pass();
    const cluster = platform.cluster('web');
    this.key = { ...cluster.key, instance: only(cluster).record.uid };
    await this.broker.messaging.start(this.listener);
    this.#folder = await mkdtemp(join(tmpdir(), 'cartwright-timed-'));
    const podTokenFile = join(this.#folder, 'token');
    await writeFile(podTokenFile, 'header.body.signature');
    const settings = {
      ...{ url: `${this.base}${IDENTITY_PATH}`, hostCluster: HOST_CLUSTER.uid, podIp: '127.0.0.1', podTokenFile },
      ...{ authoritiesFile: '', releaseFile: '', cartridgeDirectory: '', messageFile: '' },
    };
    this.agent = new Agent(this.broker.url, this.key, () => exchange(settings, new AbortController().signal));
    await this.agent.ask();
    this.agent.session.start();
    await this.agent.isIn(1);
  }

  access(): InstanceAccess {
    const { platform } = this;
    return new InstanceAccess(platform.database, platform.parts.vault, () => platform.now, platform.tokenTimes);
  }

  /** Another control plane takes over. */
  async start(): Promise<void> {
    const { platform } = this;
    const accounts = await this.broker.openAccounts();
    platform.accounts.broker = accounts;
    const { fleet, agentTokens, tasks } = await platform.start();
    accounts.keep(() => agentTokens.accounts());
    const exchangeIdentity = createExchange({
      ...{ store: platform.database, fleet, tasks, tokens: agentTokens, tokenTimes: platform.tokenTimes, logger },
      hostClusters: {
        reviewPodToken: async () => ({ uid: 'pod', namespace: 'acme', serviceAccount: 'instance' }),
      },
      pods: {
        ...{ audience: 'here', serviceAccount: 'instance' },
        ...{ instanceOf: () => this.key.instance, taskOf: () => undefined, buildOf: () => undefined },
      },
      documentsBase: `${this.base}${INSTANCE_PATH}`,
      clock: { monotonic: () => performance.now() },
    });
    const access = this.access();
    const none = async (): Promise<undefined> => undefined;
    this.#handle = express()
      .use(identityRoutes({ exchange: exchangeIdentity, logger, monotonic: () => performance.now() }))
      .use(
        INSTANCE_PATH,
        instanceRoutes({
          authenticateInstance: (token) => access.byToken(token),
          metadata: (identity) => access.metadata(identity),
          artifacts: platform.artifacts,
          mayRead: async () => false,
          ...{ releaseConfiguration: none, releaseSecrets: none, certificates: none },
        }),
      );
    await platform.parts.tokenRenewal.look();
  }

  /** Time goes by, and the control plane looks. */
  async pass(milliseconds: number): Promise<void> {
    this.platform.now += milliseconds;
    await this.platform.parts.tokenRenewal.look();
  }

  async byHttp(token: string): Promise<number> {
    const headers = { authorization: `Bearer ${token}` };
    return (await fetch(`${this.base}${INSTANCE_PATH}/metadata`, { headers })).status;
  }

  /** One that gets in takes the place of the agent. */
  async comesIn(password: string): Promise<boolean> {
    const { instance } = this.key;
    const client = await connectAsync(this.broker.url, {
      ...{ clientId: instance, username: instance, password, protocolVersion: 4, reconnectPeriod: 0 },
    }).catch(() => undefined);
    await client?.endAsync();
    return client !== undefined;
  }

  /** Whether anybody has been told that the agent is gone. */
  get isMissed(): boolean {
    return this.listener.texts(instanceTopic(this.key, 'status')).length > 0;
  }

  async close(): Promise<void> {
    await this.agent.session.close();
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
    await this.broker.close();
    await this.platform[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true });
  }
}

/** @param isOutside the broker is there while the control plane is not, and lets agents be until it is told otherwise */
export function describeTimedTokens(name: string, isOutside: boolean, open: OpenTimedBroker): void {
  describe(`tokens of a time and ${name}:`, () => {
    let world: World;
    beforeEach(async () => {
      world = await World.open(open);
    });
    afterEach(() => world.close());

    test('an agent that asks as it is told goes on without being refused or missed, and what it had before opens nothing', async () => {
      const { agent, platform } = world;
      for (let time = 0; time < 3 * LIFETIME; time += agent.renewAfterSeconds * SECONDS) {
        await world.pass(agent.renewAfterSeconds * SECONDS);
        expect(agent.session.isConnected).toBe(true);
        await agent.ask();
        await agent.isIn(agent.tokens.length);
        expect(await world.byHttp(agent.token)).toBe(200);
      }
      expect(agent.tokens).toHaveLength(4);
      expect([agent.connects, agent.refusals, world.isMissed]).toEqual([4, 0, false]);
      platform.now = Math.max(platform.now, readTimedToken(agent.tokens[2]!)!.end + GRACE);
      await world.pass(0);
      for (const token of agent.tokens.slice(0, -1))
        expect([await world.byHttp(token), await world.comesIn(token)]).toEqual([401, false]);
      expect([agent.session.isConnected, agent.connects, await world.byHttp(agent.token)]).toEqual([true, 4, 200]);
      expect(await world.comesIn(agent.token)).toBe(true);
    });

    test('one that does not ask loses its connection when its token ends, and comes back with another', async () => {
      const { agent, platform } = world;
      await agent.ask();
      platform.now = readTimedToken(agent.token)!.end + GRACE - 1;
      await world.pass(0);
      expect([agent.session.isConnected, agent.connects, await world.byHttp(agent.token)]).toEqual([true, 1, 200]);
      await world.pass(1);
      await agent.isIn(2);
      expect(agent.tokens).toHaveLength(2);
      expect(await world.byHttp(agent.tokens[0]!)).toBe(401);
    });

    test('a control plane that was away for longer than a lifetime locks nobody out', async () => {
      const { agent, platform } = world;
      platform.now += 3 * LIFETIME;
      await world.start();
      expect(await world.byHttp(agent.token)).toBe(401);
      if (isOutside) {
        // Nobody asks about who is there; who then asks in time is not refused either.
        await world.pass(GRACE / 2);
        expect([agent.session.isConnected, agent.connects]).toEqual([true, 1]);
        await agent.ask();
      } else expect(await world.comesIn(agent.token)).toBe(false);
      if (!isOutside) await agent.ask();
      await agent.isIn(2);
      // Its session may come back to the embedded broker before it has asked, and is refused then, once.
      expect(agent.refusals).toBeLessThanOrEqual(isOutside ? 0 : 1);
      expect([agent.tokens.length, await world.byHttp(agent.token)]).toEqual([2, 200]);
      await world.pass(GRACE);
      expect(await world.comesIn(agent.tokens[0]!)).toBe(false);
      expect([agent.session.isConnected, agent.connects]).toEqual([true, 2]);
    });

    test('neither does one whose clock was set back by days', async () => {
      const { agent } = world;
      await world.pass(-72 * LIFETIME);
      await agent.isIn(2);
      expect([agent.tokens.length, await world.byHttp(agent.token)]).toEqual([2, 200]);
    });
  });
}
