/** Notices to real receivers over HTTP and HTTPS, from a real event log. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { isSigned } from '../../domain/webhooks/standard.ts';
import type { EventType } from '../../domain/events/types.ts';
import { isTypePattern, matchesType, unknownType } from '../../domain/notices/types.ts';
import { rekey } from '../configuration/rekey.ts';
import { createVault } from '../../adapters/secrets/vault.ts';
import type { Principal } from '../principal.ts';
import { OPERATOR, Platform } from '../testing/platform.ts';
import { testKey } from '../testing/vault.ts';
import type { NewNotice } from './use-cases.ts';

const ADMIN: Principal = { token: 'ann', name: 'ann', role: 'admin', tenant: 'acme', application: null };
const DAY = 24 * 3600_000;

interface Message {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly type: string;
  readonly data: { readonly uid: string; readonly data: { readonly n?: number } };
}

/** A receiver at `receiver.example`, which is this machine. */
class Receiver {
  readonly messages: Message[] = [];
  /** Answers a message; 204 unless a test says otherwise. */
  answer: (response: ServerResponse, message: Message) => void = (response) => void response.writeHead(204).end();
  readonly #server = createServer(((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks).toString();
      // Somebody else on this machine who takes this port for another.
      if (request.method !== 'POST') return void response.writeHead(405).end();
      const message = { headers: request.headers, body, ...(JSON.parse(body) as Pick<Message, 'type' | 'data'>) };
      this.messages.push(message);
      this.answer(response, message);
    });
  }) satisfies RequestListener);

  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  get url(): string {
    return `http://receiver.example:${(this.#server.address() as AddressInfo).port}/cartwright`;
  }

  get types(): string[] {
    return this.messages.map(({ type }) => type);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

let platform: Platform;
let receiver: Receiver;
const receivers: Receiver[] = [];
const open = async (): Promise<Receiver> => {
  const made = await new Receiver().open();
  receivers.push(made);
  return made;
};
beforeEach(async () => {
  platform = await Platform.open();
  platform.parts.notices.start();
  receiver = await open();
});
afterEach(async () => {
  await platform[Symbol.asyncDispose]();
  for (const one of receivers.splice(0)) await one.close();
});

const create = (more: Partial<NewNotice> = {}, principal = ADMIN) =>
  platform.parts.mutations.createNotice(principal, {
    name: 'chat',
    url: receiver.url,
    types: ['host-cluster.*'],
    ...more,
  });
const happen = (type: EventType, n = 0, tenant: string | null = 'acme', application = 'shop') =>
  platform.parts.events.record({
    tenant,
    subject: { kind: 'Application', uid: 'u', name: application },
    type,
    data: { n },
  });
const status = async () => (await platform.parts.queries.notices(ADMIN))[0]!;
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => Promise.reject(new Error('it was not refused')),
    (error: unknown) => error as { code: string; message: string; field: string },
  );

describe('a receiver', () => {
  test('is told of what the notice is about, in order, signed as Standard Webhooks has it', async () => {
    const { notice, secret } = await create({ types: ['host-cluster.registered', 'webhook.*'] });
    const types = [
      'host-cluster.registered',
      'host-cluster.unreachable',
      'webhook.created',
      'webhook.deleted',
      'secret.set',
      'host-cluster.registered',
    ] as const;
    for (const [n, type] of types.entries()) happen(type, n);
    happen('host-cluster.registered', 9, 'beta');
    happen('host-cluster.registered', 9, null);
    await eventually('all are told', () => receiver.messages.length === 4);
    expect(receiver.types).toEqual([
      'host-cluster.registered',
      'webhook.created',
      'webhook.deleted',
      'host-cluster.registered',
    ]);
    const [first] = receiver.messages;
    const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = first!.headers;
    const parts = { id: String(id), timestamp: String(timestamp), body: Buffer.from(first!.body) };
    expect(isSigned(secret, parts, String(signature))).toBe(true);
    expect(Number(timestamp)).toBe(Math.floor(platform.now / 1000));
    expect(JSON.parse(first!.body)).toMatchObject({
      type: 'host-cluster.registered',
      timestamp: new Date(platform.now).toISOString(),
      data: { uid: id, tenant: 'acme', application: 'shop', subject: { kind: 'Application' }, data: { n: 0 } },
    });
    await eventually('it is stored', async () => (await status()).waiting === 0);
    expect(await status()).toMatchObject({ state: 'delivering', lastSuccess: { status: 204 }, lastError: null });
    expect(JSON.stringify([notice, await platform.database.notices.find({})])).not.toContain(secret);
  });

  test('that is for one application hears of no other; one of the platform hears of everything', async () => {
    const operators = await open();
    await create({ application: 'shop' });
    await create({ name: 'all', platform: true, url: operators.url }, OPERATOR);
    happen('host-cluster.drained', 1, 'acme', 'blog');
    happen('host-cluster.undrained', 2, 'acme', 'shop');
    happen('host-cluster.reachable', 3, 'beta', 'shop');
    happen('host-cluster.removed', 4, null);
    await eventually('all is told', () => operators.messages.length === 4 && receiver.messages.length === 1);
    expect(receiver.types).toEqual(['host-cluster.undrained']);
    expect((await platform.parts.queries.notices(ADMIN)).map(({ name }) => name)).toEqual(['chat']);
    const all = await platform.parts.queries.notices(OPERATOR);
    expect(all.map(({ name, tenant }) => [name, tenant])).toEqual([
      ['chat', 'acme'],
      ['all', null],
    ]);
  });

  test('that fails is asked again, with the same id, and in order', async () => {
    const answers = [500, 503, 429, 400, 302, 204, 204];
    receiver.answer = (response) => void response.writeHead(answers.shift() ?? 204, { location: 'http://x/' }).end();
    await create();
    happen('host-cluster.drained');
    happen('host-cluster.undrained');
    await eventually('both are told', () => receiver.messages.length === 7);
    const ids = receiver.messages.map(({ headers }) => headers['webhook-id']);
    expect(new Set(ids.slice(0, 6)).size).toBe(1);
    expect(ids[6]).not.toBe(ids[5]);
    await eventually('it is well', async () => (await status()).waiting === 0);
    expect(await status()).toMatchObject({
      state: 'delivering',
      dropped: 0,
      lastError: { code: 'NOTICE_REFUSED', message: expect.stringMatching(/^receiver\.example:\d+ answers 302$/) },
    });
    expect(platform.sent).toEqual([
      ...Array<string>(3).fill('unreachable'),
      'refused',
      'refused',
      'delivered',
      'delivered',
    ]);
  });

  test('that refuses one event for ever is told of the others', async () => {
    receiver.answer = (response, { data }) => void response.writeHead(data.data.n === 1 ? 400 : 200).end();
    await create();
    for (const n of [1, 2]) happen('host-cluster.drained', n);
    await eventually('the second is told', async () => (await status()).lastSuccess !== null);
    expect(receiver.messages.map(({ data }) => data.data.n)).toEqual([...Array<number>(8).fill(1), 2]);
    expect(await status()).toMatchObject({ dropped: 1, state: 'delivering' });
  });

  test('that does not answer delays nobody else', async () => {
    const slow = await open();
    slow.answer = () => undefined;
    await create({ name: 'slow', url: slow.url });
    await create();
    for (const n of [1, 2, 3]) happen('host-cluster.drained', n);
    await eventually('the other is told', () => receiver.messages.length === 3);
    expect(slow.messages).toHaveLength(1);
    const notices = await platform.parts.queries.notices(ADMIN);
    expect(notices.map(({ name, waiting }) => [name, waiting])).toEqual([
      ['slow', 3],
      ['chat', 0],
    ]);
  });

  test('is told after a crash of what it was not told before, and again of what nobody knows', async () => {
    receiver.answer = (response, { data }) => {
      if (data.data.n !== 2) response.writeHead(204).end();
    };
    await create();
    for (const n of [1, 2, 3]) happen('host-cluster.drained', n);
    await eventually('the second is under way', () => receiver.messages.length === 2);
    // Nothing of the control plane before goes on.
    await platform.parts.notices.close();
    await platform.start();
    happen('host-cluster.drained', 4);
    receiver.answer = (response) => void response.writeHead(204).end();
    platform.parts.notices.start();
    await eventually('all are told', () => receiver.messages.length === 5);
    expect(receiver.messages.map(({ data }) => data.data.n)).toEqual([1, 2, 2, 3, 4]);
    const ids = receiver.messages.map(({ headers }) => headers['webhook-id']);
    expect(ids[1]).toBe(ids[2]);
  });

  test('hears nothing of before the notice was made', async () => {
    happen('host-cluster.probe-failed');
    await platform.events('host-cluster.probe-failed');
    await create();
    happen('host-cluster.probe-passed');
    await eventually('it is told', () => receiver.messages.length === 1);
    expect(receiver.types).toEqual(['host-cluster.probe-passed']);
  });
});

describe('a receiver is given up', () => {
  test.each([
    ['when it says that it is gone', 410, 0],
    ['when it has taken nothing for a day', 503, DAY],
  ])('%s, with an event, and goes on where it was when it is enabled', async (_name, code, later) => {
    receiver.answer = (response) => {
      response.writeHead(code).end();
      platform.now += later;
    };
    const { notice } = await create();
    happen('host-cluster.drained');
    await eventually('it is disabled', async () => (await status()).state === 'disabled');
    expect(await platform.events('notice.disabled')).toMatchObject([
      {
        tenant: 'acme',
        subject: { kind: 'Notice', name: 'chat' },
        data: { reason: expect.stringContaining(`answers ${code}`) },
      },
    ]);
    const asked = receiver.messages.length;
    happen('host-cluster.undrained');
    await platform.events('host-cluster.undrained');
    expect(await status()).toMatchObject({ waiting: 2, disabled: { reason: expect.stringContaining(`${code}`) } });
    expect(receiver.messages).toHaveLength(asked);
    receiver.answer = (response) => void response.writeHead(204).end();
    await platform.parts.mutations.enableNotice(ADMIN, notice.uid);
    await eventually('both are told', () => receiver.messages.length === asked + 2);
    expect(receiver.types.slice(-2)).toEqual(['host-cluster.drained', 'host-cluster.undrained']);
  });
});

describe('a test', () => {
  test('says what became of it, at once', async () => {
    const { notice, secret } = await create();
    expect(await platform.parts.mutations.testNotice(ADMIN, notice.uid)).toMatchObject({
      taken: true,
      status: 204,
      message: 'the receiver answers 204',
    });
    const [message] = receiver.messages;
    expect([message?.type, message?.headers['webhook-id']]).toEqual(['notice.test', expect.stringMatching(/^test-/)]);
    receiver.answer = (response) => void response.writeHead(401).end('inner words');
    const failed = await platform.parts.mutations.testNotice(ADMIN, notice.uid);
    expect(failed).toMatchObject({ taken: false, status: 401 });
    const shown = JSON.stringify(failed);
    for (const hidden of ['inner words', secret]) expect(shown).not.toContain(hidden);
    await receiver.close();
    receivers.splice(0);
    const { port } = new URL(notice.url);
    expect(await platform.parts.mutations.testNotice(ADMIN, notice.uid)).toMatchObject({
      taken: false,
      status: null,
      message: expect.stringMatching(`^receiver.example:${port} cannot be reached \\([A-Z_]+\\)$`),
    });
  });
});

describe('what may not be reached', () => {
  test.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://169.254.169.254/latest/meta-data',
    'https://elsewhere.example/',
    'https://2130706433/',
  ])('%s is refused when it is tried, without its address, and nothing is connected to', async (url) => {
    const { notice } = await create({ url });
    const { taken, message } = await platform.parts.mutations.testNotice(ADMIN, notice.uid);
    expect(taken).toBe(false);
    expect(message).toMatch(
      /is no host of the public network; an operator can allow it by name: CARTWRIGHT_NOTICE_HOSTS=/,
    );
    if (url.includes('elsewhere')) expect(message).not.toContain('127.0.0.1');
    happen('host-cluster.drained');
    await eventually('it is said', async () => (await status()).lastError?.code === 'NOTICE_HOST_NOT_ALLOWED');
  });

  test.each<[string, Partial<NewNotice>, string]>([
    ['no URL', { url: 'receiver' }, 'url'],
    ['another protocol', { url: 'file:///etc/passwd' }, 'url'],
    ['no TLS to a host that nobody has named', { url: 'http://elsewhere.example/' }, 'url'],
    ['a password in the URL', { url: 'https://ann:hunter2@receiver.example/' }, 'url'],
    ['no type', { types: [] }, 'types'],
    ['what is no type', { types: ['*.faulty'] }, 'types'],
    ['a type that no event has', { types: ['instance.faulty', 'nosuch.type'] }, 'types'],
    ['a pattern that no event fits', { types: ['nosuch.*'] }, 'types'],
    ['a name that is none', { name: 'A b' }, 'name'],
    ['a tenant’s application for the platform', { platform: true, application: 'shop' }, 'platform'],
  ])('%s is refused by its field', async (_name, more, field) => {
    const error = await refusal(create(more, OPERATOR));
    expect([error.code, error.field]).toEqual(['INVALID', field]);
    expect(error.message).not.toContain('hunter2');
  });
});

describe('notices', () => {
  test('are made by admins, of the platform by operators, once a name and twenty at most', async () => {
    expect((await refusal(create({ platform: true }))).code).toBe('FORBIDDEN');
    expect((await refusal(create({}, { ...ADMIN, role: 'deployer' }))).code).toBe('FORBIDDEN');
    for (let n = 0; n < 20; n += 1) await create({ name: `n-${n}` });
    expect((await refusal(create({ name: 'n-0' }))).code).toBe('CONFLICT');
    expect((await refusal(create({ name: 'more' }))).code).toBe('QUOTA_EXCEEDED');
  });

  test('end with their deletion', async () => {
    const { notice } = await create();
    await platform.parts.mutations.deleteNotice(ADMIN, notice.uid);
    happen('host-cluster.drained');
    await platform.events('host-cluster.drained');
    expect(await platform.parts.queries.notices(ADMIN)).toEqual([]);
    expect((await refusal(platform.parts.mutations.testNotice(ADMIN, notice.uid))).code).toBe('NOT_FOUND');
    expect(receiver.messages).toEqual([]);
  });

  test('that are deleted while a message is under way leave nothing behind', async () => {
    let answer = (): void => undefined;
    receiver.answer = (response) => {
      answer = () => void response.writeHead(204).end();
    };
    const { notice } = await create();
    happen('host-cluster.drained');
    await eventually('it is under way', () => receiver.messages.length === 1);
    await platform.database.forgetTenant('acme');
    answer();
    await eventually('it was taken', () => platform.sent.length === 1);
    await platform.parts.notices.close();
    expect(await platform.database.noticeProgress.get(notice.uid)).toBeUndefined();
  });

  test('go over to another key, and say when theirs is lost', async () => {
    await create();
    platform.keys.push(testKey());
    expect((await rekey(platform.database, createVault(platform.keys))).count).toBe(1);
    await platform.parts.notices.close();
    platform.keys.splice(0, 2, testKey());
    await platform.start();
    platform.parts.notices.start();
    happen('host-cluster.drained');
    await eventually('it is said', async () => (await status()).lastError?.code === 'SECRET_KEY_MISSING');
    expect((await status()).isReadable).toBe(false);
    expect(receiver.messages).toEqual([]);
  });
});

test.each([
  ['*', true],
  ['rollout.returned', true],
  ['instance.*', true],
  ['a-b.c-d.*', true],
  ['', false],
  ['**', false],
  ['*.faulty', false],
  ['instance*', false],
  ['Instance.faulty', false],
  ['a..b', false],
  ['a.b.c.d.e', false],
])('%j is a pattern of types: %s', (pattern, is) => {
  expect(isTypePattern(pattern)).toBe(is);
});

test.each([
  ['rollout.returned', undefined],
  ['instance.*', undefined],
  ['*', undefined],
  ['instance.faulti', '; did you mean "instance.faulty"?'],
  ['instances.*', '; did you mean "instance.*"?'],
  ['disk.nothing', '; known here: disk.low, disk.recovered'],
  ['nosuch.type', expect.stringMatching(/^; known here: application\.\*, build\.\*, .*webhook\.\*$/)],
])('what %s is taken for: %s', (pattern, hint) => {
  expect(unknownType(pattern)).toEqual(hint);
});

test('a pattern is of whole words', () => {
  expect(matchesType(['instance.*'], 'instance.faulty')).toBe(true);
  expect(matchesType(['instance.*'], 'instances.faulty')).toBe(false);
  expect(matchesType(['instance.*'], 'instance')).toBe(false);
  expect(matchesType(['a.b', '*'], 'x.y')).toBe(true);
});

describe('another secret', () => {
  const signed = (secret: string, { headers, body }: Message) =>
    isSigned(
      secret,
      {
        id: String(headers['webhook-id']),
        timestamp: String(headers['webhook-timestamp']),
        body: Buffer.from(body),
      },
      String(headers['webhook-signature']),
    );
  const last = async (count: number): Promise<Message> => {
    await eventually('it came', () => receiver.messages.length === count);
    return receiver.messages.at(-1)!;
  };

  test('signs beside the one before for as long as was asked for, and alone after that', async () => {
    const { notice, secret: first } = await create();
    const { secret: second, notice: rotated } = await platform.parts.mutations.rotateNotice(ADMIN, {
      uid: notice.uid,
      overlapSeconds: 3600,
    });
    expect(rotated).toMatchObject({ version: 2, formerSignsUntil: platform.now + 3_600_000 });
    expect(JSON.stringify(rotated)).not.toContain('sealed');
    happen('host-cluster.registered');
    const both = await last(1);
    expect(String(both.headers['webhook-signature']).split(' ')).toHaveLength(2);
    expect([signed(first, both), signed(second, both)]).toEqual([true, true]);
    // The key that encrypts them is rotated, too.
    platform.keys.push(testKey());
    await rekey(platform.database, createVault(platform.keys));
    platform.keys.shift();
    await platform.parts.notices.close();
    await platform.start();
    platform.parts.notices.start();
    expect((await platform.parts.mutations.testNotice(ADMIN, notice.uid)).taken).toBe(true);
    const again = await last(2);
    expect([signed(first, again), signed(second, again)]).toEqual([true, true]);
    platform.now += 3_600_000;
    await platform.parts.mutations.testNotice(ADMIN, notice.uid);
    const alone = await last(3);
    expect([signed(first, alone), signed(second, alone)]).toEqual([false, true]);
    expect(await platform.events('notice.rotated')).toHaveLength(1);
  });

  test('signs alone at once without an overlap, and has one of a week at most', async () => {
    const { notice, secret: first } = await create();
    const { secret: second } = await platform.parts.mutations.rotateNotice(ADMIN, {
      uid: notice.uid,
      overlapSeconds: 0,
    });
    happen('host-cluster.registered');
    const message = await last(1);
    expect([signed(first, message), signed(second, message)]).toEqual([false, true]);
    for (const overlapSeconds of [-1, 8 * 24 * 3600, NaN])
      await expect(
        platform.parts.mutations.rotateNotice(ADMIN, { uid: notice.uid, overlapSeconds }),
      ).rejects.toMatchObject({ code: 'INVALID', field: 'overlapSeconds' });
  });
});
