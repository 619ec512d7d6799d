/** A list of what is allowed that is empty allows nothing: absence never widens. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createSourceFetcher } from '../../control-plane/adapters/git/fetcher.ts';
import { NetworkGuard } from '../../control-plane/adapters/network/guard.ts';
import { maySee, narrowed } from '../../control-plane/app/access.ts';
import type { SourceFetcher } from '../../control-plane/app/ports/artifacts.ts';
import type { Principal } from '../../control-plane/app/principal.ts';
import { readConfig } from '../../control-plane/config.ts';
import { Site } from '../../control-plane/graphql/testing/site.ts';

let cache: string;
let fetcher: SourceFetcher & { close(): Promise<void> };
let site: Site;
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'empty-lists-'));
  fetcher = createSourceFetcher({ cacheDirectory: cache, allowedHosts: [], allowedFileRoots: [] });
  site = await Site.open();
});
afterAll(async () => {
  await fetcher.close();
  await site[Symbol.asyncDispose]();
  await rm(cache, { recursive: true, force: true });
});

const code = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'allowed',
    (error: { code: string }) => error.code,
  );

test('the settings’ lists are empty unless an operator fills them', () => {
  const { git, logs, api } = readConfig({ HOME: cache });
  expect({ git: [git.hosts, git.fileRoots], drains: logs.drainHosts, origins: api.origins }).toEqual({
    git: [[], []],
    drains: [],
    origins: [],
  });
  expect(readConfig({ HOME: cache, CARTWRIGHT_GIT_HOSTS: '' }).git.hosts).toEqual([]);
  expect(readConfig({ HOME: cache, CARTWRIGHT_GIT_HOSTS: ' , ' }).git.hosts).toEqual([]);
});

test.each(['https://github.com/a/b', 'ssh://git@github.com/a/b', 'git@github.com:a/b.git', 'file:///tmp', '/tmp'])(
  'no host and no folder is allowed: %s',
  async (url) => {
    expect(await code(fetcher.check({ tenant: 'acme', url }))).toBe('GIT_HOST_NOT_ALLOWED');
    expect(await code(fetcher.resolve({ tenant: 'acme', url }))).toBe('GIT_HOST_NOT_ALLOWED');
  },
);

test('a credential for no host is shown to none', async () => {
  const named = createSourceFetcher({ cacheDirectory: cache, allowedHosts: ['any'], allowedFileRoots: [] });
  const credential = { kind: 'password', name: 'forge', hosts: [], username: 'ann', password: 'x' } as const;
  try {
    expect(await code(named.resolve({ tenant: 'acme', url: 'https://git.example.org/a', credential }))).toBe(
      'GIT_CREDENTIALS_REFUSED',
    );
  } finally {
    await named.close();
  }
});

test('no address inside of the platform’s network is connected to when no host is named', async () => {
  const guard = new NetworkGuard({
    allowed: [],
    setting: 'X',
    failure: (kind) => Object.assign(new Error(), { code: kind }),
  });
  for (const host of ['127.0.0.1', '10.0.0.1', '[::1]', '169.254.169.254', 'localhost'])
    expect([host, await code(guard.addresses(host))]).toEqual([host, 'not-allowed']);
});

describe('a token', () => {
  const of = (tenant: string | null, application: string | null): Principal => ({
    ...{ token: 't', name: 't', role: 'admin', tenant, application },
  });

  test('of no tenant, or of no application’s name, sees nothing', () => {
    for (const principal of [of(null, null), of('', null), of('acme', '')])
      for (const tenant of ['acme', 'beta'])
        for (const application of ['shop', null]) expect(maySee(principal, { tenant, application })).toBe(false);
    expect(() => narrowed(of(null, null), null, 'viewer')).toThrow('belongs to no tenant');
    expect(narrowed(of('acme', ''), null, 'viewer')).toEqual({ tenant: 'acme', application: '' });
  });

  test.each([
    { role: 'admin', tenant: null },
    { role: 'admin', tenant: '' },
    { role: 'operator', tenant: 'acme' },
  ] as const)('that is stored as %j opens nothing', async (of) => {
    const { bearer } = await site.token(of);
    expect((await site.post(bearer, { query: '{ caller { name } }' })).status).toBe(401);
  });
});

test('a filter of no values finds nothing', async () => {
  site.platform.parts.events.record({
    tenant: 'acme',
    subject: { kind: 'X', uid: 'x', name: 'x' },
    type: 'metadata.changed',
  });
  await site.platform.parts.recorded();
  const { bearer } = await site.token({ role: 'admin' });
  const edges = async (types: string) => {
    const { data } = await site.ask(bearer, `{ events(${types} first: 5) { edges { cursor } } }`);
    return (data as { events: { edges: object[] } }).events.edges.length;
  };
  expect(await edges('')).toBeGreaterThan(0);
  expect(await edges('types: [],')).toBe(0);
});
