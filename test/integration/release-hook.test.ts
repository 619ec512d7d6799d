/**
 * The hook `release` with a cartridge that migrates a database, through the whole platform: once for each release, before its
 * traffic, whatever becomes of the control plane.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { withCartridge } from '../support/program.ts';
import { Repository, WORKING } from '../support/repository.ts';
import { getText } from '../support/steady-load.ts';

jest.setTimeout(120_000);
const LIMIT = 60_000;
const REF = { application: 'shop', alias: 'web' };

/** Notes that it runs before it does anything, waits until it may go on, then migrates. */
const MIGRATION = (change: string): string => `
const { existsSync, writeFileSync } = require('node:fs');
const { DatabaseSync } = require('node:sqlite');
const database = new DatabaseSync(process.env.DATABASE);
database.exec('PRAGMA busy_timeout = 5000; CREATE TABLE IF NOT EXISTS run (release TEXT, task TEXT)');
database.prepare('INSERT INTO run VALUES (?, ?)').run(process.env.CARTWRIGHT_RELEASE, process.env.CARTWRIGHT_TASK);
writeFileSync(process.env.DATABASE + '.pids', process.ppid + ' ' + process.pid);
console.log('migrating');
const wait = setInterval(() => {
  if (!existsSync(process.env.DATABASE + '.go')) return;
  clearInterval(wait);
  ${change}
}, 20);
`;
const CREATE = `database.exec('CREATE TABLE IF NOT EXISTS item (name TEXT)');`;
const FAIL = `console.error('no such column: price'); process.exit(3);`;

interface Rollout {
  readonly state: string;
  readonly reason: { readonly code: string; readonly message: string } | null;
  readonly toRelease: { readonly number: number };
}

let platform: Platform;
let repository: Repository;
let program: string;
let database: string;

beforeAll(async () => {
  platform = await Platform.prepare();
  const cartridge = {
    manifest: {
      apiVersion: 'cartwright.dev/v1',
      kind: 'Cartridge',
      metadata: { name: 'migrating' },
      spec: {
        version: '1.0.0',
        category: 'framework',
        runtimes: ['process'],
        ports: [{ name: 'http', protocol: 'http' }],
        startSeconds: 2,
        drainSeconds: 5,
        resources: { cpuCores: 0.2, memoryBytes: '64Mi' },
      },
    },
    hooks: {
      'hooks/start': '#!/bin/sh\nexec node server.js\n',
      'hooks/release': '#!/bin/sh\nexec node migrate.js\n',
    },
  };
  program = await withCartridge(cartridge, join(platform.directory, 'package'));
  database = join(platform.directory, 'shop.db');
  repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
  await writeFile(join(repository.directory, 'migrate.js'), MIGRATION(CREATE));
  await repository.commit(WORKING('one'), 'with a migration');
  await platform.run(program);
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [
        {
          ...{ kind: 'cartridge', alias: 'web', cartridge: 'migrating' },
          environment: { DATABASE: database },
          source: { git: { url: repository.url, branch: 'main' } },
        },
      ],
    },
  });
});
afterAll(() => platform[Symbol.asyncDispose]());

/** The release of each run of a migration, by its number, in their order. */
async function runs(): Promise<number[]> {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: { releases: { edges: { node: { uid: string; number: number } }[] } };
  }>(
    'query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { releases(last: 20) { edges { node { uid number } } } } }',
    { ref: REF },
  );
  const numbers = new Map(serviceCluster.releases.edges.map(({ node }) => [node.uid, node.number]));
  using file = opened();
  return file.database
    .prepare('SELECT release FROM run ORDER BY rowid')
    .all()
    .map(({ release }) => numbers.get(release as string) ?? -1);
}
function opened(): Disposable & { database: DatabaseSync } {
  const file = new DatabaseSync(database, { readOnly: true });
  return { database: file, [Symbol.dispose]: () => file.close() };
}
async function look() {
  const { serviceCluster } = await platform.ask<{
    serviceCluster: {
      stableRelease: { number: number } | null;
      instances: { edges: { node: { state: string; release: { number: number } | null } }[] };
      rollouts: { edges: { node: Rollout }[] };
    };
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { stableRelease { number }
      instances(first: 50) { edges { node { state release { number } } } }
      rollouts(last: 20) { edges { node { state reason { code message } toRelease { number } } } } } }`,
    { ref: REF },
  );
  return {
    stable: serviceCluster.stableRelease?.number ?? null,
    active: serviceCluster.instances.edges.filter(({ node }) => node.state === 'ACTIVE').length,
    instances: serviceCluster.instances.edges.length,
    rollouts: serviceCluster.rollouts.edges.map(({ node }) => node),
  };
}
const get = async (): Promise<string> => {
  const { application } = await platform.ask<{ application: { url: string } }>('{ application(name: "shop") { url } }');
  return getText(application.url);
};
const hold = (): void => rmSync(`${database}.go`, { force: true });
const letGo = (): void => writeFileSync(`${database}.go`, '');
const serves = (text: string) =>
  eventually(
    `${text} serves`,
    async () => (await get()) === text && (await look()).rollouts.at(-1)!.state === 'SUCCEEDED',
    LIMIT,
  );
const returned = (number: number) =>
  eventually(
    `release ${number} is returned`,
    async () => {
      const last = (await look()).rollouts.at(-1);
      return last?.toRelease.number === number && last.state === 'RETURNED' && last;
    },
    LIMIT,
  );
async function commit(text: string, change: string): Promise<void> {
  await writeFile(join(repository.directory, 'migrate.js'), MIGRATION(change));
  await repository.commit(WORKING(text), text);
}
const begun = (expected: number[]) =>
  eventually('the migration begins', async () => (await runs()).length === expected.length, LIMIT).then(async () =>
    expect(await runs()).toEqual(expected),
  );

test('the first release has no instance until its migration is through', async () => {
  await begun([1]);
  expect(await look()).toMatchObject({ stable: null, instances: 0, rollouts: [] });
  letGo();
  await serves('one');
  expect(await runs()).toEqual([1]);
});

test('with the control plane killed while it runs, the next release’s migration runs once, and the traffic comes after it', async () => {
  hold();
  await commit('two', CREATE);
  await begun([1, 2]);
  await platform.end('SIGKILL');
  await platform.run(program);
  expect(await eventually('release 1 serves meanwhile', get, LIMIT)).toBe('one');
  expect(await look()).toMatchObject({ stable: 1, rollouts: [{ toRelease: { number: 1 } }] });
  letGo();
  await serves('two');
  expect(await runs()).toEqual([1, 2]);
});

test('one that fails leaves the running release alone; the roll-out says why, with its last lines', async () => {
  await commit('three', FAIL);
  const { reason } = await returned(3);
  expect(reason).toEqual({
    code: 'release-hook-failed',
    message: 'the hook release: it ended with exit code 3; last lines: migrating | no such column: price',
  });
  expect(await get()).toBe('two');
  expect(await look()).toMatchObject({ stable: 2 });
  expect(await runs()).toEqual([1, 2, 3]);
});

test('one whose end nobody saw has failed, and is not tried again by itself', async () => {
  hold();
  await commit('four', CREATE);
  await begun([1, 2, 3, 4]);
  await platform.end('SIGKILL');
  const [agent, migration] = readFileSync(`${database}.pids`, 'utf8').split(' ').map(Number) as [number, number];
  process.kill(agent, 'SIGKILL');
  await platform.run(program);
  const { reason } = await returned(4);
  expect(reason).toMatchObject({
    code: 'release-hook-failed',
    message: expect.stringMatching(/how far it came is not known/) as unknown as string,
  });
  expect(isRunning(migration)).toBe(false);
  expect(await get()).toBe('two');
  letGo();
  await platform.end('SIGKILL');
  await platform.run(program);
  await eventually('release 2 serves again', async () => (await get()) === 'two', LIMIT);
  expect(await runs()).toEqual([1, 2, 3, 4]);
});

test('none runs again on a roll-back, with more instances, or after a restart', async () => {
  const { rollback } = await platform.ask<{ rollback: { userErrors: { message: string }[] } }>(
    'mutation ($input: RollbackInput!) { rollback(input: $input) { userErrors { message } } }',
    { input: { ref: REF, releaseNumber: 1 } },
  );
  expect(rollback.userErrors).toEqual([]);
  await serves('one');
  const { scale } = await platform.ask<{ scale: { userErrors: { message: string }[] } }>(
    'mutation ($input: ScaleInput!) { scale(input: $input) { userErrors { message } } }',
    { input: { ref: REF, kind: 'PIN', instances: 3, reason: 'a test' } },
  );
  expect(scale.userErrors).toEqual([]);
  await eventually('three instances', async () => (await look()).active === 3, LIMIT);
  await platform.end('SIGKILL');
  await platform.run(program);
  await eventually('three instances again', async () => (await look()).active === 3, LIMIT);
  expect(await get()).toBe('one');
  expect(await runs()).toEqual([1, 2, 3, 4]);
});

/** What has ended and is not reaped by this machine's first process does not run. */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
}
