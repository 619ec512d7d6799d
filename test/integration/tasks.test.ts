/** One-off tasks through the whole platform: `cartwright run` as if the command ran here, whatever becomes of the control plane. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Repository, WORKING } from '../support/repository.ts';

jest.setTimeout(120_000);
const LIMIT = 60_000;

let platform: Platform;

beforeAll(async () => {
  platform = await Platform.start();
  const repository = await Repository.create(join(platform.repositories, 'shop'), WORKING('one'));
  const environment = { COLOUR: 'green' };
  const git = { url: repository.url };
  await platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', environment, source: { git } }],
    },
  });
  await eventually(
    'the first release',
    async () => {
      const { serviceCluster } = await platform.ask<{ serviceCluster: { stableRelease: object | null } | null }>(
        '{ serviceCluster(ref: { application: "shop", alias: "web" }) { stableRelease { uid } } }',
      );
      return serviceCluster?.stableRelease !== null;
    },
    LIMIT,
  );
});
afterAll(() => platform[Symbol.asyncDispose]());

function cartwright(...argv: string[]) {
  const child = spawn(process.execPath, [join(PRESENT, 'dist/control-plane/cli/bin.js'), ...argv], {
    env: platform.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()));
  return { child, output, exit: new Promise<number | null>((resolve) => child.once('exit', resolve)) };
}
const shell = (script: string, ...options: string[]) =>
  cartwright('run', 'shop', ...options, '--', '/bin/sh', '-c', script);
const mark = (name: string) => join(platform.directory, name);
/** What has ended and is not reaped by this machine's first process does not run. */
function isRunning(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && !/\) [ZX] /.test(readFileSync(stat, 'utf8'));
}

test('a command runs in the release with its configuration; its output and exit code are those of the command line', async () => {
  const { output, exit } = shell('ls package.json; echo "$COLOUR"; echo oh >&2; exit 7');
  expect(await exit).toBe(7);
  expect(output).toEqual({ stdout: 'package.json\ngreen\n', stderr: 'oh\n' });
});

test('a secret of the release is masked in what it prints', async () => {
  const ref = { application: 'shop', alias: 'web' };
  const { setSecrets } = await platform.ask<{ setSecrets: { userErrors: { message: string }[] } }>(
    'mutation ($input: SetSecretsInput!) { setSecrets(input: $input) { userErrors { message } } }',
    { input: { ref, secrets: [{ name: 'PASSWORD', value: 'hunter2-hunter2', delivery: 'ENVIRONMENT' }] } },
  );
  expect(setSecrets.userErrors).toEqual([]);
  await eventually(
    'the release with the secret runs',
    async () => {
      const { serviceCluster } = await platform.ask<{ serviceCluster: { stableRelease: { number: number } } }>(
        '{ serviceCluster(ref: { application: "shop", alias: "web" }) { stableRelease { number } } }',
      );
      return serviceCluster.stableRelease.number === 2;
    },
    LIMIT,
  );
  const { output, exit } = shell('echo "${#PASSWORD} <$PASSWORD>"; printf %s "$PASSWORD" >&2');
  expect(await exit).toBe(0);
  expect(output).toEqual({ stdout: '15 <••••••>\n', stderr: '••••••' });
});

test('what takes too long is ended, with all that it started', async () => {
  const { output, exit } = shell('sleep 1000 & echo $!; wait', '--timeout', '3s');
  expect(await exit).toBe(124);
  expect(output.stderr).toMatch(/^task \S+ did not end within 3 s\n$/);
  expect(isRunning(Number(output.stdout))).toBe(false);
});

test('Ctrl-C stops it', async () => {
  const { child, output, exit } = shell('trap "echo bye; exit 1" TERM; echo $$; while :; do sleep 0.1; done');
  await eventually('its pid', () => output.stdout !== '', LIMIT);
  child.kill('SIGINT');
  expect(await exit).toBe(130);
  expect(output.stdout).toMatch(/^\d+\nbye\n$/);
  expect(isRunning(Number.parseInt(output.stdout, 10))).toBe(false);
  const { tasks } = (
    await platform.ask<{ serviceCluster: { tasks: { edges: { node: object }[] } } }>(
      '{ serviceCluster(ref: { application: "shop", alias: "web" }) { tasks(last: 1) { edges { node { state stoppedBy } } } } }',
    )
  ).serviceCluster;
  expect(tasks.edges[0]!.node).toEqual({ state: 'STOPPED', stoppedBy: 'admin' });
});

test('with the control plane killed meanwhile it goes on, once, and the command line with it', async () => {
  const go = mark('go');
  const runs = mark('runs');
  const script = `echo run >> '${runs}'; echo begun; while [ ! -e '${go}' ]; do sleep 0.1; done; echo done; exit 5`;
  const { output, exit } = shell(script);
  await eventually('that it begins', () => output.stdout === 'begun\n', LIMIT);
  await platform.end('SIGKILL');
  const waiting = cartwright('version');
  expect(await waiting.exit).toBe(0);
  await platform.run();
  spawn('touch', [go]);
  expect(await exit).toBe(5);
  expect(output.stdout).toBe('begun\ndone\n');
  expect(readFileSync(runs, 'utf8')).toBe('run\n');
});
