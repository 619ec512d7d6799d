import { mkdtemp, readFile, readdir, rm, stat, writeFile, chmod, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { contextsFile, parseContexts, readContexts, saveContext, selectContext } from './contexts.ts';
import { EXIT } from './exit.ts';

let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-contexts-'));
  env = { CARTWRIGHT_CONFIG: join(folder, 'deep', 'contexts.json') };
});
afterEach(() => rm(folder, { recursive: true }));

test('the file is the one that is named, else in the folder for configuration, else in the home folder', () => {
  expect(contextsFile({ CARTWRIGHT_CONFIG: '/a/b.json', XDG_CONFIG_HOME: '/c', HOME: '/h' })).toBe('/a/b.json');
  expect(contextsFile({ XDG_CONFIG_HOME: '/c', HOME: '/h' })).toBe('/c/cartwright/contexts.json');
  expect(contextsFile({ HOME: '/h' })).toBe('/h/.config/cartwright/contexts.json');
});

test('without a file there are no contexts', async () => {
  expect(await readContexts(env)).toEqual({ version: 1, current: null, contexts: {} });
});

test('a saved context is the current one, readable by its owner only, and nothing is left beside it', async () => {
  await saveContext('local', { url: 'http://127.0.0.1:4747', token: 'secret-1' }, env);
  await saveContext('far', { url: 'https://far', token: 'secret-2', tenant: 'acme' }, env);
  expect(await readContexts(env)).toEqual({
    version: 1,
    current: 'far',
    contexts: {
      local: { url: 'http://127.0.0.1:4747', token: 'secret-1' },
      far: { url: 'https://far', token: 'secret-2', tenant: 'acme' },
    },
  });
  expect((await stat(contextsFile(env))).mode & 0o777).toBe(0o600);
  expect(await readdir(join(folder, 'deep'))).toEqual(['contexts.json']);
});

test('another context can be made the current one', async () => {
  await saveContext('local', { url: 'http://a', token: 't' }, env);
  await saveContext('far', { url: 'http://b', token: 't' }, env);
  await selectContext('local', env);
  expect((await readContexts(env)).current).toBe('local');
  await expect(selectContext('nowhere', env)).rejects.toMatchObject({
    exit: EXIT.notFound,
    message: 'there is no context "nowhere": there are local, far',
  });
});

test('a file that others may read is closed to them', async () => {
  await saveContext('local', { url: 'http://a', token: 't' }, env);
  await chmod(contextsFile(env), 0o644);
  await readContexts(env);
  expect((await stat(contextsFile(env))).mode & 0o777).toBe(0o600);
});

test('a broken file is named and left as it is', async () => {
  await mkdir(join(folder, 'deep'));
  await writeFile(contextsFile(env), '{"version": 1, "conte');
  await expect(readContexts(env)).rejects.toThrow(`${contextsFile(env)}: it is no JSON; mend it`);
  await expect(saveContext('local', { url: 'http://a', token: 't' }, env)).rejects.toThrow('it is no JSON');
  expect(await readFile(contextsFile(env), 'utf8')).toBe('{"version": 1, "conte');
});

test.each([
  ['[]', 'it holds no contexts'],
  ['{"version":1,"contexts":{"a":{"url":"http://a"}}}', 'the context "a" lacks a url or a token'],
  ['{"version":2,"contexts":{}}', 'written by a newer cartwright'],
])('%s is refused', (text, message) => {
  expect(() => parseContexts(text, 'contexts.json')).toThrow(message);
});

test('a current context that is not there counts as none', () => {
  expect(parseContexts('{"version":1,"current":"__proto__","contexts":{}}', 'f').current).toBeNull();
});

test('a name that could be taken for something else is refused', async () => {
  for (const name of ['', '-x', 'a b', '../x']) {
    await expect(saveContext(name, { url: 'http://a', token: 't' }, env)).rejects.toMatchObject({ exit: EXIT.usage });
  }
});
