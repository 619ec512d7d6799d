import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { saveContext } from '../contexts.ts';
import { EXIT } from '../exit.ts';
import { findEndpoint, normalUrl } from './endpoint.ts';

let folder: string;
let env: Record<string, string>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-endpoint-'));
  env = { CARTWRIGHT_CONFIG: join(folder, 'contexts.json') };
  await saveContext('far', { url: 'https://far.example', token: 'far-token', tenant: 'acme' }, env);
  await saveContext('local', { url: 'http://127.0.0.1:4747/', token: 'local-token' }, env);
});
afterEach(() => rm(folder, { recursive: true }));

test('the current context is used, or the one that is named', async () => {
  expect(await findEndpoint(env, {})).toEqual({
    url: 'http://127.0.0.1:4747',
    token: 'local-token',
    tenant: undefined,
  });
  expect(await findEndpoint(env, { context: 'far' })).toEqual({
    url: 'https://far.example',
    token: 'far-token',
    tenant: 'acme',
  });
});

test('a tenant on the command line wins over that of the context', async () => {
  expect(await findEndpoint(env, { context: 'far', tenant: 'other' })).toMatchObject({ tenant: 'other' });
});

test('the environment wins over the contexts', async () => {
  const both = { ...env, CARTWRIGHT_URL: 'http://other:1', CARTWRIGHT_TOKEN: 'given' };
  expect(await findEndpoint(both, {})).toEqual({ url: 'http://other:1', token: 'given', tenant: undefined });
  expect(await findEndpoint({ ...env, CARTWRIGHT_TOKEN: 'given' }, {})).toMatchObject({
    url: 'http://127.0.0.1:4747',
    token: 'given',
  });
});

test('the token of a context is never sent to another URL', async () => {
  await expect(findEndpoint({ ...env, CARTWRIGHT_URL: 'http://other:1' }, {})).rejects.toMatchObject({
    exit: EXIT.unauthenticated,
  });
  expect(await findEndpoint({ ...env, CARTWRIGHT_URL: 'http://127.0.0.1:4747' }, {})).toMatchObject({
    token: 'local-token',
  });
});

test('without anything it says how to get a token', async () => {
  const nothing = { CARTWRIGHT_CONFIG: join(folder, 'none.json') };
  await expect(findEndpoint(nothing, {})).rejects.toThrow(
    /no token for http:\/\/127\.0\.0\.1:4747: run "cartwright login/,
  );
});

test('a context that there is not is not found', async () => {
  await expect(findEndpoint(env, { context: 'nowhere' })).rejects.toMatchObject({ exit: EXIT.notFound });
});

test.each(['127.0.0.1:4747', 'ftp://a', 'http://user:secret@a', 'nonsense', ''])(
  '"%s" is no URL of a control plane',
  (url) => {
    expect(() => normalUrl(url, 'URL')).toThrow(/^URL: expected a URL such as/);
  },
);

test('a URL keeps its path and loses what is after it', () => {
  expect(normalUrl('https://a.example/paas/?x=1#y', 'URL')).toBe('https://a.example/paas');
});
