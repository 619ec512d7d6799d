/** Two control planes on one PostgreSQL and one Mosquitto: one acts, the other takes over, whatever happens to the first. */
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PostgresServer } from '../../control-plane/adapters/database/testing/postgres-server.ts';
import { Mosquitto } from '../../control-plane/adapters/mqtt/testing/mosquitto.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { shopFrom } from '../support/shop.ts';

jest.setTimeout(240_000);
const LIMIT = 60_000;
const LEASE_SECONDS = 3;
const REF = { application: 'shop', alias: 'web' };

let server: PostgresServer;
let broker: Mosquitto;
let database: string;
let first: Platform;
let second: Platform;

beforeAll(async () => {
  server = await PostgresServer.start();
  broker = await Mosquitto.start();
  database = (await server.database()).database;
  first = await Platform.start({
    CARTWRIGHT_DATABASE_URL: server.url(database),
    CARTWRIGHT_BROKER_URL: broker.url,
    CARTWRIGHT_LEASE_SECONDS: `${LEASE_SECONDS}`,
  });
  const repository = await Repository.create(join(first.repositories, 'shop'), WORKING('one'));
  await first.apply(shopFrom(repository.url));
  await scale(first, 2);
  await eventually('two instances serve', async () => (await active(first)).length === 2, LIMIT);
  second = await Platform.standby(first);
});
afterAll(async () => {
  await second?.[Symbol.asyncDispose]();
  await first?.[Symbol.asyncDispose]();
  await broker?.close();
  await server?.close();
});
afterEach(async () => {
  // What a failed test has stopped must not stay.
  for (const platform of [first, second]) platform.signal('SIGCONT');
});

async function scale(platform: Platform, instances: number): Promise<void> {
  const { scale: payload } = await platform.ask<{ scale: { userErrors: { message: string }[] } }>(
    'mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }',
    { input: { ref: REF, kind: 'PIN', instances, reason: 'a test' } },
  );
  expect(payload.userErrors).toEqual([]);
}

async function active(platform: Platform): Promise<string[]> {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: { instances: { edges: { node: { uid: string; state: string } }[] } };
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { instances(first: 50) { edges { node { uid state } } } } }`,
    { ref: REF },
  );
  const nodes = serviceCluster.instances.edges.map(({ node }) => node);
  return nodes
    .filter(({ state }) => state === 'ACTIVE')
    .map(({ uid }) => uid)
    .toSorted();
}

/** The instance that each agent of `web` on this machine runs as, of those in the common data folder. */
async function agents(): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
    const config = words[words.indexOf('--config') + 1];
    if (!words.some((word) => word.endsWith('agent.mjs')) || !config?.startsWith(first.data)) continue;
    const { alias, instance } = JSON.parse(await readFile(config, 'utf8')) as { alias: string; instance: string };
    if (alias === REF.alias) found.push(instance);
  }
  return found.toSorted();
}

/** Everything that an overtaken control plane could have written over. */
async function rows(): Promise<unknown> {
  return {
    instances: await server.sql('select * from instance order by uid', database),
    wanted: await server.sql('select uid, wanted, generation, override from cluster order by uid', database),
    starts: await server.sql("select uid, type from event where type = 'instance.created' order by sequence", database),
    lease: await server.sql('select holder, fence from lease', database),
  };
}

async function fence(): Promise<number> {
  return Number((await server.sql('select fence from lease', database))[0]?.fence);
}

describe('while one acts', () => {
  test('the other says for whom it waits, answers nothing and starts nothing', async () => {
    const ready = (await (await fetch(`${second.url}/readyz`)).json()) as { ok: boolean; checks: { detail: string }[] };
    expect(ready.ok).toBe(false);
    expect(ready.checks[0]?.detail).toMatch(/^standby: .*process \d+.* is the holder \(fencing number \d+\)$/);
    expect((await fetch(`${second.url}/healthz`)).status).toBe(200);
    expect((await fetch(`${second.url}/graphql`, { method: 'POST' })).status).toBe(503);
    expect(await second.log()).not.toContain('the control plane is ready');
  });
});

describe('one that is stopped where it stands', () => {
  // Stopped at different moments of scaling up and down, in turn: the one that thaws ends, and comes back as the standby.
  test.each([
    [4, 0],
    [1, 150],
    [5, 400],
    [2, 1200],
  ])(
    'while it scales to %i, after %i ms: the other one goes on, and no instance is there twice',
    async (instances, wait) => {
      const [holder, standby] = (await first.isReady()) ? [first, second] : [second, first];
      const before = await fence();
      await scale(holder, instances);
      const stopAt = performance.now() + wait;
      await eventually('it is in the middle of it', () => performance.now() >= stopAt);
      holder.signal('SIGSTOP');
      const stopped = performance.now();
      await eventually('the other one is ready', () => standby.isReady(), LIMIT);
      const seconds = (performance.now() - stopped) / 1000;
      process.stdout.write(`taken over after ${seconds.toFixed(1)} s with a lease of ${LEASE_SECONDS} s\n`);
      expect(await fence()).toBeGreaterThan(before);
      // The time of the lease, one pause between two looks, and what reading the state takes on a loaded machine.
      expect(seconds).toBeLessThan(LEASE_SECONDS + 10);
      await eventually(
        'as many serve as were asked for',
        async () => (await active(standby)).length === instances,
        LIMIT,
      );
      await eventually('and no other runs', async () => (await agents()).length === instances, LIMIT);
      await eventually(
        'all of it is written down',
        async () => {
          const there = await server.sql("select state, inventory from instance where state <> 'terminated'", database);
          // Theirs and the load balancer's: what has ended may still be written down as active, and what an agent runs on comes last.
          const isWhole = there.every(({ state, inventory }) => state === 'active' && inventory !== null);
          return there.length === instances + 1 && isWhole;
        },
        LIMIT,
      );
      const seen = await rows();

      holder.signal('SIGCONT');
      expect(await holder.ended()).toBe(1);
      expect(await holder.log()).toContain('LEASE_LOST');
      expect(await rows()).toEqual(seen);
      expect(await agents()).toEqual(await active(standby));
      await holder.waitAsStandby();
    },
  );
});

test('one that is told to end gives the lease back: the other one is ready before its time would be over', async () => {
  const [holder, standby] = (await first.isReady()) ? [first, second] : [second, first];
  const running = await active(holder);
  const started = performance.now();
  await holder.end('SIGTERM');
  await eventually('the other one is ready', () => standby.isReady(), LIMIT);
  process.stdout.write(`handed over after ${((performance.now() - started) / 1000).toFixed(1)} s\n`);
  await eventually('the same instances serve', async () => (await active(standby)).join() === running.join(), LIMIT);
  expect(await agents()).toEqual(running);
  await holder.waitAsStandby();
});

test('a standby that is told to end does so at once, with code 0', async () => {
  const [, standby] = (await first.isReady()) ? [first, second] : [second, first];
  await standby.end('SIGTERM');
  expect(await standby.ended()).toBe(0);
  await standby.waitAsStandby();
});

test('the database away for longer than the lease: deciding goes on, acting waits, and the same one goes on', async () => {
  const [holder] = (await first.isReady()) ? [first, second] : [second, first];
  const before = await fence();
  const decisions = async (): Promise<number> => {
    const text = await (await fetch(`${holder.url}/metrics`)).text();
    return [...text.matchAll(/^cartwright_decisions_total\{.*\} (\d+)$/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
  };
  const running = await active(holder);
  await server.stop('fast');
  const from = await decisions();
  const stopped = performance.now();
  await eventually(
    'the lease is over',
    async () => (await (await fetch(`${holder.url}/readyz`)).text()).includes('until it is renewed'),
    LIMIT,
  );
  await eventually('it decides meanwhile', async () => (await decisions()) > from + 5, LIMIT);
  const away = (performance.now() - stopped) / 1000;
  expect(away).toBeGreaterThan(LEASE_SECONDS * 0.8);
  expect(await agents()).toEqual(running);
  await server.run();
  await eventually('one of them is ready', async () => (await first.isReady()) !== (await second.isReady()), LIMIT);
  const now = (await first.isReady()) ? first : second;
  await scale(now, running.length + 1);
  await eventually('it acts', async () => (await active(now)).length === running.length + 1, LIMIT);
  expect(await agents()).toEqual(await active(now));
  expect(await fence()).toBe(before);
});
