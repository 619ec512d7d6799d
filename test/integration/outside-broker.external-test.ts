/**
 * An application over a real Mosquitto that lets in only whom the control plane has named, and what happens to it when that broker
 * is restarted, killed, paused, or loses what it had: nothing that was asked for is lost, and nothing happens twice.
 */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connectAsync } from 'mqtt';
import { Mosquitto, SECURED_USERS } from '../../control-plane/adapters/mqtt/testing/mosquitto.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText } from '../support/steady-load.ts';

jest.setTimeout(240_000);
const LIMIT = 60_000;
const REF = { application: 'shop', alias: 'web' };

let broker: Mosquitto;
let platform: Platform;
let repository: Repository;
let url: string;
/** How many instances of `web` were asked for since the beginning. */
let asked = 0;

interface Instance {
  readonly uid: string;
  readonly state: string;
  readonly unreachable: boolean;
  readonly release: { readonly number: number } | null;
}

async function instances(): Promise<Instance[]> {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: { instances: { edges: { node: Instance }[] } };
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
      instances(first: 50) { edges { node { uid state unreachable release { number } } } } } }`,
    { ref: REF },
  );
  return serviceCluster.instances.edges.map(({ node }) => node).filter(({ state }) => state !== 'TERMINATED');
}

/** Those that serve and are heard of, sorted. */
async function active(): Promise<string[]> {
  const found = (await instances()).filter(({ state, unreachable }) => state === 'ACTIVE' && !unreachable);
  return found.map(({ uid }) => uid).toSorted();
}

async function scaleTo(count: number): Promise<void> {
  const { scale } = await platform.ask<{ scale: { userErrors: { message: string }[] } }>(
    'mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }',
    { input: { ref: REF, kind: 'PIN', instances: count, reason: 'a test' } },
  );
  expect(scale.userErrors).toEqual([]);
}

async function expectActive(count: number): Promise<string[]> {
  await eventually(`${count} serve`, async () => (await active()).length === count, LIMIT);
  return active();
}

/** The release that the last roll-out leads to. */
async function latestRollout(): Promise<number | undefined> {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: { rollouts: { edges: { node: { toRelease: { number: number } | null } }[] } };
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
      rollouts(last: 1) { edges { node { toRelease { number } } } } } }`,
    { ref: REF },
  );
  return serviceCluster.rollouts.edges[0]?.node.toRelease?.number;
}

/** Every start of an instance of `web` that was ever recorded. */
async function starts(): Promise<number> {
  const { events } = await platform.ask<{ events: { edges: { node: { subject: { name: string } } }[] } }>(
    '{ events(types: ["instance.created"], first: 100) { edges { node { subject { name } } } } }',
  );
  return events.edges.filter(({ node }) => node.subject.name.includes('/web')).length;
}

/** Names of the plugin's clients; waits where it is writing its file. */
function clientsOfPlugin(): Promise<string[]> {
  return eventually('the plugin has written its file', async () => {
    const file = JSON.parse(await readFile(broker.accountsFile, 'utf8')) as { clients: { username: string }[] };
    return file.clients.map(({ username }) => username);
  });
}

async function readLog(): Promise<string> {
  return platform.log();
}

beforeAll(async () => {
  broker = await Mosquitto.startSecured();
  const settings: Record<string, string> = { CARTWRIGHT_BROKER_URL: broker.url };
  platform = await Platform.prepare();
  const passwords = { BROKER: SECURED_USERS.user, BROKER_SECURITY: SECURED_USERS.security };
  for (const [name, user] of Object.entries(passwords)) {
    const file = join(platform.directory, name);
    await writeFile(file, `${user.password}\n`, { mode: 0o600 });
    settings[`CARTWRIGHT_${name}_USERNAME`] = user.name;
    settings[`CARTWRIGHT_${name}_PASSWORD_FILE`] = file;
  }
  Object.assign(platform.environment, settings);
  await platform.run();
  repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
  const source = { git: { url: repository.url, branch: 'main' } };
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', source }] },
  });
  url = await eventually(
    'the application has a URL',
    async () => {
      const answer = await platform.ask<{ application: { url: string | null } | null }>(
        '{ application(name: "shop") { url } }',
      );
      return answer.application?.url ?? undefined;
    },
    LIMIT,
  );
});
afterAll(async () => {
  await platform?.[Symbol.asyncDispose]();
  await broker?.close();
});
afterEach(() => {
  // What a failed test has stopped must not stay.
  broker.signal('SIGCONT');
});

describe('an application whose agents the control plane lets into the broker', () => {
  test('is deployed and scaled; each instance has an account, and those that go lose theirs', async () => {
    await scaleTo(3);
    const three = await expectActive(3);
    const known = await clientsOfPlugin();
    expect(known).toEqual(expect.arrayContaining(three));
    expect(await getText(url)).toBe('one');
    await scaleTo(2);
    const two = await expectActive(2);
    await eventually(
      'the account of the third is gone',
      async () => {
        const left = await clientsOfPlugin();
        return three.every((uid) => left.includes(uid) === two.includes(uid));
      },
      LIMIT,
    );
    asked = 3;
    expect(await starts()).toBe(asked);
  });

  test('comes back with a control plane that was killed, with the same accounts', async () => {
    const before = await active();
    const accounts = await clientsOfPlugin();
    await platform.end('SIGKILL');
    await platform.run();
    await eventually('the same are heard of', async () => (await active()).join() === before.join(), LIMIT);
    expect((await clientsOfPlugin()).toSorted()).toEqual(accounts.toSorted());
  });
});

test('a rotation of the key gives every agent another password at the broker, and the same go on', async () => {
  const before = await expectActive(2);
  const tokenOf = (uid: string) => readFile(join(platform.data, 'instances', uid, 'token'), 'utf8');
  const tokens = await Promise.all(before.map(tokenOf));
  const program = join(PRESENT, 'dist/control-plane/cli/bin.js');
  await promisify(execFile)(process.execPath, [program, 'keys', 'rotate'], { env: platform.environment });
  await platform.end('SIGTERM');
  await platform.run();
  await eventually(
    'each has another token',
    async () => (await Promise.all(before.map(tokenOf))).every((token, index) => token !== tokens[index]),
    LIMIT,
  );
  const comesIn = async (uid: string, password: string): Promise<boolean> => {
    const client = await connectAsync(broker.url, {
      ...{ clientId: uid, username: uid, password, protocolVersion: 4, reconnectPeriod: 0 },
    }).catch(() => undefined);
    await client?.endAsync();
    return client !== undefined;
  };
  await eventually('the password before is refused', async () => !(await comesIn(before[0]!, tokens[0]!)), LIMIT);
  // What has just come in as the agent has ended its connection.
  expect(await comesIn(before[0]!, await tokenOf(before[0]!))).toBe(true);
  await eventually('the same are heard of', async () => (await active()).join() === before.join(), LIMIT);
  await eventually(
    'their samples come',
    async () => {
      const { serviceCluster } = await platform.ask<{
        serviceCluster: { instances: { edges: { node: { live: { sampleAgeSeconds: number | null } } }[] } };
      }>(
        `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
          instances(first: 9) { edges { node { live { sampleAgeSeconds } } } } } }`,
        { ref: REF },
      );
      return serviceCluster.instances.edges.every(({ node }) => (node.live.sampleAgeSeconds ?? 99) < 6);
    },
    LIMIT,
  );
  expect(await starts()).toBe(asked);
});

describe('the broker', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)(
    'ended by %s and started again: the same go on, and more are started',
    async (signal) => {
      const before = await expectActive(2);
      await broker.kill(signal);
      await scaleTo(3);
      await eventually('its absence is told', async () => (await readLog()).includes('the broker is away'), LIMIT);
      expect(await getText(url)).toBe('one');
      await broker.run();
      const after = await expectActive(3);
      expect(after).toEqual(expect.arrayContaining(before));
      asked += 1;
      await scaleTo(2);
      await expectActive(2);
      expect(await starts()).toBe(asked);
    },
  );

  test('paused while there is a roll-out and a scaling: both end as they were asked for, once', async () => {
    const before = await expectActive(2);
    await repository.commit(WORKING('two'), 'second');
    await eventually('the roll-out begins', async () => (await latestRollout()) === 2, LIMIT);
    broker.signal('SIGSTOP');
    await scaleTo(3);
    // Long enough for every confirmation to be missing.
    const since = performance.now();
    await eventually('it is away for a while', () => performance.now() - since > 12_000, LIMIT);
    broker.signal('SIGCONT');
    asked += 1;
    const after = await expectActive(3);
    await eventually(
      'all run the second release',
      async () => (await instances()).every(({ state, release }) => state === 'ACTIVE' && release?.number === 2),
      LIMIT,
    );
    expect(after).toEqual(expect.arrayContaining(before));
    expect(await getText(url)).toBe('two');
    expect(await starts()).toBe(asked);
  });

  test('that has lost all it had, retained topics and accounts: everything is there again', async () => {
    const before = await expectActive(3);
    const retained = await broker.retained();
    expect(retained.filter((topic) => topic.endsWith('/desired'))).toHaveLength(2);
    await broker.kill('SIGKILL');
    await broker.loseStore();
    await broker.loseAccounts();
    await broker.run();
    await eventually(
      'what was retained is retained again',
      async () => (await broker.retained()).join() === retained.join(),
      LIMIT,
    );
    expect(await expectActive(3)).toEqual(before);
    await scaleTo(4);
    asked += 1;
    expect(await expectActive(4)).toEqual(expect.arrayContaining(before));
    expect(await starts()).toBe(asked);
  });

  test('away while instances end: what they left is cleared when it is back, and so is their way in', async () => {
    const before = await expectActive(4);
    // On disk: what it brings back with it.
    await broker.kill('SIGTERM');
    await scaleTo(2);
    await eventually('two are left', async () => (await instances()).length === 2, LIMIT);
    const left = (await instances()).map(({ uid }) => uid);
    const ended = before.filter((uid) => !left.includes(uid));
    await broker.run();
    await eventually(
      'nothing is retained of those that ended',
      async () => {
        const topics = await broker.retained();
        return (
          left.every((uid) => topics.some((topic) => topic.includes(uid))) &&
          !topics.some((topic) => ended.some((uid) => topic.includes(uid)))
        );
      },
      LIMIT,
    );
    await eventually(
      'their accounts are gone',
      async () => !(await clientsOfPlugin()).some((name) => ended.includes(name)),
      LIMIT,
    );
    expect(await expectActive(2)).toEqual(left.toSorted());
    expect(await starts()).toBe(asked);
  });

  test('away while the application is deleted: it is gone all the same, and nothing is left of it at the broker once that is back', async () => {
    expect(await broker.retained()).toEqual(
      expect.arrayContaining(
        ['desired', 'topology'].map((leaf) => expect.stringMatching(new RegExp(`/shop/web/${leaf}$`))),
      ),
    );
    // On disk: what it brings back with it.
    await broker.kill('SIGTERM');
    const since = performance.now();
    const { deleteApplication } = await platform.ask<{ deleteApplication: { userErrors: { message: string }[] } }>(
      'mutation ($input: DeleteApplicationInput!) { deleteApplication(input: $input) { userErrors { message } } }',
      { input: { name: 'shop' } },
    );
    expect(deleteApplication.userErrors).toEqual([]);
    await eventually(
      'the application is gone',
      async () =>
        (await platform.ask<{ application: unknown }>('{ application(name: "shop") { name } }')).application === null,
      LIMIT,
    );
    expect(await platform.instanceProcesses()).toEqual([]);
    // The deadline of a drain: nobody is there whom one could wait for.
    expect((performance.now() - since) / 1000).toBeLessThan(30);
    await broker.run();
    await eventually('nothing is retained', async () => (await broker.retained()).length === 0, LIMIT);
    const ours = Object.values(SECURED_USERS).map(({ name }) => name as string);
    await eventually(
      'no account is left',
      async () => (await clientsOfPlugin()).every((name) => [...ours, 'reader'].includes(name)),
      LIMIT,
    );
    expect(await starts()).toBe(asked);
  });
});

test('no password and no token is in the control plane’s log', async () => {
  const log = await readLog();
  for (const { password } of Object.values(SECURED_USERS)) expect(log).not.toContain(password);
  expect(log).not.toMatch(/"(password|token)":"(?!\[Redacted\])/);
});
