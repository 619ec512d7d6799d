import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { RequestError, SecretError } from '../../app/errors.ts';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;
let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-cli-'));
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token', CARTWRIGHT_DATA: folder };
});
afterEach(async () => {
  await controlPlane.close();
  await rm(folder, { recursive: true });
});

const cli = (line: string, stdin?: string) =>
  run(line.split(' '), { env, cwd: folder, now: sample.AT, ...(stdin === undefined ? {} : { stdin }) });

describe('config', () => {
  test('set asks for everything in one call, and values may hold what they want', async () => {
    const { code, stdout } = await cli('config set shop-1/web A=1 URL=postgres://x?a=b EMPTY= --no-wait');
    expect([code, stdout]).toEqual([0, 'shop-1/web: release 1 made\n']);
    const set = [
      { name: 'A', value: '1' },
      { name: 'URL', value: 'postgres://x?a=b' },
      { name: 'EMPTY', value: '' },
    ];
    expect(controlPlane.calls('configure')).toMatchObject([[{ application: 'shop-1', alias: 'web', set, unset: [] }]]);
  });

  test('without an alias is for all components', async () => {
    await cli('config unset shop-1 A B --no-wait');
    const [[asked]] = controlPlane.calls('configure') as [[object]];
    expect(asked).toMatchObject({ application: 'shop-1', set: [], unset: ['A', 'B'] });
    expect(asked).not.toHaveProperty('alias');
  });

  test('says when nothing was to be done, and when there is no release yet', async () => {
    controlPlane.useCases.mutations.configure = async () => ({ changed: [], releases: [] });
    expect((await cli('config set shop-1 A=1')).stdout).toBe('nothing changed\n');
    controlPlane.useCases.mutations.configure = async () => ({ changed: ['A'], releases: [] });
    expect((await cli('config set shop-1 A=1')).stdout).toBe('stored; the next release takes it\n');
  });

  test('names the variable that cannot be set', async () => {
    const message = '"PORT": PORT, HOST and CARTWRIGHT_… are set by the platform; choose another name';
    controlPlane.useCases.failures.set('configure', new RequestError('INVALID', message, { field: 'set' }));
    const { code, stderr } = await cli('config set shop-1/web PORT=80 --no-wait');
    expect([code, stderr]).toEqual([2, `error: ${message}\n`]);
  });

  test('get shows the precedence: what counts, where it comes from and what it lies over', async () => {
    const { stdout } = await cli('config get shop-1/web');
    expect(stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['COMPONENT', 'NAME', 'VALUE', 'FROM', 'LIES OVER'],
      ['shop-1/web', 'DB_PASSWORD', '(secret, version 2)', 'secret of the service-cluster, as a file', 'manifest'],
      ['shop-1/web', 'GREETING', 'hello', 'application', '-'],
      [''],
    ]);
  });

  test('get NAME prints the bare value, and of a secret only that it is one', async () => {
    expect((await cli('config get shop-1/web GREETING')).stdout).toBe('hello\n');
    const secret = await cli('config get shop-1/web DB_PASSWORD');
    expect([secret.code, secret.stdout]).toEqual([2, '']);
    expect(secret.stderr).toContain('shown to nobody');
    expect((await cli('config get shop-1/web NONE')).code).toBe(4);
  });
});

describe('secret set', () => {
  const asked = () => (controlPlane.calls('setSecrets') as [[{ secrets: object[] }]])[0][0].secrets;

  test('takes the value from stdin, without the line feed that ends it', async () => {
    const { code, stdout, stderr } = await cli('secret set shop-1/web DB_PASSWORD --no-wait', 'hunter2 ü\n');
    expect([code, stdout]).toEqual([0, 'shop-1/web: release 1 made\n']);
    expect(asked()).toEqual([{ name: 'DB_PASSWORD', value: 'hunter2 ü', delivery: 'environment' }]);
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('takes it from a file, byte for byte where the application gets a file', async () => {
    await writeFile(join(folder, 'key.pem'), 'line\nline\n');
    await cli('secret set shop-1/web TLS_KEY --file key.pem --as file --no-wait');
    expect(asked()).toEqual([{ name: 'TLS_KEY', value: 'line\nline\n', delivery: 'file' }]);
  });

  test('takes many from a file of lines, in one call', async () => {
    await writeFile(join(folder, '.env'), '# comment\nA=1\n\nexport B="two words"\nC=\'$x\'\r\nD=a=b\n');
    await cli('secret set shop-1 --env-file .env --no-wait');
    const environment = (name: string, value: string) => ({ name, value, delivery: 'environment' });
    expect(asked()).toEqual([
      environment('A', '1'),
      environment('B', 'two words'),
      environment('C', '$x'),
      environment('D', 'a=b'),
    ]);
  });

  test.each([
    ['A=hunter2', '', 'give the name only'],
    ['A', '\xff\xfe', 'not UTF-8'],
  ])('refuses %j without a word of the value', async (name, stdin, message) => {
    const argv = ['secret', 'set', 'shop-1/web', name];
    const { code, stderr, stdout } = await run(argv, {
      env,
      cwd: folder,
      stdin: Buffer.from(stdin, 'latin1') as never,
    });
    expect(code).toBe(2);
    expect(stderr).toContain(message);
    expect(stderr + stdout).not.toContain('hunter2');
    expect(controlPlane.calls('setSecrets')).toEqual([]);
  });

  test.each([
    ['hunter2', 'line 1: expected NAME=VALUE'],
    ['A=1\nB="hunter2', 'line 2: the quote is not closed'],
    ['# nothing', 'holds no NAME=VALUE line'],
  ])('refuses the file %j, and names the line and no value', async (text, message) => {
    await writeFile(join(folder, '.env'), text);
    const { code, stderr } = await cli('secret set shop-1 --env-file .env');
    expect([code, stderr.includes(message), stderr.includes('hunter2')]).toEqual([2, true, false]);
  });
});

test('secret list shows names, versions, who and when', async () => {
  const { stdout } = await cli('secret list shop-1/web --all');
  expect(stdout).toContain('DB_PASSWORD  shop-1');
  expect(stdout).toMatch(/NAME +OF +VERSION +AS +STATE +SET BY +SET +ENDED/);
  expect(stdout).toMatch(/DB_PASSWORD +shop-1\/web +1 +environment +revoked +ann +now +now by bob/);
  expect((await cli('secret list shop-1/web')).stderr).toContain('has no secrets');
  expect((await cli('secret list shop-1/none')).code).toBe(4);
});

test('secret unset and revoke ask for just that', async () => {
  await cli('secret unset shop-1/web A B --no-wait');
  await cli('secret revoke shop-1/web A --no-wait --yes');
  await cli('secret revoke shop-1/web A 2 --force --no-wait --yes');
  expect(controlPlane.calls('unsetSecrets')).toMatchObject([[{ alias: 'web', names: ['A', 'B'] }]]);
  const [[all], [one]] = controlPlane.calls('revokeSecret') as [[object], [object]];
  expect(all).toMatchObject({ name: 'A', force: false });
  expect(all).not.toHaveProperty('version');
  expect(one).toMatchObject({ name: 'A', version: 2, force: true });
});

test('a version in use says what to do', async () => {
  const message = 'version 1 of the secret A is taken by release 2 of acme/shop-1/web; set a new value first';
  controlPlane.useCases.failures.set('revokeSecret', new SecretError('SECRET_IN_USE', message));
  expect(await cli('secret revoke shop-1/web A --yes')).toMatchObject({ code: 1, stderr: `error: ${message}\n` });
});

describe('keys', () => {
  test('rotate makes the file, adds to it, and tells no key', async () => {
    const first = await cli('keys rotate');
    const second = await cli('keys rotate');
    expect([first.code, second.code]).toEqual([0, 0]);
    expect((await stat(join(folder, 'secret.keys'))).mode & 0o777).toBe(0o600);
    const { stdout } = await cli('keys list');
    expect(
      stdout
        .split('\n')
        .slice(1, 3)
        .map((line) => line.split(/ {2,}/)[0]),
    ).toEqual([first.stdout.trim(), second.stdout.trim()]);
    expect(stdout).toMatch(/decrypts\n.*encrypts and decrypts/);
    expect(stdout + first.stdout + first.stderr).not.toMatch(/[A-Za-z0-9+/]{43}=/);
  });

  test('rotate tells programs the id and the file', async () => {
    const { code, stdout } = await cli('keys rotate -o json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ id: expect.any(String), file: join(folder, 'secret.keys') });
  });

  test('list says which file is not there', async () => {
    const { code, stderr } = await cli('keys list');
    expect([code, stderr.includes(join(folder, 'secret.keys'))]).toEqual([4, true]);
  });
});

describe('credential', () => {
  const asked = () => (controlPlane.calls('setCredential') as [[object]])[0][0];

  test('set takes a token from stdin, for the hosts that are named', async () => {
    const { code, stdout, stderr } = await cli(
      'credential set forge --host git.example.org git.example.com',
      'hunter2\n',
    );
    expect([code, stdout]).toEqual([0, 'credential forge for git.example.org stored\n']);
    const hosts = ['git.example.org', 'git.example.com'];
    expect(asked()).toMatchObject({ name: 'forge', kind: 'token', hosts, value: 'hunter2' });
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('set takes a key as it is, with its known hosts', async () => {
    await writeFile(join(folder, 'key'), 'KEY\n');
    await writeFile(join(folder, 'hosts'), 'git.example.org ssh-ed25519 AAAA\n');
    await cli('credential set deploy --host git.example.org --key --known-hosts hosts --file key');
    expect(asked()).toMatchObject({ kind: 'key', value: 'KEY\n', knownHosts: 'git.example.org ssh-ed25519 AAAA\n' });
  });

  test.each([
    ['credential set x', "required option '--host"],
    ['credential set x --host h --key --username ann', '--username goes with'],
    ['credential set x --host h --known-hosts f', '--known-hosts goes with --key'],
    ['credential set x --host h --file /nonexistent', '/nonexistent cannot be read'],
  ])('"%s" is a usage error', async (line, message) => {
    const { code, stderr } = await cli(line, 'x');
    expect([code, stderr.includes(message)]).toEqual([2, true]);
  });

  test('list and delete', async () => {
    expect((await cli('credential list')).stdout).toMatch(/forge +password +git\.example\.org +ann +good +ann +now/);
    expect((await cli('credential delete forge --yes')).stdout).toBe('credential forge for git.example.org deleted\n');
  });
});
