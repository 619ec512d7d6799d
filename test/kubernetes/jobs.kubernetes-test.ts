/** One-off tasks and hooks `release` as Jobs of a real cluster, through the whole platform, whatever becomes of the control plane. */
import { spawn } from 'node:child_process';
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { newUid } from '../../schema/ids.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Repository } from '../support/repository.ts';
import { testAccount, testCluster, type TestAccount } from './accounts.ts';
import { addressOfThisMachine, kubectl } from './cluster.ts';
import { pushedImages } from './image-set.ts';
import { Marks } from './marks.ts';

jest.setTimeout(600_000);
const LIMIT = 240_000;

/** A platform of its own among others on the same cluster. */
const prefix = `jobs-${newUid().slice(-8)}`;
const namespace = `${prefix}-default`;
let folder: string;
let account: TestAccount;
let platform: Platform;
let repository: Repository;
let marks: Marks;

const SERVER = `require('node:http').createServer((_, response) => response.end('here')).listen(process.env.PORT, process.env.HOST)`;
const START = `#!/bin/sh\nexec /cartwright/node -e "${SERVER}"\n`;
const RELEASE = (script: string): string => `#!/bin/sh\nset -e\n${script}\n`;
const tell = (what: string): string => `curl -fsS "${marks.url}/${what}"`;

/** What the build leaves says where it ran. */
const BUILD = 'mkdir -p dependency; cat /etc/hostname > dependency/made-in';

async function commit(release: string, message: string): Promise<void> {
  const hooks = join(repository.directory, 'cartwright');
  await mkdir(hooks, { recursive: true });
  for (const [name, text] of Object.entries({ start: START, release: RELEASE(release), build: RELEASE(BUILD) })) {
    await writeFile(join(hooks, name), text);
    await chmod(join(hooks, name), 0o755);
  }
  await repository.commit(message, message);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-jobs-'));
  const images = join(folder, 'images.json');
  const pushed = await pushedImages(['base', 'lb']);
  const catalogue = Object.fromEntries(['base', 'lb'].map((name) => [name, pushed.get(name)]));
  await writeFile(images, JSON.stringify({ v: 1, images: catalogue }));
  account = await testAccount(testCluster(), prefix);
  const machine = await addressOfThisMachine();
  marks = await Marks.open();
  platform = await Platform.start({
    CARTWRIGHT_PROVIDER: 'kubernetes',
    CARTWRIGHT_IMAGES: images,
    CARTWRIGHT_NAMESPACE_PREFIX: prefix,
    CARTWRIGHT_HTTP_HOST: machine,
    CARTWRIGHT_MQTT_HOST: machine,
    CARTWRIGHT_ALLOW_PLAINTEXT: 'true',
    CARTWRIGHT_BUILD_MEMORY_MIB: '160',
  });
  const input = {
    ...{ name: 'here', kubeconfig: account.kubeconfig, skipProbe: true },
    brokerUrl: `mqtt://${machine}:${platform.environment.CARTWRIGHT_MQTT_PORT}`,
    controlPlaneUrl: platform.url,
  };
  const { registerHostCluster } = await platform.ask<{ registerHostCluster: { userErrors: object[] } }>(
    'mutation ($input: RegisterHostClusterInput!) { registerHostCluster(input: $input) { userErrors { message } } }',
    { input },
  );
  expect(registerHostCluster.userErrors).toEqual([]);
  repository = await Repository.create(join(platform.repositories, 'shop'), 'first');
  await commit(tell('migrate-1'), 'one');
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [
        {
          ...{ kind: 'cartridge', alias: 'web', cartridge: 'base', environment: { COLOUR: 'green' } },
          source: { git: { url: repository.url, branch: 'main' } },
          resources: { cpuCores: 0.05, memoryBytes: '128Mi' },
          autoscaling: { minimum: 1, maximum: 1 },
        },
      ],
    },
  });
});

afterAll(async () => {
  if (process.env.CARTWRIGHT_TEST_SHOW === '1') process.stderr.write(await platform.log());
  await platform[Symbol.asyncDispose]();
  await kubectl('delete', 'namespace', namespace, '--ignore-not-found', '--wait=false');
  await account[Symbol.asyncDispose]();
  await marks[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

interface Rollout {
  readonly state: string;
  readonly reason: { readonly code: string; readonly message: string } | null;
  readonly toRelease: { readonly number: number };
}

interface TaskNode {
  readonly uid: string;
  readonly state: string;
  readonly exitCode: number | null;
  readonly reason: { readonly code: string; readonly message: string } | null;
}

async function ofWeb<T>(fields: string): Promise<T | null> {
  const answer = await platform.ask<{ serviceCluster: T | null }>(
    `{ serviceCluster(ref: { application: "shop", alias: "web" }) { ${fields} } }`,
  );
  return answer.serviceCluster;
}

async function rollout(number: number): Promise<Rollout | undefined> {
  const found = await ofWeb<{ rollouts: { edges: { node: Rollout }[] } }>(
    'rollouts(last: 10) { edges { node { state reason { code message } toRelease { number } } } }',
  );
  return found?.rollouts.edges.map(({ node }) => node).find(({ toRelease }) => toRelease.number === number);
}

async function lastTask(): Promise<TaskNode | undefined> {
  const found = await ofWeb<{ tasks: { edges: { node: TaskNode }[] } }>(
    'tasks(last: 1) { edges { node { uid state exitCode reason { code message } } } }',
  );
  return found?.tasks.edges[0]?.node;
}

const jobs = async (): Promise<string[]> => {
  const text = await kubectl('-n', namespace, 'get', 'jobs', '-o', 'name');
  return text.split('\n').filter((line) => line !== '');
};

function shell(script: string, ...options: string[]) {
  const argv = ['run', 'shop', ...options, '--', '/bin/sh', '-c', script];
  const child = spawn(process.execPath, [join(PRESENT, 'dist/control-plane/cli/bin.js'), ...argv], {
    env: platform.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output, exit: new Promise<number | null>((resolve) => child.once('exit', resolve)) };
}

test('the first commit is built in a pod, and its hook release migrates once, before anything serves', async () => {
  await eventually('the first release', async () => (await rollout(1))?.state === 'SUCCEEDED', LIMIT);
  expect(marks.told).toEqual(['migrate-1']);
});

test('a command runs in the release with its configuration; its output and exit code are those of the command line', async () => {
  const { output, exit } = shell('cut -c1-6 dependency/made-in; echo "$COLOUR"; echo oh >&2; exit 7');
  expect(await exit).toBe(7);
  expect(output).toEqual({ stdout: 'build-\ngreen\n', stderr: 'oh\n' });
  expect(await lastTask()).toMatchObject({ state: 'FAILED', exitCode: 7, reason: { code: 'task-failed' } });
  await eventually('nothing of it is left in the cluster', async () => (await jobs()).length === 0, LIMIT);
});

test('what uses more memory than its cartridge declares is told to have', async () => {
  const { exit } = shell(`/cartwright/node -e 'const all = []; for (;;) all.push(Buffer.alloc(2 ** 24, 1))'`);
  expect(await exit).not.toBe(0);
  expect(await lastTask()).toMatchObject({
    state: 'FAILED',
    reason: { code: 'out-of-memory', message: expect.stringContaining('128 MiB') as unknown },
  });
});

test('Ctrl-C stops it, with all that it started', async () => {
  const { child, output, exit } = shell('trap "echo bye; exit 1" TERM; echo up; while :; do sleep 0.1; done');
  await eventually('it runs', () => output.stdout === 'up\n', LIMIT);
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  expect(output.stdout).toBe('up\nbye\n');
  expect(await lastTask()).toMatchObject({ state: 'STOPPED' });
  await eventually('nothing of it is left in the cluster', async () => (await jobs()).length === 0, LIMIT);
});

test('a control plane that is killed finds its task again, and the command line misses nothing', async () => {
  const before = marks.told.length;
  const { output, exit } = shell(`echo begun; ${tell('hold')}; echo end; exit 3`);
  await eventually('it waits', () => marks.waiting === 1, LIMIT);
  await platform.end('SIGKILL');
  marks.letGo();
  await platform.run();
  expect(await exit).toBe(3);
  expect(output.stdout).toBe('begun\nend\n');
  expect(marks.told.slice(before)).toEqual(['hold']);
});

test('a hook release that fails leaves what runs alone, with its last lines; nothing is tried again', async () => {
  await commit(`${tell('migrate-2')}; echo "no such column: price" >&2; exit 3`, 'two');
  await eventually('its end', async () => (await rollout(2))?.state === 'RETURNED', LIMIT);
  expect((await rollout(2))?.reason).toMatchObject({
    code: 'release-hook-failed',
    message: expect.stringContaining('no such column: price') as unknown,
  });
  expect(await ofWeb('stableRelease { number }')).toEqual({ stableRelease: { number: 1 } });
  expect(marks.times('migrate-2')).toBe(1);
});

test('a hook release goes on while the control plane is killed, and runs no second time', async () => {
  await commit(`${tell('migrate-3')}; ${tell('hold')}`, 'three');
  await eventually('it waits', () => marks.waiting === 1, LIMIT);
  await platform.end('SIGKILL');
  await platform.run();
  marks.letGo();
  await eventually('the third release', async () => (await rollout(3))?.state === 'SUCCEEDED', LIMIT);
  expect(marks.times('migrate-3')).toBe(1);
  await eventually('nothing of it is left in the cluster', async () => (await jobs()).length === 0, LIMIT);
});
