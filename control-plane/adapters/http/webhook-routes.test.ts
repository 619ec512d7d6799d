/** Deliveries over real HTTP, signed as each Git host does it, to the app over a real database. */
import { createHmac } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { eventually } from '../../../test/support/eventually.ts';
import { rekey } from '../../app/configuration/rekey.ts';
import { application } from '../../app/testing/manifests.ts';
import { OPERATOR, Platform } from '../../app/testing/platform.ts';
import { testKey } from '../../app/testing/vault.ts';
import { signatureOf } from '../../domain/webhooks/standard.ts';
import { createVault } from '../secrets/vault.ts';
import { BODY, webhookRoutes } from './webhook-routes.ts';

const URL = 'https://git.example.org/shop.git';
const REF = { tenant: 'acme', application: 'shop', alias: 'web' };

let platform: Platform;
let server: Server;
let base: string;
let counted: string[];
let clock: number;
let path: string;
let secret: string;

async function serve(body = BODY): Promise<void> {
  const app = express();
  app.use(
    webhookRoutes({
      receiver: {
        find: (address) => platform.parts.webhooks.find(address),
        receive: (webhook, delivered) => platform.parts.webhooks.receive(webhook, delivered),
      },
      metrics: { webhookDelivery: (form, result) => void counted.push(`${form} ${result}`) },
      logger: pino({ level: 'silent' }),
      monotonic: () => clock,
      body,
    }),
  );
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

beforeEach(async () => {
  [counted, clock] = [[], 0];
  platform = await Platform.open();
  platform.fetcher.refs.set(`${URL}#main`, 'a'.repeat(40));
  await apply({ branch: 'main' });
  const made = await platform.parts.mutations.createWebhook(OPERATOR, REF);
  [path, secret] = [made.webhook.path, made.secret];
  await serve();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await platform[Symbol.asyncDispose]();
});

const apply = (git: Record<string, unknown>) =>
  platform.apply(application('shop', [{ alias: 'web', cartridge: 'node', source: { git: { url: URL, ...git } } }]));
const post = (headers: Record<string, string>, body: string | Buffer, to = path) =>
  fetch(`${base}${to}`, { method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body });
const asked = () => platform.fetcher.resolved.length;
const hmac = (body: string, key = secret) => createHmac('sha256', key).update(body).digest('hex');
let counter = 0;
/** As the hosts write it, with what they have in it and nobody looks at. */
const push = (ref = 'refs/heads/main') =>
  JSON.stringify({
    ref,
    before: 'b'.repeat(40),
    after: String((counter += 1)).padStart(40, 'a'),
    repository: { full_name: 'acme/shop', clone_url: 'http://169.254.169.254/', default_branch: 'main' },
  });

const github = (body: string, more: Record<string, string> = {}) =>
  post(
    {
      'x-github-event': 'push',
      'x-github-delivery': `72d3162e-cc78-11e3-81ab-${String((counter += 1))}`,
      'x-hub-signature': 'sha1=0',
      'x-hub-signature-256': `sha256=${hmac(body)}`,
      'user-agent': 'GitHub-Hookshot/044aadd',
      ...more,
    },
    body,
  );
const gitea = (body: string, id = String((counter += 1))) =>
  post(
    {
      'x-gitea-event': 'push',
      'x-gitea-delivery': id,
      'x-gitea-signature': hmac(body),
      'x-gogs-signature': hmac(body),
      'x-github-event': 'push',
      'x-github-delivery': id,
      'x-hub-signature-256': `sha256=${hmac(body)}`,
    },
    body,
  );
const gitlab = (body: string, { id = String((counter += 1)), at = platform.now / 1000, more = {} } = {}) => {
  const timestamp = String(at);
  return post(
    {
      'x-gitlab-event': 'Push Hook',
      'idempotency-key': id,
      'webhook-id': id,
      'webhook-timestamp': timestamp,
      'webhook-signature': signatureOf(secret, { id, timestamp, body: Buffer.from(body) }),
      ...more,
    },
    body,
  );
};
const gitlabToken = (body: string, token = secret, id = String((counter += 1))) =>
  post(
    { 'x-gitlab-event': 'Push Hook', 'x-gitlab-token': token, 'idempotency-key': id, 'x-gitlab-event-uuid': 'same' },
    body,
  );

/** Until the poller has built what is there and rests, its next look being a minute away. */
async function atRest(): Promise<void> {
  platform.parts.poller.start();
  await eventually('the first build', async () => {
    const builds = await platform.database.builds.find({});
    return builds.length > 0 && builds.every(({ state }) => state === 'succeeded');
  });
}

describe('a push', () => {
  test.each([
    ['github', () => github(push())],
    ['gitea', () => gitea(push())],
    ['gitlab', () => gitlab(push())],
    ['gitlab-token', () => gitlabToken(push())],
  ])('that %s signs is fetched at once, from the repository that the manifest names', async (form, deliver) => {
    await atRest();
    platform.fetcher.refs.set(`${URL}#main`, 'c'.repeat(40));
    const before = asked();
    const response = await deliver();
    expect([response.status, await response.json()]).toEqual([202, { result: 'fetching', detail: 'refs/heads/main' }]);
    await eventually('the source is asked about', () => asked() === before + 1);
    expect(new Set(platform.fetcher.resolved.map(({ url }) => url))).toEqual(new Set([URL]));
    await eventually('it is built', async () => (await platform.database.builds.find({})).length === 2);
    await eventually('all are built', async () =>
      (await platform.database.builds.find({})).every(({ state }) => state === 'succeeded'),
    );
    expect(counted).toEqual([`${form} fetching`]);
    expect(await platform.events('source.push-announced')).toMatchObject([
      { application: 'shop', data: { form, detail: 'refs/heads/main' } },
    ]);
  });

  test('as a form, as GitHub sends it unless told otherwise', async () => {
    const body = new URLSearchParams({ payload: push() }).toString();
    const response = await github(body, { 'content-type': 'application/x-www-form-urlencoded' });
    expect(response.status).toBe(202);
  });

  test('that comes while the source is asked about is followed by one more look', async () => {
    let answer = (): void => undefined;
    platform.fetcher.before = () => new Promise((resolve) => (answer = resolve));
    platform.parts.poller.start();
    await eventually('the first look', () => asked() === 1);
    expect((await github(push())).status).toBe(202);
    platform.fetcher.before = async () => undefined;
    answer();
    await eventually('one more look', () => asked() === 2);
    await atRest();
  });

  test.each([
    ['another branch', () => github(push('refs/heads/next')), /follows the branch main, not the branch next/],
    ['a tag', () => gitea(push('refs/tags/main')), /not the tag main/],
    ['another event', () => github('{}', { 'x-github-event': 'issues' }), /events "issues" have no effect/],
  ])('of %s is answered and has no effect', async (_name, deliver, why) => {
    await atRest();
    const before = asked();
    const response = await deliver();
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ result: 'ignored', detail: expect.stringMatching(why) });
    expect(asked()).toBe(before);
  });

  test('to a source that is updated by hand has no effect', async () => {
    await apply({ branch: 'main', update: 'manual' });
    expect(await (await github(push())).json()).toMatchObject({
      result: 'ignored',
      detail: expect.stringContaining('manual'),
    });
  });

  test('a ping is answered', async () => {
    const response = await github('{"zen":"Keep it simple."}', { 'x-github-event': 'ping' });
    expect([response.status, await response.json()]).toEqual([
      200,
      { result: 'ping', detail: 'this is the webhook of acme/shop/web' },
    ]);
  });
});

describe('the same delivery again', () => {
  test.each([
    ['under its id', (body: string) => gitea(body, 'same'), (body: string) => gitea(body, 'same')],
    ['under another id', (body: string) => github(body), (body: string) => github(body)],
    ['in another form', (body: string) => github(body), (body: string) => gitea(body)],
    ['signed anew', (body: string) => gitlab(body, { id: 'm' }), (body: string) => gitlab(`${body} `, { id: 'm' })],
    ['by its token', (body: string) => gitlabToken(body), (body: string) => gitlabToken(body)],
  ])('%s has no effect', async (_name, first, second) => {
    const body = push();
    expect((await first(body)).status).toBe(202);
    // The next start knows it, too.
    await platform.start();
    const response = await second(body);
    expect([response.status, await response.json()]).toMatchObject([200, { result: 'replayed' }]);
    expect(await platform.events('source.push-announced')).toHaveLength(1);
  });

  test('at the same moment has one effect', async () => {
    const body = push();
    const answers = await Promise.all(Array.from({ length: 4 }, () => gitea(body, 'same')));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 200, 202]);
  });

  test('is forgotten after a week', async () => {
    await gitea(push(), 'same');
    expect((await platform.database.prune(platform.now + 6 * 24 * 3600_000)).deliveries).toBe(0);
    expect((await platform.database.prune(platform.now + 8 * 24 * 3600_000)).deliveries).toBe(2);
  });
});

describe('what is not the host’s own', () => {
  test.each([
    ['no signature', () => post({ 'x-github-event': 'push' }, push()), /no signature of a known form/],
    ['another secret', () => gitlabToken(push(), `${secret}x`), /not that of this webhook’s secret/],
    ['another body', () => github(push(), { 'x-hub-signature-256': `sha256=${hmac('{}')}` }), /not that of/],
    ['an old one', () => gitlab(push(), { at: platform.now / 1000 - 301 }), /more than five minutes ago/],
    [
      'its token beside a wrong signature',
      () => gitlab(push(), { more: { 'webhook-signature': 'v1,x', 'x-gitlab-token': secret } }),
      /not that of/,
    ],
  ])('(%s) is refused, counted and told', async (_name, deliver, why) => {
    const response = await deliver();
    expect(response.status).toBe(401);
    expect(await response.json()).toEqual({ error: { code: 'UNAUTHENTICATED', message: expect.stringMatching(why) } });
    expect(counted).toEqual(['none unsigned']);
    expect(await platform.events('webhook.refused')).toMatchObject([{ data: { reason: expect.stringMatching(why) } }]);
    const [webhook] = await platform.parts.queries.webhooks(OPERATOR, platform.cluster('web').record);
    expect(webhook?.lastRefusal?.reason).toMatch(why);
    expect(JSON.stringify([webhook, await platform.events('webhook.created')])).not.toContain(secret);
  });

  test('has ten tries, then one in ten seconds, and keeps nobody from another webhook', async () => {
    const wrong = () => gitlabToken(push(), 'x');
    for (let count = 0; count < 10; count += 1) expect((await wrong()).status).toBe(401);
    const refused = await wrong();
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '10']);
    expect(await platform.events('webhook.refused')).toHaveLength(1);
    clock += 10_001;
    expect((await github(push())).status).toBe(202);
    for (let count = 0; count < 20; count += 1) await post({}, '{}', `/webhooks/git/${'x'.repeat(43)}`);
    expect(counted.slice(-3)).toEqual(['none rate-limited', 'none rate-limited', 'none rate-limited']);
    expect((await github(push())).status).toBe(202);
  });

  test.each(['/webhooks/git/x', `/webhooks/git/${'A'.repeat(43)}`, '/webhooks/git/%00', '/webhooks/git/..%2f..%2fetc'])(
    'at %s finds nothing',
    async (to) => expect((await post({ 'x-gitlab-token': secret }, push(), to)).status).toBe(404),
  );
});

describe('a body', () => {
  test('that the host signed and nobody can read is refused as such', async () => {
    const response = await github('{"ref":1}');
    expect([response.status, await response.json()]).toEqual([
      400,
      { error: { code: 'INVALID', message: expect.stringContaining('ref is not refs/heads/') } },
    ]);
  });

  test('that is too large is refused at once, with and without its length', async () => {
    server.close();
    await serve({ bytes: 1000, milliseconds: 5000 });
    expect((await github('x'.repeat(1001))).status).toBe(413);
    const stream = new Blob(['x'.repeat(2000)]).stream();
    const response = await fetch(`${base}${path}`, { method: 'POST', body: stream, duplex: 'half' });
    expect(response.status).toBe(413);
    expect(counted).toEqual(['none too-large', 'none too-large']);
  });

  test('that does not come is not waited for', async () => {
    server.close();
    await serve({ bytes: 1000, milliseconds: 50 });
    const status = await new Promise((resolve, reject) => {
      const request = httpRequest(`${base}${path}`, { method: 'POST', headers: { 'content-length': '10' } });
      request.on('response', (response) => (resolve(response.statusCode), request.destroy()));
      request.on('error', reject);
      request.write('x');
    });
    expect(status).toBe(408);
  });

  test('that breaks off leaves nothing behind', async () => {
    const request = httpRequest(`${base}${path}`, { method: 'POST', headers: { 'content-length': '10' } });
    request.on('error', () => undefined);
    request.write('x');
    request.flushHeaders();
    await eventually(
      'it is being read',
      async () => new Promise((done) => server.getConnections((_e, n) => done(n === 1))),
    );
    request.destroy();
    await eventually('it is over', () => counted.length === 1);
    expect(counted).toEqual(['none unreadable']);
  });
});

test('sixty at once are taken, then two a second', async () => {
  const statuses = new Map<number, number>();
  for (let count = 0; count < 65; count += 1) {
    const { status } = await github('{}', { 'x-github-event': 'ping' });
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
  }
  expect(Object.fromEntries(statuses)).toEqual({ 200: 60, 429: 5 });
});

describe('a webhook', () => {
  test('is one a component, for those with a Git source', async () => {
    await expect(platform.parts.mutations.createWebhook(OPERATOR, REF)).rejects.toMatchObject({ code: 'CONFLICT' });
    await platform.apply(application('blog', [{ alias: 'web', cartridge: 'node' }]));
    await expect(
      platform.parts.mutations.createWebhook(OPERATOR, { ...REF, application: 'blog' }),
    ).rejects.toMatchObject({ code: 'INVALID', message: expect.stringContaining('no Git source') });
  });

  test('gets another secret by rotation, under the same path, and the one before is refused', async () => {
    const before = secret;
    const made = await platform.parts.mutations.rotateWebhook(OPERATOR, REF);
    expect([made.webhook.path, made.webhook.version]).toEqual([path, 2]);
    expect((await gitlabToken(push(), before)).status).toBe(401);
    secret = made.secret;
    expect((await gitlabToken(push())).status).toBe(202);
  });

  test('takes the secret before for as long as was asked for, and says so of each delivery', async () => {
    const before = secret;
    const made = await platform.parts.mutations.rotateWebhook(OPERATOR, { ...REF, overlapSeconds: 3600 });
    expect(made.webhook.formerAcceptedUntil).toBe(platform.now + 3_600_000);
    expect(JSON.stringify(made.webhook)).not.toContain('sealed');
    const lastDetail = async () =>
      (await platform.parts.queries.webhooks(OPERATOR, platform.cluster('web').record))[0]?.lastDelivery?.detail;
    expect((await gitlabToken(push(), before)).status).toBe(202);
    expect(await lastDetail()).toContain('signed with the secret before');
    // Another key in between: the secret before goes over, too.
    platform.keys.push(testKey());
    await rekey(platform.database, createVault(platform.keys));
    platform.keys.shift();
    await platform.start();
    platform.now += 3_599_000;
    expect((await github(push())).status).toBe(202);
    secret = made.secret;
    expect((await github(push())).status).toBe(202);
    expect(await lastDetail()).not.toContain('signed with the secret before');
    expect((await gitlabToken(push(), 'some other')).status).toBe(401);
    platform.now += 1000;
    expect((await gitlabToken(push(), before)).status).toBe(401);
    const [webhook] = await platform.parts.queries.webhooks(OPERATOR, platform.cluster('web').record);
    expect(webhook?.formerAcceptedUntil).toBeNull();
  });

  test('has no overlap of more than a week, or of less than nothing', async () => {
    for (const overlapSeconds of [-1, 8 * 24 * 3600, NaN])
      await expect(platform.parts.mutations.rotateWebhook(OPERATOR, { ...REF, overlapSeconds })).rejects.toMatchObject({
        code: 'INVALID',
        field: 'overlapSeconds',
      });
  });

  test('is told with the URL under which the control plane is reached from outside, where that is known', async () => {
    const shown = async () => (await platform.parts.queries.webhooks(OPERATOR, platform.cluster('web').record))[0]?.url;
    expect(await shown()).toBeNull();
    platform.publicUrl = 'https://paas.example.org/cartwright';
    await platform.start();
    expect(await shown()).toBe(`https://paas.example.org/cartwright${path}`);
  });

  test('goes over to another key with the secrets, and says when its key is lost', async () => {
    platform.keys.push(testKey());
    expect((await rekey(platform.database, createVault(platform.keys))).count).toBe(1);
    await platform.start();
    expect((await github(push())).status).toBe(202);
    platform.keys.splice(0, 2, testKey());
    await platform.start();
    const [webhook] = await platform.parts.queries.webhooks(OPERATOR, platform.cluster('web').record);
    expect(webhook?.isReadable).toBe(false);
    const response = await github(push());
    expect([response.status, await response.text()]).toEqual([503, expect.not.stringContaining('key file')]);
  });

  test('ends with its deletion, and with its component', async () => {
    const deleted = await platform.parts.mutations.deleteWebhook(OPERATOR, REF);
    expect(deleted.path).toBe(path);
    expect((await github(push())).status).toBe(404);
    await expect(platform.parts.mutations.deleteWebhook(OPERATOR, REF)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    path = (await platform.parts.mutations.createWebhook(OPERATOR, REF)).webhook.path;
    await platform.parts.mutations.deleteApplication(OPERATOR, { tenant: 'acme', name: 'shop' });
    expect((await github(push())).status).toBe(404);
    const cluster = platform.cluster('web');
    await platform.parts.removal.cluster(cluster);
    expect(await platform.database.webhooks.find({})).toEqual([]);
  });
});
