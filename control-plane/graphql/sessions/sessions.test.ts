/** Signing in and out over real HTTP and websockets, in a real app: what the cookie opens, to whom, and how long. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { testKey } from '../../app/testing/vault.ts';
import { Site } from '../testing/site.ts';
import { WebSockets, type RawConnection } from '../testing/websockets.ts';

let site: Site;
let sockets: WebSockets;
beforeAll(async () => {
  site = await Site.open();
});
afterAll(() => site[Symbol.asyncDispose]());
beforeEach(() => {
  sockets = new WebSockets(site.webSocketUrl);
});
afterEach(() => sockets.close());

const signIn = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${site.url}/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
/** The cookie as a browser sends it back. */
const cookieFrom = (response: Response): string => response.headers.getSetCookie()[0]!.split(';')[0]!;
const signedIn = async (bearer: string): Promise<string> => {
  const response = await signIn({ token: bearer });
  expect(response.status).toBe(204);
  return cookieFrom(response);
};
const who = (cookie: string) => fetch(`${site.url}/session`, { headers: { cookie } });
const codeOf = async (response: Response) =>
  ((await response.json()) as { error: { code: string; message: string } }).error.code;
/** Opens a websocket as a browser does for a page, and says nothing of who it is. */
const open = async (headers: Record<string, string>, payload?: object): Promise<RawConnection> => {
  const connection = await sockets.raw('graphql-transport-ws', site.webSocketUrl, headers);
  connection.send({ type: 'connection_init', ...(payload && { payload }) });
  return connection;
};
const accepted = async (headers: Record<string, string>, payload?: object): Promise<RawConnection> => {
  const connection = await open(headers, payload);
  await eventually('it is accepted', () => connection.received.some(({ type }) => type === 'connection_ack'));
  return connection;
};
const page = (cookie: string) => ({ origin: site.url, cookie });
const callerOf = async (connection: RawConnection): Promise<unknown> => {
  connection.send({ id: '1', type: 'subscribe', payload: { query: '{ caller { name role } }' } });
  const answer = await eventually('the answer', () => connection.received.find(({ type }) => type === 'next'));
  return (answer as { payload: { data: { caller: unknown } } }).payload.data.caller;
};
const link = async (bearer: string, path: string) => {
  const { payload, code } = await site.mutate(bearer, 'createSignInLink', { path }, 'url expiresAt');
  return { url: payload?.url as string, expiresAt: payload?.expiresAt as string, code };
};
const codeIn = (url: string): string => new URLSearchParams(new URL(url).hash.slice(1)).get('code')!;

describe('the cookie', () => {
  test('is for this host alone, no script reads it, and it holds no token', async () => {
    const { bearer, record } = await site.token();
    const response = await signIn({ token: bearer });
    const [cookie, ...others] = response.headers.getSetCookie();
    expect(others).toEqual([]);
    expect(cookie).toMatch(
      /^cartwright_session=[\w.-]{60,512}; Max-Age=43200; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Strict$/,
    );
    expect(response.headers.get('cache-control')).toBe('no-store');
    for (const secret of [bearer, record.uid, record.hash]) expect(cookie).not.toContain(secret);
    expect(JSON.stringify(site.log)).not.toContain(cookie!.split(/[=;]/)[1]);
    expect(await (await who(cookieFrom(response))).json()).toEqual({
      ...{ name: record.name, role: 'VIEWER', tenant: 'acme', application: null },
      expiresAt: new Date(site.platform.now + 12 * 3_600_000).toISOString(),
    });
  });

  test('opens a websocket of our own page, as its token', async () => {
    const { bearer, record } = await site.token({ role: 'deployer' });
    const connection = await accepted(page(await signedIn(bearer)));
    expect(await callerOf(connection)).toEqual({ name: record.name, role: 'DEPLOYER' });
  });

  test('opens none without an origin, nor with another’s', async () => {
    const cookie = await signedIn((await site.token()).bearer);
    expect(await (await open({ cookie })).closed).toBe(4403);
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1:1', site.url.replace('http', 'ftp')])
      await expect(open({ cookie, origin })).rejects.toThrow('403');
  });

  test('opens none that came by TLS: that has a cookie of its own, which nobody else can plant', async () => {
    const cookie = await signedIn((await site.token()).bearer);
    const origin = site.url.replace('http:', 'https:');
    expect(await (await open({ cookie, origin })).closed).toBe(4403);
    expect(await (await open(page(cookie.replace('cartwright', '__Host-cartwright')))).closed).toBe(4403);
  });

  test('does not stand for a token that was sent and is none, and does not lie over one', async () => {
    const cookie = await signedIn((await site.token()).bearer);
    const { bearer, record } = await site.token();
    expect(await (await open(page(cookie), { authorization: 'Bearer nothing' })).closed).toBe(4403);
    const connection = await accepted(page(cookie), { authorization: `Bearer ${bearer}` });
    expect(await callerOf(connection)).toMatchObject({ name: record.name });
  });

  test('opens nothing over HTTP', async () => {
    const cookie = await signedIn((await site.token({ role: 'operator', tenant: null })).bearer);
    const headers = { cookie, origin: site.url };
    const answer = await site.post(null, { query: '{ caller { name } }' }, headers);
    expect(answer.status).toBe(401);
    expect((await fetch(`${site.url}/upload/source`, { method: 'POST', headers })).status).toBe(401);
  });

  test('that is none, or was changed, opens nothing', async () => {
    const cookie = await signedIn((await site.token()).bearer);
    for (const other of ['', 'cartwright_session=', 'cartwright_session=a.b.c', `${cookie.slice(0, -2)}xx`, 'a=b']) {
      expect((await who(other)).status).toBe(401);
      expect(await (await open(page(other))).closed).toBe(4403);
    }
  });

  test('signs its websockets out at once when the token is revoked', async () => {
    const { bearer, record } = await site.token();
    const cookie = await signedIn(bearer);
    const connection = await accepted(page(cookie));
    const admin = (await site.token({ role: 'admin' })).bearer;
    await site.mutate(admin, 'revokeToken', { uid: record.uid });
    expect(await connection.closed).toBe(4403);
    expect((await who(cookie)).status).toBe(401);
    expect(await (await open(page(cookie))).closed).toBe(4403);
  });

  test('ends after twelve hours, and with its token', async () => {
    const cookie = await signedIn((await site.token()).bearer);
    const short = await signIn({ token: (await site.token({ expiresAt: site.platform.now + 90_000 })).bearer });
    expect(short.headers.getSetCookie()[0]).toContain('Max-Age=90;');
    const begun = site.platform.now;
    site.platform.now = begun + 90_000;
    expect([(await who(cookieFrom(short))).status, (await who(cookie)).status]).toEqual([401, 200]);
    site.platform.now = begun + 12 * 3_600_000;
    expect((await who(cookie)).status).toBe(401);
  });

  test('goes on with another control plane that has the same keys, also below a newer one, and not with others', async () => {
    const { bearer, record } = await site.token();
    const cookie = await signedIn(bearer);
    await site.platform.start();
    expect(await callerOf(await accepted(page(cookie)))).toMatchObject({ name: record.name });
    site.platform.keys.push(testKey());
    await site.platform.start();
    expect((await who(cookie)).status).toBe(200);
    const keys = site.platform.keys.splice(0, 1);
    await site.platform.start();
    expect((await who(cookie)).status).toBe(401);
    site.platform.keys.unshift(...keys);
    await site.platform.start();
  });
});

describe('signing out', () => {
  const signOut = (headers: Record<string, string>) => fetch(`${site.url}/session`, { method: 'DELETE', headers });

  test('takes the cookie away, and ends what this session has open, and no other', async () => {
    const { bearer } = await site.token();
    const [cookie, other] = [await signedIn(bearer), await signedIn(bearer)];
    const [connection, others] = [await accepted(page(cookie)), await accepted(page(other))];
    const response = await signOut(page(cookie));
    expect(response.status).toBe(204);
    expect(response.headers.getSetCookie()).toEqual([
      '__Host-cartwright_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Strict',
      'cartwright_session=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; SameSite=Strict',
    ]);
    expect(await connection.closed).toBe(4403);
    expect((await who(cookie)).status).toBe(401);
    expect(await callerOf(others)).toMatchObject({ role: 'VIEWER' });
  });

  test('lasts: a copy of the cookie counts no more with the next control plane either', async () => {
    const { bearer, record } = await site.token();
    const [copied, other] = [await signedIn(bearer), await signedIn(bearer)];
    await signOut(page(copied));
    await site.platform.start();
    expect((await who(copied)).status).toBe(401);
    expect(await (await open(page(copied))).closed).toBe(4403);
    expect(await callerOf(await accepted(page(other)))).toMatchObject({ name: record.name });
  });

  test('is done by who is not signed in, and by no page of another host', async () => {
    expect((await signOut({})).status).toBe(204);
    const cookie = await signedIn((await site.token()).bearer);
    expect(await codeOf(await signOut({ cookie, origin: 'https://evil.example' }))).toBe('FORBIDDEN');
    expect((await who(cookie)).status).toBe(200);
  });
});

describe('a one-time link', () => {
  test('signs in once, as who made it, and says nothing but in its fragment', async () => {
    const { bearer, record } = await site.token({ role: 'admin' });
    const { url, expiresAt, code } = await link(bearer, '/applications/shop/web?tenant=acme');
    expect(code).toBeNull();
    expect(Date.parse(expiresAt) - site.platform.now).toBe(300_000);
    const parsed = new URL(url);
    expect([parsed.origin, parsed.pathname, parsed.search]).toEqual([site.url, '/sign-in', '']);
    expect(new URLSearchParams(parsed.hash.slice(1)).get('to')).toBe('/applications/shop/web?tenant=acme');
    const secret = codeIn(url);
    expect(secret).toMatch(/^[\w-]{43}$/);
    const response = await signIn({ code: secret }, { origin: site.url });
    expect(response.status).toBe(204);
    expect(await (await who(cookieFrom(response))).json()).toMatchObject({ name: record.name, role: 'ADMIN' });
    const again = await signIn({ code: secret });
    expect([again.status, await codeOf(again), again.headers.getSetCookie()]).toEqual([401, 'UNAUTHENTICATED', []]);
  });

  test('asks first where somebody else is signed in, and is used up when it is confirmed alone', async () => {
    const ann = await site.token({ role: 'deployer' });
    const bob = await site.token({ role: 'admin' });
    const cookie = await signedIn(ann.bearer);
    const code = codeIn((await link(bob.bearer, '/')).url);
    const recorded = async () => (await site.platform.database.audit.find({ mutation: 'signIn' }, {})).length;
    const before = await recorded();
    for (const body of [{ code }, { code, instead: false }, { code }]) {
      const asked = await signIn(body, { cookie, origin: site.url });
      expect([asked.status, asked.headers.getSetCookie()]).toEqual([409, []]);
      expect(await asked.json()).toEqual({
        error: {
          code: 'SIGNED_IN_AS_ANOTHER',
          message: expect.stringContaining(`"${ann.record.name}", and the link signs in as "${bob.record.name}"`),
        },
        signsIn: { name: bob.record.name, role: 'ADMIN', tenant: 'acme', application: null },
        signedIn: { name: ann.record.name, role: 'DEPLOYER', tenant: 'acme', application: null },
      });
    }
    expect([(await who(cookie)).status, await recorded()]).toEqual([200, before]);
    expect((await signIn({ code, instead: true }, { cookie, origin: 'https://evil.example' })).status).toBe(403);
    const confirmed = await signIn({ code, instead: true }, { cookie, origin: site.url });
    expect(confirmed.status).toBe(204);
    expect(await (await who(cookieFrom(confirmed))).json()).toMatchObject({ name: bob.record.name });
    expect((await signIn({ code, instead: true }, { cookie })).status).toBe(401);
  });

  test('does not ask who is signed in as the same, nor one whose session has ended', async () => {
    const { bearer } = await site.token();
    const cookie = await signedIn(bearer);
    expect((await signIn({ code: codeIn((await link(bearer, '/')).url) }, { cookie })).status).toBe(204);
    const other = await site.token();
    const ended = await signedIn(other.bearer);
    await fetch(`${site.url}/session`, { method: 'DELETE', headers: { cookie: ended } });
    expect((await signIn({ code: codeIn((await link(bearer, '/')).url) }, { cookie: ended })).status).toBe(204);
    expect((await signIn({ code: 'x'.repeat(43) }, { cookie })).status).toBe(401);
    expect((await signIn({ token: other.bearer }, { cookie })).status).toBe(204);
    expect((await signIn({ token: other.bearer, instead: true })).status).toBe(400);
  });

  test('ends after five minutes, and with its token', async () => {
    const { bearer, record } = await site.token();
    const late = codeIn((await link(bearer, '/')).url);
    site.platform.now += 300_000;
    expect((await signIn({ code: late })).status).toBe(401);
    const fresh = codeIn((await link(bearer, '/')).url);
    await site.platform.database.tokens.save({ ...record, revokedAt: site.platform.now });
    expect((await signIn({ code: fresh })).status).toBe(401);
  });

  test('that a session made lets nobody stay longer than that session', async () => {
    const { bearer } = await site.token();
    const connection = await accepted(page(await signedIn(bearer)));
    const until = new Date(site.platform.now + 12 * 3_600_000).toISOString();
    site.platform.now += 3_600_000;
    const query = 'mutation { createSignInLink(input: { path: "/" }) { url } }';
    connection.send({ id: '1', type: 'subscribe', payload: { query } });
    const answer = await eventually('the answer', () => connection.received.find(({ type }) => type === 'next'));
    const { url } = (answer as { payload: { data: { createSignInLink: { url: string } } } }).payload.data
      .createSignInLink;
    expect(new URL(url).origin).toBe(site.url);
    const cookie = cookieFrom(await signIn({ code: codeIn(url) }));
    expect(await (await who(cookie)).json()).toMatchObject({ expiresAt: until });
  });

  test('leads to a path of the console alone', async () => {
    const { bearer } = await site.token();
    for (const path of ['', 'applications', '//evil.example', 'https://evil.example', '/\\evil.example', '/.//evil'])
      expect([path, (await link(bearer, path)).code]).toEqual([path, 'INVALID']);
    expect((await link(bearer, `/${'x'.repeat(500)}`)).code).toBe('INVALID');
    expect((await link(bearer, `/${'x'.repeat(499)}`)).code).toBeNull();
  });

  test('asked for again with the same key is not shown again', async () => {
    const { bearer } = await site.token();
    const input = { path: '/', idempotencyKey: 'once' };
    const ask = () => site.mutate(bearer, 'createSignInLink', input, 'url expiresAt');
    const [first, again] = [await ask(), await ask()];
    expect(first.payload?.url).toContain('#code=');
    expect(again.payload).toEqual({ ...first.payload, url: null });
  });

  test('and its use are recorded, and no code stands anywhere', async () => {
    const { bearer, record } = await site.token();
    const secret = codeIn((await link(bearer, '/')).url);
    await signIn({ code: secret });
    const { database } = site.platform;
    const records = await database.audit.find({ actorToken: record.uid }, {});
    expect(records.map(({ mutation, tenant, address }) => [mutation, tenant, address])).toEqual([
      ['createSignInLink', 'acme', expect.stringContaining('127.0.0.1')],
      ['signIn', 'acme', expect.stringContaining('127.0.0.1')],
    ]);
    const kept = JSON.stringify([records, site.log, await database.events.newest({}, 200)]);
    expect(kept).not.toContain(secret);
  });
});

describe('a sign-in is refused', () => {
  test.each([
    ['of another page', { token: 'cw_x' }, { origin: 'https://evil.example' }, 403, 'FORBIDDEN'],
    ['of a page without an origin', { token: 'cw_x' }, { origin: 'null' }, 403, 'FORBIDDEN'],
    ['as a form', 'token=cw_x', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['as plain text', '{"token":"cw_x"}', { 'content-type': 'text/plain' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
    ['that is no JSON', '{', {}, 400, 'INVALID'],
    ['of nothing', {}, {}, 400, 'INVALID'],
    ['of both', { token: 'a', code: 'b' }, {}, 400, 'INVALID'],
    ['of a number', { token: 7 }, {}, 400, 'INVALID'],
    ['of a list', [], {}, 400, 'INVALID'],
    ['without end', { token: 'x'.repeat(3000) }, {}, 413, 'PAYLOAD_TOO_LARGE'],
    ['of an unknown token', { token: `cw_${'x'.repeat(43)}` }, {}, 401, 'UNAUTHENTICATED'],
    ['of an unknown code', { code: 'x'.repeat(43) }, {}, 401, 'UNAUTHENTICATED'],
  ])('%s', async (_name, body, headers, status, code) => {
    const response = await signIn(body, headers);
    expect([response.status, response.headers.getSetCookie()]).toEqual([status, []]);
    expect(await codeOf(response)).toBe(code);
  });

  test('with an ended token', async () => {
    const expired = await site.token({ expiresAt: site.platform.now });
    expect((await signIn({ token: expired.bearer })).status).toBe(401);
  });

  test('where the control plane has no key', async () => {
    const { bearer } = await site.token();
    const keys = site.platform.keys.splice(0);
    await site.platform.start();
    const response = await signIn({ token: bearer });
    expect([response.status, await codeOf(response)]).toEqual([503, 'SECRET_KEY_MISSING']);
    site.platform.keys.push(...keys);
    await site.platform.start();
  });

  test('and so is every other method', async () => {
    const response = await fetch(`${site.url}/session`, { method: 'PUT' });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD, POST, DELETE']);
  });
});
