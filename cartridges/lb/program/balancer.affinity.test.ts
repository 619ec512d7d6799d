import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../../test/support/eventually.ts';
import type { TopologyMember } from '../../../schema/mqtt/topology.ts';
import { after, type Backend, type Handler } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { ask, load, type Answer } from './testing/client.ts';

const COOKIE = { routes: [{ path: '/', affinity: 'cookie' as const }] };

describe('a route with affinity', () => {
  let bed: Bed;
  let instances: Record<string, Backend>;
  let seen: string[];
  beforeEach(async () => {
    bed = await Bed.start({ LB_QUEUE_LIMIT: '10', LB_QUEUE_SECONDS: '5' });
    instances = {};
    seen = [];
  });
  afterEach(() => bed.close());

  const named =
    (name: string): Handler =>
    (request, response) => {
      seen.push(request.headers.cookie ?? '');
      request.resume();
      response.end(name);
    };
  async function start(...names: string[]): Promise<void> {
    for (const name of names) instances[name] = await bed.backend(named(name));
    await members();
  }
  const members = (changes: Record<string, Partial<TopologyMember> | null> = {}, rest = {}): Promise<void> =>
    bed.apply(
      Object.entries(instances)
        .filter(([name]) => changes[name] !== null)
        .map(([name, { port }]) => ({ instance: name, port, affinity: `token-of-${name}-0123456`, ...changes[name] })),
      { ...COOKIE, ...rest },
    );
  const cookieOf = (answer: Answer): string | undefined => answer.headers['set-cookie']?.[0]?.split(';')[0];
  const asked = (cookie: string | undefined, path = '/') =>
    ask(bed.port, { path, headers: cookie === undefined ? {} : { cookie: `own=1; ${cookie}` } });
  const broken = () => bed.balancer.report().web?.affinityBroken;

  test('brings a client back to its instance, by a cookie that says nothing of it and that it does not see', async () => {
    await start('a', 'b', 'c');
    const first = await ask(bed.port);
    const cookie = cookieOf(first);
    expect(first.headers['set-cookie']).toEqual([
      expect.stringMatching(/^cw-[0-9a-f]{10}=[\w-]{16,64}; Path=\/; HttpOnly; SameSite=Lax$/),
    ]);
    expect(cookie).not.toContain(String(instances[first.body]!.port));
    for (let index = 0; index < 20; index++) {
      const again = await asked(cookie);
      expect(again.body).toBe(first.body);
      expect(again.headers['set-cookie']).toBeUndefined();
    }
    expect(new Set(seen.slice(1))).toEqual(new Set(['own=1']));
    expect(broken()).toBe(0);
  });

  test('spreads clients that have no cookie yet', async () => {
    await start('a', 'b', 'c');
    const bodies = await Promise.all(Array.from({ length: 30 }, async () => (await ask(bed.port)).body));
    expect(new Set(bodies).size).toBe(3);
  });

  test('lets a request wait for its busy instance while others pass it', async () => {
    const finish: (() => void)[] = [];
    instances.slow = await bed.backend((_request, response) => finish.push(() => response.end('slow')));
    await members({}, { concurrency: 1 });
    const first = ask(bed.port);
    await eventually('the request to be there', () => finish.length === 1);
    finish[0]!();
    const cookie = cookieOf(await first);
    instances.quick = await bed.backend(named('quick'));
    await members({}, { concurrency: 1 });
    const second = asked(cookie);
    await eventually('the request to be there', () => finish.length === 2);
    const third = asked(cookie);
    await eventually('it to wait', () => bed.balancer.report().web?.queued === 1);
    for (let index = 0; index < 10; index++) expect((await ask(bed.port)).body).toBe('quick');
    finish[1]!();
    expect((await second).body).toBe('slow');
    await eventually('the request to be there', () => finish.length === 3);
    finish[2]!();
    expect((await third).body).toBe('slow');
    expect(broken()).toBe(0);
  });

  test('is broken by a drain: the client goes elsewhere, stays there, and is counted', async () => {
    await start('a', 'b');
    const first = await ask(bed.port);
    await members({ [first.body]: { state: 'draining' } });
    const moved = await asked(cookieOf(first));
    expect(moved.body).not.toBe(first.body);
    expect(cookieOf(moved)).not.toBe(cookieOf(first));
    expect((await asked(cookieOf(moved))).body).toBe(moved.body);
    expect(broken()).toBe(1);
    await members({ [first.body]: null });
    expect((await asked(cookieOf(first))).body).toBe(moved.body);
    expect(broken()).toBe(2);
  });

  test('is broken by the end of its instance, without a failed request', async () => {
    await start('a', 'b');
    const first = await ask(bed.port);
    await instances[first.body]!.close();
    const moved = await asked(cookieOf(first));
    expect(moved).toMatchObject({ status: 200 });
    expect(moved.body).not.toBe(first.body);
    expect(broken()).toBe(1);
  });

  test('is not broken by the balancer’s own restart', async () => {
    await start('a', 'b', 'c');
    const first = await ask(bed.port);
    const others = await Promise.all([bed.close(), Bed.start()]);
    bed = others[1];
    const before = instances;
    instances = {};
    for (const name of Object.keys(before)) instances[name] = await bed.backend(named(name));
    await members();
    for (let index = 0; index < 5; index++) expect((await asked(cookieOf(first))).body).toBe(first.body);
  });

  test.each(['nonsense', 'x'.repeat(4000), 'token-of-a-0123456;cw-0000000000=1', '%00'])(
    'takes a cookie that it never gave (%#) for none',
    async (value) => {
      await start('a');
      const name = cookieOf(await ask(bed.port))!.split('=')[0]!;
      expect(await asked(`${name}=${value}`)).toMatchObject({ status: 200 });
    },
  );

  test('has cookies of its own for each service cluster', async () => {
    await start('a');
    const first = cookieOf(await ask(bed.port))!;
    await members({}, { uid: 'another-cluster' });
    expect(cookieOf(await ask(bed.port))!.split('=')[0]).not.toBe(first.split('=')[0]);
  });

  test('binds web sockets, too', async () => {
    await start('a', 'b');
    const sockets = Object.entries(instances).map(([name, { server }]) => {
      const all = new WebSocketServer({ server });
      all.on('connection', (socket) => socket.send(name));
      return all;
    });
    const open = async (headers: Record<string, string>) => {
      const client = new WebSocket(`ws://127.0.0.1:${bed.port}/`, { headers });
      const [upgrade, message] = await Promise.all([once(client, 'upgrade'), once(client, 'message')]);
      client.terminate();
      const answer = upgrade[0] as { headers: { 'set-cookie'?: string[] } };
      return { name: String(message[0]), cookie: answer.headers['set-cookie']?.[0]?.split(';')[0] };
    };
    const first = await open({});
    for (let index = 0; index < 4; index++)
      expect(await open({ cookie: first.cookie! })).toEqual({ name: first.name, cookie: undefined });
    for (const all of sockets) all.close();
  });

  test('keeps every client that can be kept while instances come and go under load', async () => {
    await start('a', 'b', 'c');
    const cookies = new Map<string, string>();
    while (cookies.size < 3) {
      const answer = await ask(bed.port);
      cookies.set(answer.body, cookieOf(answer)!);
    }
    const running = load(bed.port, 4);
    const staying = [...cookies].filter(([name]) => name !== 'a');
    const wrong: string[] = [];
    for (const round of [1, 2, 3]) {
      instances[`extra${round}`] = await bed.backend(after(1));
      await members({ a: { state: round === 2 ? 'active' : 'draining' } });
      for (const [name, cookie] of [...staying, ...staying]) if ((await asked(cookie)).body !== name) wrong.push(name);
    }
    const { statuses, total } = await running.stop();
    expect(statuses).toEqual({ 200: total });
    expect(wrong).toEqual([]);
  });
});

test('a route without affinity sets no cookie', async () => {
  const bed = await Bed.start();
  const backend = await bed.backend(after(0));
  await bed.apply([{ instance: 'a', port: backend.port }]);
  expect((await ask(bed.port)).headers['set-cookie']).toBeUndefined();
  await bed.close();
});

test('the cookie is for TLS only where the client comes by TLS through a proxy that is believed', async () => {
  const bed = await Bed.start({ LB_TRUST_FORWARDED: '1' });
  const backend = await bed.backend(after(0));
  await bed.apply([{ instance: 'a', port: backend.port }], COOKIE);
  const answer = await ask(bed.port, { headers: { 'x-forwarded-proto': 'https' } });
  expect(answer.headers['set-cookie']?.[0]).toMatch(/; Secure$/);
  await bed.close();
});
