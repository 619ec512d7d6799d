/** Tokens over real HTTP and websockets: who may make which, and what ends with them. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { WebSocket } from 'ws';
import { eventually } from '../../../test/support/eventually.ts';
import type { Role } from '../../app/records/tenants.ts';
import { Site } from '../testing/site.ts';

let site: Site;
const bearers = {} as Record<Role, string>;
beforeAll(async () => {
  site = await Site.open();
  for (const role of ['operator', 'admin', 'deployer', 'viewer'] as const) {
    bearers[role] = (await site.token({ name: role, role, tenant: role === 'operator' ? null : 'acme' })).bearer;
  }
});
afterAll(() => site[Symbol.asyncDispose]());

const TOKEN = 'token { uid name role tenant application expiresAt revokedAt } bearer';
let count = 0;
const named = (fields: object) => ({ name: `t${(count += 1)}`, ...fields });
const create = (bearer: string, fields: object) => site.mutate(bearer, 'createToken', named(fields), TOKEN);
const caller = async (bearer: string) =>
  (await site.ask(bearer, '{ caller { role tenant application } }')).data?.caller;

describe('a token', () => {
  test('is shown once, works, and is kept by its hash only', async () => {
    const { payload, code } = await create(bearers.admin, { role: 'DEPLOYER', application: 'shop' });
    expect(code).toBeNull();
    const { bearer, token } = payload as unknown as { bearer: string; token: { uid: string } };
    expect(bearer).toMatch(/^cw_[A-Za-z0-9_-]{43}$/);
    expect(await caller(bearer)).toEqual({ role: 'DEPLOYER', tenant: 'acme', application: 'shop' });
    const record = await site.platform.database.tokens.get(token.uid);
    expect(JSON.stringify(record)).not.toContain(bearer);
    expect(JSON.stringify(site.log)).not.toContain(bearer);
    const { data } = await site.ask(bearers.admin, '{ tokens { uid name } }');
    expect(JSON.stringify(data)).toContain(token.uid);
  });

  test('asked for again with the same key is the same one, and is not shown again', async () => {
    const input = named({ role: 'VIEWER', idempotencyKey: 'once' });
    const first = await site.mutate(bearers.admin, 'createToken', input, TOKEN);
    const again = await site.mutate(bearers.admin, 'createToken', input, TOKEN);
    expect(first.payload?.bearer).toMatch(/^cw_/);
    expect(again.payload).toEqual({ ...first.payload, bearer: null });
  });

  test('ends after 90 days unless it is said otherwise', async () => {
    const days = async (fields: object) => {
      const { payload } = await create(bearers.admin, { role: 'VIEWER', ...fields });
      const { expiresAt } = payload?.token as { expiresAt: string | null };
      return expiresAt === null ? null : (Date.parse(expiresAt) - site.platform.now) / 86_400_000;
    };
    expect(await days({})).toBe(90);
    expect(await days({ expiresInSeconds: 86_400 })).toBe(1);
    expect(await days({ neverExpires: true })).toBeNull();
  });

  test.each([
    [{ role: 'VIEWER', expiresInSeconds: 1 }, 'INVALID'],
    [{ role: 'VIEWER', expiresInSeconds: 3600, neverExpires: true }, 'INVALID'],
    [{ role: 'VIEWER', name: '' }, 'INVALID'],
    [{ role: 'VIEWER', name: 'a\u0000b' }, 'INVALID'],
    [{ role: 'VIEWER', application: '' }, 'INVALID'],
    [{ role: 'VIEWER', application: '../shop' }, 'INVALID'],
    [{ role: 'VIEWER', name: 'admin' }, 'CONFLICT'],
    [{ role: 'VIEWER', tenant: 'nobody' }, 'FORBIDDEN'],
  ])('%j is refused', async (fields, code) => {
    expect((await create(bearers.admin, fields)).code).toBe(code);
  });

  test('of a tenant that is not there cannot be made, nor an operator’s with a tenant', async () => {
    expect((await create(bearers.operator, { role: 'VIEWER', tenant: 'nobody' })).code).toBe('NOT_FOUND');
    expect((await create(bearers.operator, { role: 'OPERATOR', tenant: 'acme' })).code).toBe('INVALID');
  });
});

describe('who may make which token', () => {
  const ROLES = ['VIEWER', 'DEPLOYER', 'ADMIN', 'OPERATOR'];
  test.each([
    ['operator', ROLES],
    ['admin', ['VIEWER', 'DEPLOYER', 'ADMIN']],
    ['deployer', []],
    ['viewer', []],
  ] as const)('%s', async (maker, allowed) => {
    for (const role of ROLES) {
      const tenant = maker === 'operator' && role !== 'OPERATOR' ? 'acme' : undefined;
      const { code } = await create(bearers[maker], { role, tenant });
      expect({ role, code }).toEqual({
        role,
        code: (allowed as readonly string[]).includes(role) ? null : 'FORBIDDEN',
      });
    }
  });

  test('a token of one application makes only tokens of that one', async () => {
    const { bearer } = await site.token({ role: 'admin', application: 'shop' });
    const made = await create(bearer, { role: 'VIEWER' });
    expect(made.payload?.token).toMatchObject({ application: 'shop' });
    expect((await create(bearer, { role: 'VIEWER', application: 'blog' })).code).toBe('FORBIDDEN');
    const { data } = await site.ask(bearer, '{ tokens { application } }');
    expect(new Set((data?.tokens as { application: string }[]).map(({ application }) => application))).toEqual(
      new Set(['shop']),
    );
  });
});

describe('what is revoked', () => {
  const revoke = (bearer: string, uid: string) => site.mutate(bearer, 'revokeToken', { uid }, 'token { revokedAt }');

  test('opens nothing any more; revoking it again changes nothing', async () => {
    const { bearer, record } = await site.token();
    expect(await caller(bearer)).toMatchObject({ role: 'VIEWER' });
    const first = await revoke(bearers.admin, record.uid);
    expect(first.code).toBeNull();
    site.platform.now += 1000;
    expect((await revoke(bearers.admin, record.uid)).payload).toEqual(first.payload);
    expect((await site.ask(bearer, '{ caller { name } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test('is found by its admin and operators only', async () => {
    const beta = await site.token({ tenant: 'beta' });
    const shop = await site.token({ application: 'shop', role: 'admin' });
    const operator = await site.token({ role: 'operator', tenant: null });
    expect((await revoke(bearers.admin, beta.record.uid)).code).toBe('NOT_FOUND');
    expect((await revoke(bearers.admin, operator.record.uid)).code).toBe('NOT_FOUND');
    expect((await revoke(shop.bearer, beta.record.uid)).code).toBe('NOT_FOUND');
    expect((await revoke(bearers.deployer, shop.record.uid)).code).toBe('FORBIDDEN');
    expect((await revoke(bearers.operator, beta.record.uid)).code).toBeNull();
  });

  test('is never the last token of an operator', async () => {
    for (const { uid, name } of await site.platform.database.tokens.find({ role: 'operator' }))
      if (name !== 'operator') await site.platform.database.tokens.delete(uid);
    const [last] = await site.platform.database.tokens.find({ role: 'operator' });
    const { code, message } = await revoke(bearers.operator, last!.uid);
    expect(code).toBe('CONFLICT');
    expect(message).toContain('make another one first');
  });

  test('ends its websockets and subscriptions at once, and those of others go on', async () => {
    const { bearer, record } = await site.token();
    const others = site.subscribe(bearers.viewer, 'subscription { events { __typename } }');
    const first = site.subscribe(bearer, 'subscription { events { ... on Event { type } } }').next();
    const failure = first.then(
      () => undefined,
      (error: unknown) => error,
    );
    const next = others.next();
    const idle = new WebSocket(site.webSocketUrl, 'graphql-transport-ws');
    const closed = new Promise<number>((resolve) => idle.once('close', resolve));
    const received: string[] = [];
    idle.on('message', (data: Buffer) => received.push(data.toString()));
    await new Promise((resolve) => idle.once('open', resolve));
    idle.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${bearer}` } }));
    await eventually('it is accepted', () => received.length === 1);
    // The subscription of the first one is there once it has taken an event.
    await revoke(bearers.admin, record.uid);
    expect(await failure).toMatchObject({ code: 4403 });
    expect(await closed).toBe(4403);
    expect((await next).done).toBe(false);
  });

  test('is not read from any more, also before it has taken the good-bye', async () => {
    const { bearer, record } = await site.token();
    const deaf = new WebSocket(site.webSocketUrl, 'graphql-transport-ws');
    const received: string[] = [];
    deaf.on('message', (data: Buffer) => received.push(data.toString()));
    const closed = new Promise((resolve) => deaf.once('close', resolve));
    await new Promise((resolve) => deaf.once('open', resolve));
    deaf.send(JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${bearer}` } }));
    await eventually('it is accepted', () => received.length === 1);
    deaf.pause();
    const query = 'subscription { events(after: 0) { __typename } }';
    await revoke(bearers.admin, record.uid);
    // Whatever it sends from now on is not read.
    deaf.send(JSON.stringify({ type: 'subscribe', id: '1', payload: { query } }));
    await eventually('it is gone', () => {
      deaf.resume();
      return deaf.readyState === WebSocket.CLOSED;
    });
    await closed;
    expect(received.filter((text) => text.includes('"next"'))).toEqual([]);
  });
});

test('what expires ends its websockets at that time', async () => {
  const { bearer } = await site.token({ expiresAt: site.platform.now + 300 });
  const { followed } = site.platform.parts.tokenWatch;
  const subscription = site.subscribe(bearer, 'subscription { events { __typename } }');
  const failure = subscription.next().then(
    () => undefined,
    (error: unknown) => error,
  );
  await eventually('it is followed', () => site.platform.parts.tokenWatch.followed > followed);
  await eventually('it was looked at', async () => (await site.platform.database.ping()) === undefined);
  site.platform.now += 400;
  expect(await failure).toMatchObject({ code: 4403 });
});

test('a damaged record widens nothing: no tenant does not mean every tenant', async () => {
  for (const of of [
    { role: 'admin', tenant: null },
    { role: 'viewer', tenant: '' },
    { role: 'operator', tenant: 'acme' },
    { role: 'operator', tenant: null, application: 'shop' },
  ] as const) {
    const { bearer } = await site.token(of);
    expect((await site.ask(bearer, '{ caller { name } }')).errors?.[0]?.extensions.code).toBe('UNAUTHENTICATED');
  }
});
