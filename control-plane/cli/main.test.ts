import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RequestError } from '../app/errors.ts';
import { startControlPlane, type TestControlPlane } from './testing/control-plane.ts';
import { commandWords } from './commands/register.ts';
import { createProgram } from './program.ts';
import { ioOf, run } from './testing/run.ts';

let controlPlane: TestControlPlane;
let env: Record<string, string>;

beforeAll(async () => {
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token' };
});
afterAll(() => controlPlane.close());

test.each([
  ['nonsense', "unknown command 'nonsense'"],
  ['help nonsense', "unknown command 'nonsense'"],
  ['help gett', '(Did you mean get?)'],
  ['nonsense --help', "unknown command 'nonsense'"],
  ['--context local nonsense -h', "unknown command 'nonsense'"],
  ['cluster help nonsense', "unknown command 'nonsense'"],
  ['cluster nonsense --help', "unknown command 'nonsense'"],
  ['get', "missing required argument 'what'"],
  ['get applications -o xml', 'Allowed choices are table, wide, json, yaml, name'],
  ['get applications --nonsense', "unknown option '--nonsense'"],
  ['get nonsense', 'there are applications, clusters, instances'],
  ['get instances --limit 0', '--limit: expected a whole number'],
  ['get instances -a shop-1/web/x', 'expected APPLICATION or APPLICATION/ALIAS'],
  ['get aplications', 'there is nothing called "aplications" to get (did you mean applications?)'],
  ['get application/shop-1 cluster/shop-1/web', 'get shows things of one kind at a time'],
  ['get application/shop-1 web', 'expected KIND/NAME like the first, "application/shop-1"'],
  ['get applications shop-1 -l team=a', '--selector chooses among all'],
  ['get instances -l team=a', '--selector: instances have no labels'],
  ['get applications -l team=a,=', '--selector: expected key=value'],
  ['get clusters -w -o name', 'leave out --watch'],
  ['describe cluster/shop-1/web -w -o name', 'leave out --watch'],
  ['history shop-1 -o name', '-o name: what "cartwright history" prints has no name; see -o json'],
  ['keys list -o name', 'what "cartwright keys list" prints has no name'],
  ['describe policy', 'say which: policy NAME, or policy/NAME'],
  ['describe nonsense x', 'there is nothing called "nonsense" to get'],
  ['describe nonsense', 'there is nothing called "nonsense" to get'],
  ['webhook rotate shop-1 --overlap 8d', '--overlap: expected 7d at most, got "8d"'],
  ['notice rotate chat --overlap 169h', '--overlap: expected 7d at most, got "169h"'],
  ['token create t --role viewer --expires 1s', '--expires: expected 60s at least, got "1s"'],
  ['scale shop-1 3 --for 32d', '--for: expected 31d at most, got "32d"'],
  ['freeze --for 0.5s', '--for: expected 1s at least, got "0.5s"'],
  ['run shop-1 --timeout 25h -- true', '--timeout: expected 1d at most, got "25h"'],
  ['backtest x.yaml -a shop-1 --since 32d', '--since: expected 31d at most, got "32d"'],
  ['simulate --trace /nonexistent.csv', '/nonexistent.csv: there is no such file or folder'],
  ['backtest /nonexistent.yaml -a shop-1', '/nonexistent.yaml'],
  ['export instances', '"instances" has no manifests to export'],
  ['apply -f x.yaml --prune', '--prune needs -l key=value'],
  ['apply -f x.yaml --prune -l team', '--selector: with --prune only key=value'],
  ['apply -f x.yaml --prune -l team=a', 'there is nobody to ask: add --yes'],
  ['apply -f x.yaml --prune -l team=a --kind Cartridge --yes', '--kind: expected Application, AutoscalingPolicy'],
  ['apply -f x.yaml -l team=a', '--selector goes with --prune'],
  ['diff', "required option '-f, --file <path...>' not specified"],
  ['logs shop-1 --tail 100001', '--tail: expected a whole number from 0 to 100000'],
  ['scale shop-1', 'give a number of instances, --at-least N, or --clear'],
  ['scale shop-1 3 --clear', 'give a number of instances, --at-least N, or --clear'],
  ['scale shop-1 three', 'INSTANCES: expected a whole number'],
  ['scale shop-1 3 --for ever', '--for: expected a duration such as'],
  ['pause shop-1', "required option '--reason <text>' not specified"],
  ['shadow shop-1 maybe', 'expected on or off'],
  ['delete application shop-1', 'there is nobody to ask: add --yes to delete the application "shop-1"'],
  ['delete tenant acme --yes', 'see "cartwright tenant delete --help"'],
  ['deploy --branch main', '--branch goes with --git'],
  ['deploy --timeout soon', '--timeout: expected a duration'],
  ['deploy /nonexistent-folder', 'there is no folder /nonexistent-folder'],
  ['rollback shop-1 --to 0', '--to: expected a whole number'],
  ['apply -f /nonexistent.yaml', '/nonexistent.yaml: there is no such file or folder'],
  ['apply -f . -f /proc/self/mem', '/proc/self/mem cannot be read'],
  ['gett applications', "error: unknown command 'gett'\n(Did you mean get?)"],
  ['cluster ad x', '(Did you mean add?)'],
  ['get applications --selectr x', '(Did you mean --selector?)'],
  ['context use', 'say which: cartwright context use NAME'],
  ['config set shop-1/web GREETING', 'expected KEY=VALUE'],
  ['config set shop-1/web =x', 'expected KEY=VALUE'],
  ['config set shop-1/web A=1 --timeout soon', '--timeout: expected a duration'],
  ['secret set shop-1/web', 'say which secret'],
  ['secret set shop-1/web A --as pipe', '--as: expected environment or file'],
  ['secret set shop-1/web A --file /nonexistent', '/nonexistent cannot be read'],
  ['secret set shop-1/web A --env-file x', '--env-file goes without NAME'],
  ['secret revoke shop-1/web A first', 'VERSION: expected a whole number'],
  ['login nonsense', 'URL: expected a URL such as'],
  ['login http://127.0.0.1:1', 'no token was given'],
])('"cartwright %s" is a usage error: exit 2, and nothing on stdout', async (line, message) => {
  const { code, stdout, stderr } = await run(line.split(' '), { env });
  expect(stderr).toContain(message);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test.each(['help scale', 'help cluster', 'cluster help add', 'cluster --context local add --help', 'help'])(
  '"cartwright %s" shows help',
  async (line) => {
    const { code, stdout, stderr } = await run(line.split(' '), { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Usage: cartwright/);
  },
);

describe('what the control plane alone can judge', () => {
  test.each([
    [['pause', 'shop-1', '--reason', 'x'.repeat(501)], '--reason: must be shorter than or equal to 500 characters'],
    [['pause', 'shop-1', '--reason='], '--reason: must be longer than or equal to 1 characters'],
    [['history', 'shop-1', '--since', '100000d'], '--since: must not be greater than 2592000'],
    [['history', 'shop-1', '--since', '1h', '--step', '100d'], '--step: must not be greater than 2592000'],
  ])('is a usage error with the option’s name: %j', async (line, message) => {
    const { code, stdout, stderr } = await run(line, { env });
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n` });
  });

  test.each([
    ['tenant create acme', 'createTenant', 'name: is taken', 'name', [2, 'NAME: is taken']],
    [
      'tenant create acme --memory 1Gi',
      'createTenant',
      'quota.memoryBytes: no',
      'quota.memoryBytes',
      [2, '--memory: no'],
    ],
    ['tenant create acme', 'createTenant', 'quota.memoryBytes: no', 'quota.memoryBytes', [1, 'quota.memoryBytes: no']],
    ['config set shop-1/web 1X=2', 'configure', '"1X": expected a name', 'set', [2, '"1X": expected a name']],
    [
      'pause shop-1 --reason x',
      'pause',
      'shop-1 is the load balancer',
      'ref.alias',
      [1, 'shop-1 is the load balancer'],
    ],
    ['pause shop-1 --reason x', 'pause', 'no', undefined, [1, 'no']],
  ] as const)('%s: %s refuses with %j of %s', async (line, name, message, field, [exit, said]) => {
    const { failures } = controlPlane.useCases;
    failures.set(name, new RequestError('INVALID', message, field === undefined ? {} : { field }));
    const { code, stdout, stderr } = await run(line.split(' '), {
      env: { ...env, CARTWRIGHT_TOKEN: 'operator-token' },
    });
    failures.delete(name);
    expect({ code, stdout, stderr }).toEqual({ code: exit, stdout: '', stderr: `error: ${said}\n` });
  });
});

test('help is data, and no failure', async () => {
  const { code, stdout, stderr } = await run(['scale', '--help']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('--at-least');
  expect(stdout).toContain('--output');
});

test('what is not there: exit 4', async () => {
  const { failures } = controlPlane.useCases;
  failures.set('searchLogs', new RequestError('NOT_FOUND', 'there is no application "nothing"'));
  for (const line of [
    'get applications nothing',
    'describe application nothing',
    'describe cluster shop-1/nothing',
    'describe instance nothing',
    'logs nothing -f',
    'scale nothing 3',
    'delete policy nothing --yes',
    'decisions nothing',
  ]) {
    const { code, stdout, stderr } = await run(line.split(' '), { env });
    expect({ line, code, stdout }).toEqual({ line, code: 4, stdout: '' });
    expect(stderr).toMatch(/^error: (there is no|application "shop-1" has no)/);
  }
  failures.delete('searchLogs');
});

test('a token that is not accepted: exit 3, with what to do', async () => {
  for (const line of ['get applications', 'get clusters -w', 'logs shop-1 -f', 'top', 'scale shop-1 2']) {
    const { code, stderr } = await run(line.split(' '), { env: { ...env, CARTWRIGHT_TOKEN: 'revoked' } });
    expect(code).toBe(3);
    expect(stderr).toMatch(/does not accept the token .*run "cartwright login http:/);
    expect(stderr).not.toContain('revoked-token');
  }
});

test('a role that is not enough: exit 3, with the reason', async () => {
  const { code, stderr } = await run(['scale', 'shop-1', '2'], { env: { ...env, CARTWRIGHT_TOKEN: 'viewer-token' } });
  expect(code).toBe(3);
  expect(stderr).toContain('the token "viewer" has the role viewer; this needs deployer');
});

test('no token at all: exit 3', async () => {
  const { code, stderr } = await run(['get', 'applications'], {
    env: { CARTWRIGHT_CONFIG: '/nonexistent/contexts.json' },
  });
  expect(code).toBe(3);
  expect(stderr).toContain('cartwright login');
});

test('nothing listens: exit 1, one line that names the URL and what to do', async () => {
  const unused = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => unused.once('listening', resolve));
  const url = `http://127.0.0.1:${(unused.address() as AddressInfo).port}`;
  await new Promise((resolve) => unused.close(resolve));
  for (const line of ['get applications', 'get clusters -w', 'logs shop-1 -f', 'top', 'forecast shop-1 -w']) {
    const { code, stdout, stderr } = await run(line.split(' '), { env: { ...env, CARTWRIGHT_URL: url } });
    expect({ line, code, stdout }).toEqual({ line, code: 1, stdout: '' });
    expect(stderr).toBe(
      `error: nothing listens at ${url}: start the control plane with "cartwright serve", or choose another with "cartwright context"\n`,
    );
  }
});

test('something else listens: exit 1, and the question whether the URL is right', async () => {
  const other = createServer((_request, response) => response.end('<html>')).listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const url = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
  const { code, stderr } = await run(['get', 'applications'], { env: { ...env, CARTWRIGHT_URL: url } });
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
  expect(code).toBe(1);
  expect(stderr).toContain(`is ${url} the URL of a Cartwright control plane?`);
});

test('a connection that breaks is tried again, and a mutation is carried out once', async () => {
  const { useCases } = controlPlane;
  let broken = 2;
  const proxy = createServer((request, response) => {
    const forward = async (): Promise<void> => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const answer = await fetch(`${controlPlane.url}${request.url}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: request.headers.authorization ?? '' },
        body: Buffer.concat(chunks),
      });
      const text = await answer.text();
      // Carried out, but the answer is lost.
      if (text.includes('"scale"') && broken-- > 0) response.destroy();
      else response.end(text);
    };
    forward().catch(() => response.destroy());
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => proxy.once('listening', resolve));
  const url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const before = controlPlane.calls('scale').length;
  const { code, stderr } = await run(['scale', 'shop-1', '3'], { env: { ...env, CARTWRIGHT_URL: url } });
  proxy.closeAllConnections();
  await new Promise((resolve) => proxy.close(resolve));
  expect({ code, stderr, broken }).toEqual({ code: 0, stderr: '', broken: -1 });
  expect(controlPlane.calls('scale').length - before).toBe(1);
  expect(useCases.calls.filter(({ name }) => name === 'authenticate').length).toBeGreaterThan(2);
});

test('version says which program this is, and which control plane answers', async () => {
  expect(await run(['version'], { env })).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^This program: {3}\S+ \(Node\.js \S+\)\nControl plane: {2}1\.2\.3 \(http:\S+\)\n$/),
    stderr: '',
  });
  const { stdout } = await run(['version', '-o', 'json'], { env });
  expect(JSON.parse(stdout)).toMatchObject({ server: { version: '1.2.3', url: controlPlane.url } });
  const alone = await run(['version', '--client', '-o', 'json'], { env });
  expect(JSON.parse(alone.stdout)).toMatchObject({ server: null });
});

test.each<[string, Record<string, string>, RegExp]>([
  ['without a token', { CARTWRIGHT_CONFIG: '/nonexistent/contexts.json' }, /there is no token/],
  ['with one that is not accepted', { CARTWRIGHT_TOKEN: 'revoked' }, /does not accept the token/],
  ['where nobody answers', { CARTWRIGHT_URL: 'http://127.0.0.1:1', CARTWRIGHT_TOKEN: 'x' }, /nothing listens|reached/],
])('version %s says its own, and why not the other', async (_what, given, why) => {
  const url = { CARTWRIGHT_URL: controlPlane.url };
  const { code, stdout, stderr } = await run(['version'], { env: { ...url, ...given } });
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/^This program: {2}\S+ \(Node/) });
  expect(stderr).toMatch(why);
});

test('the program itself runs, with its exit code', async () => {
  const bin = join(import.meta.dirname, 'bin.ts');
  const cli = (...args: string[]) =>
    promisify(execFile)(process.execPath, [bin, ...args], { env: { ...process.env, ...env } });
  await expect(cli('--version')).resolves.toMatchObject({
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+(-[a-z.0-9]+)?\n$/),
    stderr: '',
  });
  await expect(cli('get', 'nonsense')).rejects.toMatchObject({ code: 2, stdout: '' });
  const { stdout } = await cli('get', 'applications', '-o', 'json');
  expect(JSON.parse(stdout)).toHaveLength(5);
});

test('each group of commands is found by its words, and makes just those', async () => {
  const made: string[] = [];
  for (const words of commandWords()) {
    const program = await createProgram(ioOf(), () => undefined, ['--tenant', 'x', words[0]!]);
    expect(program.commands.map((command) => command.name()).toSorted()).toEqual([...words].toSorted());
    made.push(...words);
  }
  const all = await createProgram(ioOf(), () => undefined, ['nonsense']);
  expect(all.commands.map((command) => command.name()).toSorted()).toEqual(made.toSorted());
});
