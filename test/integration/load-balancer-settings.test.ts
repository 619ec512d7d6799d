/** What a manifest says of its application's load balancer, in force without a restart and without a lost request. */
import { execFile } from 'node:child_process';
import { request } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';
import { Repository } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';

jest.setTimeout(120_000);
const LIMIT = 40_000;

const ECHO = `
const server = require('node:http').createServer((request, response) => response.end(JSON.stringify(request.headers)));
server.listen(process.env.PORT, process.env.HOST);
`;

let platform: Platform;
let repository: Repository;
let url: string;

const apply = (loadBalancer?: object): Promise<void> =>
  platform.apply({
    apiVersion: 'cartwright.dev/v1',
    kind: 'Application',
    metadata: { name: 'shop' },
    spec: {
      components: [{ kind: 'cartridge', alias: 'web', cartridge: 'nodejs', source: { git: { url: repository.url } } }],
      ...(loadBalancer === undefined ? {} : { loadBalancer }),
    },
  });

/** What an instance is told of who asks, by a client at another address of this machine that claims to be somebody else. */
function forwardedFor(localAddress: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers = { 'x-forwarded-for': '6.6.6.6, 203.0.113.9' };
    request(url, { localAddress, headers, agent: false }, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve((JSON.parse(text) as Record<string, string>)['x-forwarded-for'] ?? ''));
    })
      .once('error', reject)
      .end();
  });
}

const cartwright = async (...argv: string[]): Promise<string> =>
  (
    await promisify(execFile)(process.execPath, [join(PRESENT, 'dist/control-plane/cli/bin.js'), ...argv], {
      env: platform.environment,
    })
  ).stdout;

beforeAll(async () => {
  platform = await Platform.start();
  repository = await Repository.create(join(platform.repositories, 'shop'), ECHO);
  await apply();
  url = await eventually(
    'a URL that answers',
    async () => {
      const { application } = await platform.ask<{ application: { url: string | null } }>(
        '{ application(name: "shop") { url } }',
      );
      return application.url !== null && (await getText(application.url)) !== '' && application.url;
    },
    LIMIT,
  );
});
afterAll(() => platform[Symbol.asyncDispose]());

test('a claim is believed from the proxies that the manifest names and from nobody else, and no request is lost for it', async () => {
  expect(await forwardedFor('127.0.0.1')).toBe('127.0.0.1');
  const load = steadyLoad(url, 2);
  await apply({ trustedProxies: ['127.0.0.2', '192.0.2.0/24'] });
  await eventually('it is in force', async () => (await forwardedFor('127.0.0.2')) === '203.0.113.9, 127.0.0.2', LIMIT);
  expect(await forwardedFor('127.0.0.3')).toBe('127.0.0.3');
  await apply();
  await eventually('it is taken back', async () => (await forwardedFor('127.0.0.2')) === '127.0.0.2', LIMIT);
  const { sent, failed } = await load.stop();
  expect({ failed, isLoad: sent > 0 }).toEqual({ failed: [], isLoad: true });
  const { serviceCluster } = await platform.ask<{ serviceCluster: { instances: { edges: unknown[] } } }>(
    '{ serviceCluster(ref: { application: "shop", alias: "lb" }) { instances(first: 10) { edges { node { uid } } } } }',
  );
  expect(serviceCluster.instances.edges).toHaveLength(1);
});

test('the access log is in the application’s log, in the format that the manifest names; what it says is described', async () => {
  await apply({ trustedProxies: ['127.0.0.2'], accessLog: 'combined' });
  expect(await cartwright('describe', 'application', 'shop')).toMatch(
    /Trusted proxies: +127\.0\.0\.2\n *Access log: +combined\n/,
  );
  await eventually(
    'its line',
    async () => {
      await forwardedFor('127.0.0.2');
      return / 203\.0\.113\.9 - - \[.*\] "GET \/ HTTP\/1\.1" 200 /.test(await cartwright('logs', 'shop/lb'));
    },
    LIMIT,
  );
});
