/** The agents' accounts on a real Mosquitto with its dynamic-security plugin. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readFile } from 'node:fs/promises';
import type { MqttClient } from 'mqtt';
import pino from 'pino';
import {
  AGENT_LEAVES,
  applicationTopologyFilter,
  clusterTopic,
  instanceTopic,
} from '../../../../schema/mqtt/topics.ts';
import { MAX_PAYLOAD_BYTES } from '../../../../schema/mqtt/payload.ts';
import { eventually } from '../../../../test/support/eventually.ts';
import type { AgentAccount } from '../../../app/ports/broker-accounts.ts';
import type { InstanceIdentity, Messaging } from '../../../app/ports/messaging.ts';
import { connectAgent, identityOf, received, RecordingListener, tokenOf } from '../../testing/mqtt-client.ts';
import { createMqttMessaging } from '../messaging.ts';
import { Mosquitto, SECURED_USERS } from '../testing/mosquitto.ts';
import { documentedConfiguration } from '../testing/secured-fixture.ts';
import { createDynamicSecurityAccounts } from './accounts.ts';
import type { DynamicSecurityAccounts, DynamicSecurityOptions } from './accounts.ts';

const web = identityOf('web-1');
const neighbour = identityOf('web-2');
const balancer = identityOf('lb-1', { alias: 'lb', isLoadBalancer: true });

let broker: Mosquitto;
let accounts: DynamicSecurityAccounts;
let messaging: Messaging;
let listener: RecordingListener;
let wanted: AgentAccount[];
let lines: string[];
let clients: MqttClient[];

const accountOf = (identity: InstanceIdentity): AgentAccount => ({
  identity,
  token: tokenOf(identity.instance),
  accepted: [],
});

function open(changes: Partial<DynamicSecurityOptions> = {}): DynamicSecurityAccounts {
  return createDynamicSecurityAccounts({
    url: broker.url,
    username: SECURED_USERS.security.name,
    password: SECURED_USERS.security.password,
    clientId: 'security',
    logger: pino({}, { write: (line: string) => void lines.push(line) }),
    backOffMilliseconds: { first: 10, longest: 50 },
    ...changes,
  });
}

async function connect(
  identity: InstanceIdentity,
  options: Parameters<typeof connectAgent>[2] = {},
): Promise<MqttClient> {
  const client = await connectAgent(broker.port, identity, options);
  client.on('error', () => undefined);
  clients.push(client);
  return client;
}

/** Names of the plugin's clients, by what it wrote. */
async function stored(): Promise<string[]> {
  const file = JSON.parse(await readFile(broker.accountsFile, 'utf8')) as { clients: { username: string }[] };
  return file.clients.map(({ username }) => username).toSorted();
}

const BOTH = [SECURED_USERS.user.name, SECURED_USERS.security.name];

beforeEach(async () => {
  broker = await Mosquitto.startSecured();
  lines = [];
  clients = [];
  wanted = [web, neighbour, balancer].map(accountOf);
  accounts = open();
  listener = new RecordingListener();
  messaging = createMqttMessaging({
    url: broker.url,
    username: SECURED_USERS.user.name,
    password: SECURED_USERS.user.password,
    clientId: 'control-plane',
    logger: pino({ level: 'silent' }),
    backOffMilliseconds: { first: 10, longest: 50 },
  });
});
afterEach(async () => {
  for (const client of clients) client.end(true);
  await accounts.close();
  await messaging.close();
  await broker.close();
});

test('an agent comes in once it was granted, only as itself, and is cut off for good when it was revoked', async () => {
  wanted = [];
  accounts.keep(() => wanted);
  await expect(connect(web)).rejects.toThrow(/Not authorized|Bad username/);
  wanted = [accountOf(web)];
  const begun = performance.now();
  await accounts.grant(accountOf(web));
  // As soon as the plugin has answered, not only when the bound has passed.
  expect(performance.now() - begun).toBeLessThan(1900);
  const agent = await connect(web);
  await expect(connect(web, { password: 'guess' })).rejects.toThrow();
  await expect(connect(web, { clientId: 'another' })).rejects.toThrow();
  await expect(connect(neighbour)).rejects.toThrow();
  wanted = [];
  await accounts.revoke(web.instance);
  await eventually('its session ends', () => !agent.connected);
  await expect(connect(web)).rejects.toThrow();
  expect(await stored()).toEqual(BOTH);
});

test('another token ends the session of the one before, and only the new one is let in', async () => {
  wanted = [accountOf(web)];
  accounts.keep(() => wanted);
  await accounts.grant(accountOf(web));
  const agent = await connect(web);
  wanted = [{ identity: web, token: 'another', accepted: [] }];
  await accounts.grant(wanted[0]!);
  await eventually('its session ends', () => !agent.connected);
  await expect(connect(web)).rejects.toThrow();
  await connect(web, { password: 'another' });
});

test('the lines of docs/mqtt.md make such a broker, with limits that its documents fit into', async () => {
  await broker.close();
  broker = await Mosquitto.startAs(await documentedConfiguration());
  accounts = open();
  wanted = [accountOf(web)];
  accounts.keep(() => wanted);
  await eventually('the account is there', async () => (await stored()).includes(web.instance));
  const agent = await connect(web);
  const heard = received(agent);
  await agent.subscribeAsync(clusterTopic(web, 'desired'), { qos: 1 });
  const { name: username, password } = SECURED_USERS.user;
  const own = await connect(web, { clientId: 'by-hand', username, password, will: undefined });
  await own.publishAsync(clusterTopic(web, 'desired'), 'x'.repeat(MAX_PAYLOAD_BYTES), { qos: 1 });
  await eventually('it arrives whole', () => heard[0]?.text.length === MAX_PAYLOAD_BYTES);
});

describe('rights are exact', () => {
  beforeEach(async () => {
    accounts.keep(() => wanted);
    await messaging.start(listener);
    await eventually('all accounts are there', async () => (await stored()).length === 5);
  });

  test('an agent’s own leaves arrive, and nothing that is another’s', async () => {
    const agent = await connect(web);
    const foreign = [
      instanceTopic(neighbour, 'status'),
      instanceTopic({ ...web, tenant: 'rival' }, 'status'),
      instanceTopic(web, 'demand'),
      instanceTopic(web, 'command'),
      clusterTopic(web, 'desired'),
      clusterTopic(web, 'topology'),
      `${instanceTopic(web, 'stats')}/x`,
      '$CONTROL/dynamic-security/v1',
      '$SYS/x',
    ];
    for (const topic of foreign) await agent.publishAsync(topic, '{}', { qos: 1 });
    for (const leaf of AGENT_LEAVES) await agent.publishAsync(instanceTopic(web, leaf), leaf, { qos: 1 });
    await eventually('the last arrives', () => listener.texts(instanceTopic(web, 'ack')).length === 1);
    const own = AGENT_LEAVES.filter((leaf) => leaf !== 'demand').map((leaf) => instanceTopic(web, leaf));
    expect(listener.messages.map(({ topic }) => topic).toSorted()).toEqual(own.toSorted());
  });

  test.each([
    ['#', web],
    ['+/#', web],
    ['$SYS/#', web],
    ['$CONTROL/#', web],
    ['$CONTROL/dynamic-security/v1/response', web],
    [clusterTopic(web, 'topology'), web],
    [applicationTopologyFilter(web), web],
    [clusterTopic({ ...web, alias: 'api' }, 'desired'), web],
    [instanceTopic(neighbour, 'command'), web],
    [clusterTopic(web, 'desired').replace('web', '+'), web],
    [`$share/group/${clusterTopic(web, 'desired')}`, web],
    [instanceTopic(web, 'status'), web],
    [applicationTopologyFilter({ ...balancer, application: 'bank' }), balancer],
    [clusterTopic(web, 'desired'), balancer],
  ])('a subscription to %s is refused', async (filter, identity) => {
    const agent = await connect(identity);
    await expect(agent.subscribeAsync(filter, { qos: 1 })).rejects.toThrow();
  });

  test('an agent reads its desired document and commands, a load balancer every topology of its application', async () => {
    const agent = await connect(web);
    const lb = await connect(balancer);
    const [heard, heardByBalancer] = [received(agent), received(lb)];
    await agent.subscribeAsync([clusterTopic(web, 'desired'), instanceTopic(web, 'command')], { qos: 1 });
    await lb.subscribeAsync(applicationTopologyFilter(balancer), { qos: 1 });
    await messaging.publish(clusterTopic(web, 'desired'), Buffer.from('desired'));
    await messaging.publish(instanceTopic(web, 'command'), Buffer.from('command'));
    await messaging.publish(clusterTopic(web, 'topology'), Buffer.from('topology'));
    await eventually('all arrive', () => heard.length === 2 && heardByBalancer.length === 1);
    expect(heard.map(({ text }) => text)).toEqual(['desired', 'command']);
    expect(heardByBalancer[0]!.text).toBe('topology');
  });

  test('the control plane’s own user clears what agents have retained, and may change no account', async () => {
    const agent = await connect(web);
    await agent.publishAsync(instanceTopic(web, 'status'), 'birth', { qos: 1, retain: true });
    await eventually('it arrives', () => listener.messages.length === 1);
    await messaging.clear(instanceTopic(web, 'status'));
    const own = await connect(web, {
      clientId: 'by-hand',
      username: SECURED_USERS.user.name,
      password: SECURED_USERS.user.password,
      will: undefined,
    });
    const heard = received(own);
    const foreign = ['#', '$SYS/#', '$CONTROL/#', '$CONTROL/dynamic-security/v1/response', 'cartwright/#'];
    for (const filter of foreign) await expect(own.subscribeAsync(filter)).rejects.toThrow();
    const command = { commands: [{ command: 'deleteClient', username: web.instance }] };
    await own.publishAsync('$CONTROL/dynamic-security/v1', JSON.stringify(command), { qos: 1 });
    await own.publishAsync(instanceTopic(web, 'stats'), 'forged', { qos: 1 });
    await own.subscribeAsync('cartwright/v1/+/+/+/+/+/status', { qos: 1 });
    await agent.publishAsync(instanceTopic(web, 'status'), 'again', { qos: 1, retain: true });
    await eventually('the agent is still there', () => heard.length === 1);
    expect(heard.map(({ text }) => text)).toEqual(['again']);
    expect(await stored()).toContain(web.instance);
    expect(listener.texts(instanceTopic(web, 'stats'))).toEqual([]);
  });

  test('the user for accounts reads and writes nothing but accounts', async () => {
    const client = await connect(web, {
      clientId: 'by-hand',
      username: SECURED_USERS.security.name,
      password: SECURED_USERS.security.password,
      will: undefined,
    });
    for (const filter of ['#', '$SYS/#', 'cartwright/v1/+/+/+/+/+/status', clusterTopic(web, 'desired')])
      await expect(client.subscribeAsync(filter)).rejects.toThrow();
    await client.publishAsync(clusterTopic(web, 'desired'), 'forged', { qos: 1, retain: true });
    const agent = await connect(web);
    const heard = received(agent);
    await agent.subscribeAsync(clusterTopic(web, 'desired'), { qos: 1 });
    await messaging.publish(clusterTopic(web, 'desired'), Buffer.from('true'));
    await eventually('the true one arrives', () => heard.length > 0);
    expect(heard.map(({ text }) => text)).toEqual(['true']);
  });
});

describe('what should exist comes back, and what should not goes:', () => {
  const admin = async (...commands: object[]): Promise<void> => {
    const client = await connect(web, {
      clientId: 'operator',
      username: SECURED_USERS.security.name,
      password: SECURED_USERS.security.password,
      will: undefined,
    });
    await client.publishAsync('$CONTROL/dynamic-security/v1', JSON.stringify({ commands }), { qos: 1 });
    await client.endAsync();
  };

  test('the plugin’s file was lost', async () => {
    accounts.keep(() => wanted);
    await eventually('all accounts are there', async () => (await stored()).length === 5);
    await broker.kill('SIGKILL');
    await broker.loseAccounts();
    await broker.run();
    await eventually('all accounts are there again', async () => (await stored()).length === 5);
    await connect(web);
    await connect(balancer);
  });

  test('instances came and went while the broker was away', async () => {
    accounts.keep(() => wanted);
    await eventually('all accounts are there', async () => (await stored()).length === 5);
    await broker.kill('SIGKILL');
    const later = accountOf(identityOf('web-3'));
    wanted = [...wanted.slice(1), later];
    await Promise.all([accounts.grant(later), accounts.revoke(web.instance)]);
    await broker.run();
    await eventually('the plugin knows', async () => (await stored()).includes('web-3'));
    await eventually('and forgot', async () => !(await stored()).includes(web.instance));
    await connect(later.identity);
    await expect(connect(web)).rejects.toThrow();
  });

  test('another control plane begins: what of ours should not be there goes, others’ clients stay', async () => {
    accounts.keep(() => wanted);
    await eventually('all accounts are there', async () => (await stored()).length === 5);
    await accounts.close();
    await admin(
      { command: 'createRole', rolename: 'dashboards' },
      { command: 'createClient', username: 'grafana', password: 'x', roles: [{ rolename: 'dashboards' }] },
      { command: 'createRole', rolename: 'cartwright-agent-left-over' },
      // Given by hand what is not an agent's.
      { command: 'addClientRole', username: web.instance, rolename: 'dashboards' },
      {
        command: 'addRoleACL',
        rolename: 'cartwright-agent-web-2',
        acltype: 'subscribePattern',
        topic: '#',
        allow: true,
      },
      { command: 'setDefaultACLAccess', acls: [{ acltype: 'subscribe', allow: true }] },
    );
    wanted = [web, neighbour].map(accountOf);
    accounts = open();
    accounts.keep(() => wanted);
    const file = async () =>
      JSON.parse(await readFile(broker.accountsFile, 'utf8')) as {
        clients: { username: string; roles: { rolename: string }[] }[];
        roles: { rolename: string; acls?: { acltype: string }[] }[];
        defaultACLAccess: { subscribe: boolean };
      };
    await eventually('it is as it should be', async () => {
      const { clients: held, roles, defaultACLAccess } = await file();
      const names = held.map(({ username }) => username).toSorted();
      expect(names).toEqual([...BOTH, 'grafana', 'web-1', 'web-2'].toSorted());
      expect(roles.map(({ rolename }) => rolename)).not.toContain('cartwright-agent-left-over');
      expect(held.find(({ username }) => username === 'web-1')?.roles).toEqual([
        expect.objectContaining({ rolename: 'cartwright-agent-web-1' }),
      ]);
      const acls = roles.find(({ rolename }) => rolename === 'cartwright-agent-web-2')?.acls ?? [];
      expect(acls.map(({ acltype }) => acltype)).not.toContain('subscribePattern');
      expect(acls).toHaveLength(9);
      return !defaultACLAccess.subscribe;
    });
    const agent = await connect(neighbour);
    await expect(agent.subscribeAsync('#')).rejects.toThrow();
    expect(lines.join()).toContain('denies that now');
  });

  test('somebody changed accounts between: a refusal leads to a comparison', async () => {
    accounts.keep(() => wanted);
    await eventually('all accounts are there', async () => (await stored()).length === 5);
    await admin({ command: 'deleteClient', username: web.instance });
    await eventually('it is gone', async () => !(await stored()).includes(web.instance));
    wanted = wanted.slice(1);
    await accounts.revoke(web.instance);
    await eventually('it is as it should be', async () => (await stored()).length === 4);
    const file = () => readFile(broker.accountsFile, 'utf8');
    await eventually('its role is gone', async () => !(await file()).includes('cartwright-agent-web-1'));
  });

  test('an instance whose token cannot be had again keeps what the broker has, and is told where it has nothing', async () => {
    accounts.keep(() => wanted);
    await eventually('all accounts are there', async () => (await stored()).length === 5);
    await accounts.close();
    wanted = [{ identity: web, token: null, accepted: [] }];
    accounts = open();
    accounts.keep(() => wanted);
    await eventually('the others go', async () => (await stored()).length === 3);
    await connect(web);
    await broker.kill();
    await broker.loseAccounts();
    await broker.run();
    await eventually('it is told', () =>
      lines.some((line) => line.includes('put the key back') && line.includes('web-1')),
    );
  });
});

test('hundreds of agents are brought in without keeping the broker from the others', async () => {
  accounts.keep(() => wanted);
  await messaging.start(listener);
  await eventually('all accounts are there', async () => (await stored()).length === 5);
  const agent = await connect(web);
  wanted = Array.from({ length: 300 }, (_, index) => accountOf(identityOf(`web-${index}`)));
  const granting = wanted.slice(1).map((account) => accounts.grant(account));
  let slowest = 0;
  await eventually(
    'all are there',
    async () => {
      const begun = performance.now();
      await agent.publishAsync(instanceTopic(web, 'status'), 'still here', { qos: 1 });
      slowest = Math.max(slowest, performance.now() - begun);
      return (await stored()).length >= 302;
    },
    60_000,
  );
  await Promise.all(granting);
  // Far below the keepalive of agents, 10 s, after whose one and a half they are cut off.
  expect(slowest).toBeLessThan(5000);
}, 70_000);

test('no password and no token is ever logged, whatever goes wrong', async () => {
  await accounts.close();
  accounts = open({ password: 'wrong-password' });
  accounts.keep(() => wanted);
  await eventually('the refusal is told', () => lines.some((line) => line.includes('no connection')));
  await accounts.close();
  accounts = open({ answerMilliseconds: 100 });
  accounts.keep(() => wanted);
  await eventually('all accounts are there', async () => (await stored()).length === 5);
  broker.signal('SIGSTOP');
  await accounts.grant(accountOf(identityOf('web-9')));
  await eventually('that it does not answer is told', () => lines.some((line) => line.includes('did not answer')));
  broker.signal('SIGCONT');
  wanted = [...wanted, accountOf(identityOf('web-9'))];
  await eventually('it is there', async () => (await stored()).includes('web-9'));
  const text = lines.join();
  for (const secret of ['token-of', 'wrong-password', SECURED_USERS.security.password])
    expect(text).not.toContain(secret);
});
