/** `open` against a real HTTP server, with a program in the place of the one that knows the browser. */
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import * as sample from '../../graphql/testing/records.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

let controlPlane: TestControlPlane;
let env: Record<string, string>;
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-open-'));
  controlPlane = await startControlPlane();
  env = { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'deployer-token', PATH: folder };
});
afterEach(async () => {
  await controlPlane.close();
  await rm(folder, { recursive: true });
});

const open = (line: string, isTerminal = false, more: Record<string, string> = {}) =>
  run(['open', ...line.split(' ').filter((word) => word !== '')], {
    env: { ...env, ...more },
    now: sample.AT,
    isTerminal,
  });
const asked = () => controlPlane.calls('createSignInLink').map(([input]) => (input as { path: string }).path);
/** Keeps each argument that it was given, one a line. */
const browser = async (): Promise<() => Promise<string[]>> => {
  for (const name of ['xdg-open', 'open']) {
    await writeFile(join(folder, name), `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/given'\n`);
    await chmod(join(folder, name), 0o755);
  }
  return async () => (await readFile(join(folder, 'given'), 'utf8')).split('\n').slice(0, -1);
};
const DESKTOP = { DISPLAY: ':0' };

test.each([
  ['', '/'],
  ['shop-1', '/applications/shop-1'],
  ['shop-1/web', '/applications/shop-1/web'],
  ['application shop-1/web', '/applications/shop-1/web'],
  ['application shop-1', '/applications/shop-1'],
  ['logs shop-1', '/logs/shop-1'],
  [`instance ${sample.instance(1).uid}`, `/applications/shop-1/web/instances/${sample.instance(1).uid}`],
  ['host-clusters', '/host-clusters'],
  ['cartridges', '/cartridges'],
  ['policies', '/policies'],
  ['tokens', '/tokens'],
  ['audit', '/audit'],
  ['shop-1 --tenant acme', '/applications/shop-1?tenant=acme'],
  ['--tenant acme', '/?tenant=acme'],
])('"open %s" leads to %s', async (line, path) => {
  const { code, stdout, stderr } = await open(line);
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${sample.signInLink.url}\n` });
  expect(stderr).toBe('it signs in once, whoever opens it first; it ends in 5 min\n');
  expect(asked()).toEqual([path]);
});

test.each([
  ['nothing', 4, 'there is no application "nothing"'],
  ['shop-1/nothing', 4, 'has no component "nothing"'],
  ['logs nothing', 4, 'there is no application "nothing"'],
  ['instance nothing', 4, 'there is no instance "nothing"'],
  ['logs', 2, 'say which: cartwright open logs APPLICATION'],
  ['instance', 2, 'say which: cartwright open instance UID'],
  ['logs shop-1/web', 2, 'logs: expected "cartwright open logs APPLICATION"'],
  ['shop-1 web', 2, 'expected one of application, instance, logs before a name; got "shop-1"'],
  ['a/b/c', 2, 'expected APPLICATION or APPLICATION/ALIAS'],
  ['__proto__', 4, 'there is no application "__proto__"'],
])('"open %s" ends with %d and makes no link', async (line, exit, message) => {
  const { code, stdout, stderr } = await open(line);
  expect({ code, stdout }).toEqual({ code: exit, stdout: '' });
  expect(stderr).toContain(message);
  expect(asked()).toEqual([]);
});

test('a program gets the link and its end', async () => {
  const { stdout } = await open('-o json');
  expect(JSON.parse(stdout)).toEqual({
    url: sample.signInLink.url,
    expiresAt: new Date(sample.signInLink.expiresAt).toISOString(),
  });
});

test('a link that was made and not seen is not waited for: another is made', async () => {
  const { mutations } = controlPlane.useCases;
  const { createSignInLink } = mutations;
  let made = 0;
  mutations.createSignInLink = async (principal, input) => {
    const link = await createSignInLink(principal, input);
    made += 1;
    return made === 1 ? { ...link, url: null as unknown as string } : link;
  };
  expect(await open('')).toMatchObject({ code: 0, stdout: `${sample.signInLink.url}\n` });
  expect(made).toBe(2);
});

describe('the browser', () => {
  test('is given the link as one argument, on a terminal with a desktop', async () => {
    const given = await browser();
    const { code, stdout, stderr } = await open('', true, DESKTOP);
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${sample.signInLink.url}\n` });
    expect(stderr).toContain('it is being opened in your browser');
    await eventually('the browser', async () => (await given()).length > 0);
    expect(await given()).toEqual([sample.signInLink.url]);
  });

  test('is given it by no shell', async () => {
    const given = await browser();
    const url = "http://127.0.0.1:4747/sign-in#code=$(touch%20x)&to='`;x";
    const { mutations } = controlPlane.useCases;
    mutations.createSignInLink = async () => ({ ...sample.signInLink, url });
    await open('', true, DESKTOP);
    await eventually('the browser', async () => (await given()).length > 0);
    expect(await given()).toEqual([new URL(url).href]);
  });

  test.each([
    ['without a terminal', '', false, DESKTOP],
    ['with --print', '--print', true, DESKTOP],
  ])('is not opened %s', async (_name, line, isTerminal, more) => {
    const given = await browser();
    const { code, stderr } = await open(line, isTerminal, more);
    expect(code).toBe(0);
    expect(stderr).not.toContain('browser');
    await expect(given()).rejects.toThrow('ENOENT');
  });

  test.each([
    ['there is no desktop', {}],
    ['no program knows it', DESKTOP],
  ])('is not opened where %s, which is said', async (_name, more: Record<string, string>) => {
    const { code, stderr } = await open('', true, more);
    expect(code).toBe(0);
    expect(stderr).toContain('there is no browser to be opened here');
  });

  test.each(['javascript:alert(1)', 'file:///etc/passwd', '--help', ''])(
    'is never given %j, whatever the control plane answers',
    async (url) => {
      const given = await browser();
      const { mutations } = controlPlane.useCases;
      mutations.createSignInLink = async () => ({ ...sample.signInLink, url });
      const { code, stdout } = await open('', true, DESKTOP);
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      await expect(given()).rejects.toThrow('ENOENT');
    },
  );
});
