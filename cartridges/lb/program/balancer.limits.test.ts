import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../../test/support/eventually.ts';
import { topology } from './testing/agent.ts';
import { after } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { ask, raw } from './testing/client.ts';

const HANDSHAKE =
  'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

describe('limits', () => {
  let bed: Bed;
  beforeEach(async () => (bed = await Bed.start({ LB_TRUST_FORWARDED: '1', LB_ACCESS_LOG: '1' })));
  afterEach(() => bed.close());

  const web = () => bed.balancer.report().web!;
  const many = (count: number, path = '/', client = '203.0.113.1') =>
    Promise.all(
      Array.from({ length: count }, () =>
        ask(bed.port, { path, headers: { 'x-forwarded-for': `1.2.3.4, ${client}` } }),
      ),
    );
  const statuses = (answers: readonly { status: number }[]) => ({
    ok: answers.filter(({ status }) => status === 200).length,
    refused: answers.filter(({ status }) => status === 429).length,
  });

  test('of a route answer 429 with Retry-After, and are counted as no demand', async () => {
    const backend = await bed.backend(after(0));
    await bed.apply([{ instance: 'a', port: backend.port }], {
      routes: [{ path: '/' }, { path: '/api', limits: { requestsPerSecond: 0.2, burst: 4 } }],
    });
    const answers = await many(10, '/api/x');
    expect(statuses(answers)).toEqual({ ok: 4, refused: 6 });
    const refused = answers.find(({ status }) => status === 429)!;
    expect(refused.body).toBe('Requests to this path are more than there may be.\n');
    expect(Number(refused.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    expect(Number(refused.headers['retry-after'])).toBeLessThanOrEqual(5);
    expect(statuses(await many(10))).toEqual({ ok: 10, refused: 0 });
    const demand = await bed.settled(14);
    expect(demand).toMatchObject({ throttled: 6, sheds: 0, failures: 0, saturatedSeconds: 0 });
    expect(backend.requests).toBe(14);
    const lines = bed.accessLines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ status }) => status === 429)[0]).toMatchObject({
      ...{ alias: 'web', outcome: 'throttled', path: '/api/x', client: '203.0.113.1' },
    });
  });

  test('of the application hold for all its service clusters together', async () => {
    const backend = await bed.backend(after(0));
    const limits = { requestsPerSecond: 0.01, burst: 5 };
    await bed.apply([{ instance: 'a', port: backend.port }], { limits });
    const api = topology(1, [{ instance: 'b', port: backend.port }], {
      ...{ uid: 'api', routes: [{ path: '/api' }], limits },
    });
    bed.agent.topology('api', api);
    await eventually('it to be applied', () => bed.agent.isApplied('api', 1));
    const all = [...(await many(4)), ...(await many(4, '/api'))];
    expect(statuses(all)).toEqual({ ok: 5, refused: 3 });
    expect(bed.balancer.report().api).toMatchObject({ throttled: 3, arrivals: 1 });
    expect(all.at(-1)!.body).toBe('This application gets more requests than it may.\n');
  });

  test('of a client leave the others alone; a client is whom the proxy has seen', async () => {
    const backend = await bed.backend(after(0));
    const perClient = { requestsPerSecond: 0.01, burst: 2 };
    await bed.apply([{ instance: 'a', port: backend.port }], { limits: { perClient } });
    const greedy = await many(5, '/', '203.0.113.1');
    expect(statuses(greedy)).toEqual({ ok: 2, refused: 3 });
    expect(greedy.at(-1)!.body).toBe('You send more requests than you may.\n');
    expect(statuses(await many(2, '/', '203.0.113.2'))).toEqual({ ok: 2, refused: 0 });
    expect(statuses(await many(2, '/', '2001:db8::1'))).toEqual({ ok: 2, refused: 0 });
    expect(statuses(await many(2, '/', '2001:db8::2'))).toEqual({ ok: 0, refused: 2 });
  });

  test('of requests under way are given back by every way that a request can end', async () => {
    const finish: (() => void)[] = [];
    const backend = await bed.backend((request, response) => {
      if (request.url === '/cut') response.destroy();
      else if (request.url === '/quick') response.end();
      else finish.push(() => response.end('ok'));
    });
    const limits = { concurrent: 2 };
    await bed.apply([{ instance: 'a', port: backend.port }], { routes: [{ path: '/', limits }] });
    const gone = new AbortController();
    const held = [ask(bed.port), ask(bed.port, { signal: gone.signal })];
    await eventually('both to be there', () => finish.length === 2);
    expect(await ask(bed.port)).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    gone.abort();
    await expect(held[1]).rejects.toThrow();
    await eventually('one to be free again', () => web().inFlight === 1);
    for (const path of ['/cut', '/cut', '/quick', '/quick'])
      expect((await ask(bed.port, { method: 'POST', body: 'x', path })).status).toBe(path === '/cut' ? 502 : 200);
    finish[0]!();
    expect((await held[0]!).status).toBe(200);
    const both = [ask(bed.port), ask(bed.port)];
    await eventually('two more to be there', () => finish.length === 4);
    expect((await ask(bed.port)).status).toBe(429);
    finish.forEach((end) => end());
    await Promise.all(both);
    await bed.apply([], { routes: [{ path: '/', limits }] });
    const waiting = [ask(bed.port), ask(bed.port)];
    await eventually('two to wait', () => web().queued === 2);
    expect((await ask(bed.port)).status).toBe(429);
    await bed.apply([{ instance: 'b', port: backend.port }], { routes: [{ path: '/', limits }] });
    await eventually('both to be there', () => finish.length === 6);
    finish.forEach((end) => end());
    await Promise.all(waiting);
  });

  test('hold for web sockets as long as they are open', async () => {
    const backend = await bed.backend(after(0));
    const sockets = new WebSocketServer({ server: backend.server });
    await bed.apply([{ instance: 'a', port: backend.port }], { routes: [{ path: '/', limits: { concurrent: 1 } }] });
    const client = new WebSocket(`ws://127.0.0.1:${bed.port}/ws`);
    await once(client, 'open');
    expect((await ask(bed.port)).status).toBe(429);
    expect(await raw(bed.port, HANDSHAKE)).toMatch(/^HTTP\/1\.1 429 Too Many Requests\r\n[^]*retry-after: 1/);
    client.terminate();
    await eventually('it to have ended', () => web().inFlight === 0);
    expect((await ask(bed.port)).status).toBe(200);
    sockets.close();
  });

  test('can be changed and taken away while requests come', async () => {
    const backend = await bed.backend(after(0));
    const members = [{ instance: 'a', port: backend.port }];
    const limited = (limits?: object) => bed.apply(members, { routes: [{ path: '/', ...(limits ? { limits } : {}) }] });
    await limited({ requestsPerSecond: 0.01, burst: 1 });
    expect(statuses(await many(3))).toEqual({ ok: 1, refused: 2 });
    await limited({ requestsPerSecond: 0.01, burst: 3 });
    expect(statuses(await many(3))).toEqual({ ok: 2, refused: 1 });
    await limited();
    expect(statuses(await many(3))).toEqual({ ok: 3, refused: 0 });
  });
});
