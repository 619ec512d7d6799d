import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../testing/run.ts';

const PASSWORD = 'a-password-of-some-length';

let folder: string;
let settings: Record<string, string>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-users-'));
  await writeFile(join(folder, 'one'), `${PASSWORD}-1\n`);
  await writeFile(join(folder, 'two'), `${PASSWORD}-2\n`);
  settings = {
    CARTWRIGHT_BROKER_URL: 'mqtt://127.0.0.1:1883',
    CARTWRIGHT_BROKER_USERNAME: 'cartwright',
    CARTWRIGHT_BROKER_PASSWORD_FILE: join(folder, 'one'),
    CARTWRIGHT_BROKER_SECURITY_USERNAME: 'cartwright-security',
    CARTWRIGHT_BROKER_SECURITY_PASSWORD_FILE: join(folder, 'two'),
  };
});
afterEach(() => rm(folder, { recursive: true }));

const users = (changes: Record<string, string> = {}) => run(['mosquitto-users'], { env: { ...settings, ...changes } });

test('the file names both users, each with a role of its own, and holds no password', async () => {
  const { code, stdout } = await users();
  expect(code).toBe(0);
  const file = JSON.parse(stdout) as { clients: { username: string; roles: object[] }[]; defaultACLAccess: object };
  expect(file.clients.map(({ username }) => username)).toEqual(['cartwright', 'cartwright-security']);
  expect(file.clients[0]!.roles).not.toEqual(file.clients[1]!.roles);
  expect(file.defaultACLAccess).toMatchObject({
    publishClientSend: false,
    publishClientReceive: false,
    subscribe: false,
  });
  expect(stdout).not.toContain(PASSWORD);
});

describe('it is refused', () => {
  test.each([
    ['without a user for accounts', { CARTWRIGHT_BROKER_SECURITY_USERNAME: '' }, 'CARTWRIGHT_BROKER_SECURITY_USERNAME'],
    ['with one user for both', { CARTWRIGHT_BROKER_USERNAME: 'cartwright-security' }, 'two users'],
    ['without a password file', { CARTWRIGHT_BROKER_PASSWORD_FILE: '' }, 'CARTWRIGHT_BROKER_PASSWORD_FILE'],
    ['with a file that is not there', { CARTWRIGHT_BROKER_PASSWORD_FILE: '/nowhere' }, '/nowhere'],
  ])('%s', async (_what, changes, expected) => {
    const { code, stderr, stdout } = await users(changes);
    expect(code).toBe(1);
    expect(stdout).toBe('');
    expect(stderr).toContain('CONFIGURATION_INVALID');
    expect(stderr).toContain(expected);
  });

  test('with a password that is easily guessed, which is not printed', async () => {
    await writeFile(join(folder, 'two'), 'swordfish');
    const { code, stderr } = await users();
    expect(code).toBe(1);
    expect(stderr).toContain('has 9 characters, expected 16 or more');
    expect(stderr).not.toContain('swordfish');
  });
});
