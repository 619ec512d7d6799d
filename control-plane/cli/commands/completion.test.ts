import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RequestError } from '../../app/errors.ts';
import * as sample from '../../graphql/testing/records.ts';
import { saveContext } from '../contexts.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;
let folder: string;
let env: Record<string, string>;
beforeAll(async () => {
  controlPlane = await startControlPlane();
  folder = await mkdtemp(join(tmpdir(), 'cartwright-completion-'));
  env = { CARTWRIGHT_CONFIG: join(folder, 'contexts.json') };
  await saveContext('elsewhere', { url: 'http://127.0.0.1:1', token: 'x' }, env);
  await saveContext('here:4747', { url: controlPlane.url, token: 'operator-token' }, env);
});
afterAll(async () => {
  await controlPlane.close();
  await rm(folder, { recursive: true });
});

const completed = async (...words: string[]): Promise<string[]> => {
  const { code, stdout, stderr } = await run(['__complete', '--', ...words], { env });
  expect([code, stderr]).toEqual([0, '']);
  return stdout.split('\n').filter((line) => line !== '');
};

test.each([
  [
    ['describe', 'application', ''],
    ['shop-1', 'shop-2', 'shop-3', 'shop-4', 'shop-5'],
  ],
  [['describe', 'app/shop-3'], ['app/shop-3']],
  [['describe', 'application/shop-1', 'policy/'], ['policy/calm']],
  [['get', 'pol'], ['policies']],
  [['describe', 'pol'], ['policy']],
  [['get', 'deployment'], ['deploymentpolicies']],
  [['delete', 'p'], ['policy']],
  [['export', 'applications', 'shop-2'], ['shop-2']],
  [['scale', 'shop-2/'], ['shop-2/web']],
  [
    ['logs', '-f', '-n', '5', 'shop-4'],
    ['shop-4', 'shop-4/web'],
  ],
  [
    ['get', 'instances', '-a', 'shop-5'],
    ['shop-5', 'shop-5/web'],
  ],
  [['token', 'revoke', ''], ['ci']],
  [['token', 'create', 'x', '--role', 'de'], ['deployer']],
  [['cluster', 'drain', ''], ['frankfurt']],
  [['cluster', 'list', 'frank'], ['frankfurt']],
  [['--tenant', 'acme', 'tenant', 'delete', ''], ['acme']],
  [['get', 'events', '--tenant', ''], ['acme']],
  [['secret', 'revoke', 'shop-1/web', ''], ['DB_PASSWORD']],
  [['config', 'get', 'shop-1/web', 'GREE'], ['GREETING']],
  [
    ['shadow', 'shop-1', 'o'],
    ['on', 'off'],
  ],
  [['quota', 'a'], ['acme']],
  [['route', 'shop-1/'], ['shop-1/web']],
  [
    ['-o', ''],
    ['table', 'wide', 'json', 'yaml', 'name'],
  ],
  [
    ['context', 'use', ''],
    ['elsewhere', 'here:4747'],
  ],
  [['get', 'tenants', '--context', 'here'], ['here:4747']],
  [['completion', 'z'], ['zsh']],
  [['run', 'shop-1', '--', 'echo', 'x'], []],
  [['apply', '-f', ''], []],
  [['nonsense', ''], []],
])('%j goes on with %j', async (words, expected) => {
  expect(await completed(...words)).toEqual(expected);
});

describe('it says nothing, and ends with 0,', () => {
  test('where nothing listens, and where there is no token', async () => {
    expect(await completed('--context', 'elsewhere', 'describe', 'application', '')).toEqual([]);
    expect(await run(['__complete', '--', 'scale', ''], { env: { CARTWRIGHT_CONFIG: join(folder, 'none') } })).toEqual({
      ...{ code: 0, stdout: '', stderr: '' },
    });
  });

  test('where the control plane refuses, or answers too late', async () => {
    const { failures, delays } = controlPlane.useCases;
    failures.set('tokens', new RequestError('FORBIDDEN', 'only admins'));
    expect(await completed('token', 'revoke', '')).toEqual([]);
    failures.delete('tokens');
    let answer: () => void = () => undefined;
    delays.set('tokens', new Promise<void>((resolve) => (answer = resolve)));
    const began = performance.now();
    expect(await completed('token', 'revoke', '')).toEqual([]);
    expect(performance.now() - began).toBeLessThan(5000);
    answer();
    delays.delete('tokens');
  });

  test('of names that a shell would take for something else', async () => {
    const { queries } = controlPlane.useCases;
    const { tokens } = queries;
    const names = ['$(reboot)', 'a b', '`x`', 'x;y', '\u001b[2J', 'good-1', "it's"];
    queries.tokens = () => Promise.resolve(names.map((name) => ({ ...sample.token, name })));
    expect(await completed('token', 'revoke', '')).toEqual(['good-1']);
    queries.tokens = tokens;
  });
});

test('the command is in no help and in no script', async () => {
  expect((await run(['--help'])).stdout).not.toContain('__complete ');
  const { code, stdout } = await run(['completion', 'bash']);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^ {6}commands='.*\bget describe\b.*'$/m);
  expect(stdout).not.toMatch(/commands='.*__complete/);
  expect(await run(['completion', 'fish'])).toMatchObject({ code: 2, stdout: '' });
});
