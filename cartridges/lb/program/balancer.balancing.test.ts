import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { after } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { ask, load } from './testing/client.ts';

describe('the balancer, with real servers behind it,', () => {
  let bed: Bed;
  beforeEach(async () => (bed = await Bed.start({ LB_QUEUE_LIMIT: '20', LB_NO_INSTANCE_SECONDS: '0.3' })));
  afterEach(() => bed.close());

  test('gives a slow instance fewer requests than a fast one', async () => {
    const [slow, fast] = await Promise.all([bed.backend(after(60)), bed.backend(after(5))]);
    await bed.apply([
      { instance: 'slow', port: slow.port },
      { instance: 'fast', port: fast.port },
    ]);
    const running = load(bed.port, 8);
    await eventually('300 answers', () => running.progress() > 300);
    const { statuses, total } = await running.stop();
    expect(statuses).toEqual({ 200: total });
    expect(fast.requests).toBeGreaterThan(slow.requests);
    expect(Math.abs(fast.mostInFlight - slow.mostInFlight)).toBeLessThanOrEqual(1);
  });

  test('shares requests in flight by weight', async () => {
    const [light, heavy] = await Promise.all([bed.backend(after(20)), bed.backend(after(20))]);
    await bed.apply([
      { instance: 'light', port: light.port, weight: 1 },
      { instance: 'heavy', port: heavy.port, weight: 3 },
    ]);
    const running = load(bed.port, 16);
    await eventually('400 answers', () => running.progress() > 400);
    await running.stop();
    expect(heavy.requests / light.requests).toBeGreaterThan(2.4);
    expect(heavy.requests / light.requests).toBeLessThan(3.6);
  });

  test('never gives an instance more at once than its concurrency, and lets the rest wait in order', async () => {
    const order: string[] = [];
    let finishFirst: (() => void) | undefined;
    const backend = await bed.backend((request, response) => {
      order.push(request.url ?? '');
      if (order.length > 1) setTimeout(() => response.end(), 1);
      else finishFirst = () => response.end();
    });
    await bed.apply([{ instance: 'a', port: backend.port }], { concurrency: 1 });
    const answers: Promise<unknown>[] = [];
    for (let index = 0; index < 8; index++) {
      answers.push(ask(bed.port, { path: `/${index}` }));
      await eventually('it to arrive', () => bed.balancer.report().web?.arrivals === index + 1);
    }
    finishFirst?.();
    await Promise.all(answers);
    expect(order).toEqual(['/0', '/1', '/2', '/3', '/4', '/5', '/6', '/7']);
    expect(backend.mostInFlight).toBe(1);
    const demand = await bed.settled(8);
    expect(demand.queuedSeconds).toBeGreaterThan(0);
    expect(demand.saturatedSeconds).toBeGreaterThan(0);
    expect(demand.inFlightSeconds).toBeGreaterThan(demand.queuedSeconds);
  });

  test('sheds with 503 and Retry-After what the queue cannot hold', async () => {
    const held: (() => void)[] = [];
    let open = false;
    const backend = await bed.backend((_request, response) => {
      if (open) response.end();
      else held.push(() => response.end());
    });
    await bed.apply([{ instance: 'a', port: backend.port }], { concurrency: 1 });
    const asked = Array.from({ length: 40 }, () => ask(bed.port, { method: 'POST', body: 'x' }));
    await eventually('all to arrive', () => bed.balancer.report().web?.arrivals === 40);
    open = true;
    for (const release of held) release();
    const answers = await Promise.all(asked);
    const shed = answers.filter(({ status }) => status === 503);
    expect(shed).toHaveLength(40 - 21);
    expect(shed[0]?.headers['retry-after']).toBe('1');
    expect(shed[0]?.body).toBe('Too many requests wait for an instance.\n');
    expect(await bed.settled(40)).toMatchObject({ sheds: 19, completions: [0, 21, 0, 0, 0], failures: 0 });
  });

  test('holds requests while nobody serves, and sends them on as soon as somebody does', async () => {
    await bed.apply([]);
    const answer = ask(bed.port);
    await eventually('it to wait', () => bed.balancer.report().web?.queued === 1);
    const backend = await bed.backend(after(0, 'at last'));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    expect(await answer).toMatchObject({ status: 200, body: 'at last' });
  });

  test('holds nothing where the topology says so: 503 at once, that says to come again', async () => {
    await bed.apply([], { holdSeconds: 0 });
    const asked = bed.balancer.uptimeSeconds;
    const answer = await ask(bed.port);
    expect(bed.balancer.uptimeSeconds - asked).toBeLessThan(0.25);
    expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': expect.any(String) as unknown } });
    expect(bed.balancer.report().web).toMatchObject({ queued: 0, sheds: 1 });
  });

  test('reports the first request that nobody serves at once, and holds it as long as the topology says', async () => {
    await bed.apply([], { holdSeconds: 60 });
    await eventually('a report of its turn', () => bed.agent.hasHeard('demand').length > 0);
    const before = bed.agent.hasHeard('demand').length;
    const answer = ask(bed.port);
    await eventually('a report of it', () => bed.agent.demand('web')?.queued === 1);
    const [last, first] = [bed.agent.hasHeard('demand').at(-1)!, bed.agent.hasHeard('demand')[before - 1]!];
    expect(last.uptimeSeconds - first.uptimeSeconds).toBeLessThan(0.95);
    const asked = bed.balancer.uptimeSeconds;
    await eventually('the default of 0.3 s to be over', () => bed.balancer.uptimeSeconds > asked + 0.6);
    expect(bed.balancer.report().web).toMatchObject({ queued: 1, sheds: 0 });
    const backend = await bed.backend(after(0, 'at last'));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    expect(await answer).toMatchObject({ status: 200, body: 'at last' });
  });

  test('says 503 with Retry-After when nobody comes in time', async () => {
    await bed.apply([]);
    expect(await ask(bed.port)).toMatchObject({
      status: 503,
      headers: { 'retry-after': '5' },
      body: 'No instance serves this at the moment.\n',
    });
    expect(await bed.settled(1)).toMatchObject({ sheds: 1, completions: [0, 0, 0, 0, 0] });
  });

  test('forgets a request whose client leaves the queue', async () => {
    await bed.apply([]);
    const gone = new AbortController();
    const answer = ask(bed.port, { signal: gone.signal });
    await eventually('it to wait', () => bed.balancer.report().web?.queued === 1);
    gone.abort();
    await expect(answer).rejects.toThrow();
    expect(await bed.settled(1)).toMatchObject({ abandoned: 1, sheds: 0 });
  });

  test('routes by host and path, and says 404 where there is no route', async () => {
    const [web, api] = await Promise.all([bed.backend(after(0, 'web')), bed.backend(after(0, 'api'))]);
    await bed.apply([{ instance: 'w', port: web.port }], { routes: [{ host: 'a.example', path: '/' }] });
    bed.agent.topology('api', {
      ...{ v: 1, uid: 'c2', epoch: 1, generation: 1, concurrency: 0 },
      routes: [{ path: '/api' }],
      members: [{ instance: 'p', host: '127.0.0.1', port: api.port, weight: 1, state: 'active' }],
    });
    await eventually('it to be applied', () => bed.agent.isApplied('api', 1));
    const from = async (host: string, path: string) => (await ask(bed.port, { path, headers: { host } })).body;
    expect(await from('a.example', '/x?y')).toBe('web');
    expect(await from('b.example:8080', '/api/x')).toBe('api');
    expect(await ask(bed.port, { path: '/other' })).toMatchObject({
      status: 404,
      body: 'No application is routed at this host and path.\n',
    });
    bed.agent.send({ type: 'removed', alias: 'api' });
    await eventually('404', async () => (await ask(bed.port, { path: '/api' })).status === 404);
  });

  test('tells instances who asked, under which name, and by which id', async () => {
    const backend = await bed.backend((request, response) => response.end(JSON.stringify(request.headers)));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const answer = await ask(bed.port, { headers: { host: 'shop.example:8000', 'x-request-id': 'abc' } });
    expect(JSON.parse(answer.body)).toMatchObject({
      host: 'shop.example:8000',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': 'shop.example:8000',
      'x-request-id': 'abc',
    });
  });
});
