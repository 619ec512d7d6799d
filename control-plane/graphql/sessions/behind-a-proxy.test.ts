/** Signing in where people reach the control plane by TLS, through a proxy that asks for another host. */
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { Site } from '../testing/site.ts';
import { WebSockets } from '../testing/websockets.ts';

const PUBLIC = 'https://paas.example';
let site: Site;
let sockets: WebSockets;
beforeAll(async () => {
  site = await Site.open({ publicUrl: PUBLIC });
  sockets = new WebSockets(site.webSocketUrl);
});
afterAll(async () => {
  await sockets.close();
  await site[Symbol.asyncDispose]();
});

const signIn = (body: object, headers: Record<string, string>) =>
  fetch(`${site.url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

test('the cookie is for TLS alone and for this host alone, and opens websockets of its pages', async () => {
  const { bearer } = await site.token();
  const response = await signIn({ token: bearer }, { origin: PUBLIC });
  const [set] = response.headers.getSetCookie();
  expect(set).toMatch(
    /^__Host-cartwright_session=[\w.-]+; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; Secure; SameSite=Strict$/,
  );
  const cookie = set!.split(';')[0]!;
  // Browsers name no origin when a page asks its own host.
  expect((await fetch(`${site.url}/session`, { headers: { cookie } })).status).toBe(200);
  const open = (headers: object) => sockets.raw('graphql-transport-ws', site.webSocketUrl, headers);
  const connection = await open({ origin: PUBLIC, cookie });
  connection.send({ type: 'connection_init' });
  await eventually('it is accepted', () => connection.received.length === 1);
  await expect(open({ origin: 'http://paas.example', cookie })).rejects.toThrow('403');
  const plain = await open({ origin: site.url, cookie });
  plain.send({ type: 'connection_init' });
  expect(await plain.closed).toBe(4403);
  const out = await fetch(`${site.url}/session`, { method: 'DELETE', headers: { origin: PUBLIC, cookie } });
  expect(out.status).toBe(204);
  expect(await connection.closed).toBe(4403);
});

test('a one-time link begins as people reach the control plane', async () => {
  const { bearer } = await site.token();
  const { payload } = await site.mutate(bearer, 'createSignInLink', { path: '/' }, 'url');
  expect(payload?.url).toMatch(/^https:\/\/paas\.example\/sign-in#code=[\w-]{43}&to=%2F$/);
});
