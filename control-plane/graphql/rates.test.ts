/** What one token may ask, over real HTTP and websockets, and that the others do not notice. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../test/support/eventually.ts';
import type { RateLimits } from '../app/rate-limiter.ts';
import { serve, type GraphQLAnswer, type Served } from './testing/serve.ts';
import { WebSockets } from './testing/websockets.ts';

let served: Served;
let sockets: WebSockets;
const open = async (rates: Partial<RateLimits>): Promise<void> => {
  served = await serve({}, rates);
  sockets = new WebSockets(served.webSocketUrl);
};
beforeEach(() => open({ requestsPerSecond: 0.5, burst: 3 }));
afterEach(async () => {
  await sockets.close();
  await served.close();
});

const CALLER = JSON.stringify({ query: '{ caller { name } }' });
const EVENTS = 'subscription { events { __typename } }';

describe('a token that asks too much', () => {
  test('is answered 429 with a code and how long to wait; another token is not', async () => {
    for (let count = 0; count < 3; count += 1) expect((await served.post(CALLER)).status).toBe(200);
    const response = await served.post(CALLER);
    expect(response.status).toBe(429);
    expect(response.headers.get('retry-after')).toBe('2');
    const { errors } = (await response.json()) as GraphQLAnswer;
    expect(errors).toEqual([
      {
        message: 'this token asks too much: at most 0.5 requests a second; ask again in 2 s',
        extensions: { code: 'RATE_LIMITED', reason: 'rate', retryAfterSeconds: 2 },
      },
    ]);
    expect(served.refused).toEqual(['rate']);
    expect((await served.post(CALLER, { authorization: 'Bearer viewer-token' })).status).toBe(200);
  });

  test('is refused before its body is read', async () => {
    for (let count = 0; count < 3; count += 1) await served.post(CALLER);
    expect((await served.post('x'.repeat(5_000_000))).status).toBe(429);
  });

  test('sees what is left, in the header and in the answer', async () => {
    const response = await served.post(
      JSON.stringify({
        query:
          '{ caller { rateLimit { burst remaining requestsPerSecond concurrentUsed subscriptionsUsed subscriptionsAllowed concurrentAllowed } } }',
      }),
    );
    expect(response.headers.get('ratelimit')).toBe('"requests";r=2');
    expect(response.headers.get('ratelimit-policy')).toBe('"requests";q=3;w=6');
    const { data } = (await response.json()) as GraphQLAnswer;
    expect(data?.caller).toMatchObject({
      rateLimit: { burst: 3, remaining: 2, requestsPerSecond: 0.5, concurrentUsed: 1, subscriptionsUsed: 0 },
    });
  });

  test('over a websocket gets the same, and the connection stays', async () => {
    const connection = await sockets.accepted();
    for (let id = 0; id < 5; id += 1)
      connection.send({ id: String(id), type: 'subscribe', payload: { query: '{ caller { name } }' } });
    await eventually(
      'all were answered',
      () => connection.received.filter(({ type }) => type !== 'complete').length === 6,
    );
    const errors = connection.received.filter(({ type }) => type === 'error');
    expect(errors).toHaveLength(2);
    expect(errors[0]).toMatchObject({
      payload: [{ extensions: { code: 'RATE_LIMITED', reason: 'rate', retryAfterSeconds: 2 } }],
    });
    connection.send({ type: 'ping' });
    await eventually('it is there', () => connection.received.some(({ type }) => type === 'pong'));
  });
});

describe('at once', () => {
  test('a token has only so many requests, and may ask again when one was answered', async () => {
    await served.close();
    await open({ concurrent: 2 });
    let release: () => void = () => undefined;
    served.useCases.delays.set('tenants', new Promise<void>((resolve) => (release = resolve)));
    const slow = [1, 2].map(() => served.ask('{ tenants { name } }'));
    await eventually('both are under way', () => served.rates.use('01deployer').concurrent === 2);
    const refused = await served.post(CALLER);
    expect(refused.status).toBe(429);
    expect(((await refused.json()) as GraphQLAnswer).errors?.[0]?.extensions).toMatchObject({ reason: 'concurrent' });
    release();
    await Promise.all(slow);
    await eventually('they are over', () => served.rates.use('01deployer').concurrent === 0);
    expect((await served.post(CALLER)).status).toBe(200);
  });

  test('a token has only so many subscriptions, over all its connections, until they end', async () => {
    await served.close();
    await open({ subscriptions: 2 });
    const [first, second] = [await sockets.accepted(), await sockets.accepted()];
    const subscribe = (connection: typeof first, id: string): void =>
      connection.send({ id, type: 'subscribe', payload: { query: EVENTS } });
    subscribe(first, '1');
    subscribe(second, '2');
    await eventually('both are there', () => served.rates.use('01viewer').subscriptions === 2);
    subscribe(second, '3');
    await eventually('the third is refused', () => second.received.some(({ type }) => type === 'error'));
    expect(second.received.at(-1)).toMatchObject({
      id: '3',
      payload: [{ extensions: { code: 'RATE_LIMITED', reason: 'subscriptions' } }],
    });
    first.send({ id: '1', type: 'complete' });
    await eventually('one has ended', () => served.rates.use('01viewer').subscriptions === 1);
    second.socket.terminate();
    await eventually(
      'a lost connection gives back what it had',
      () => served.rates.use('01viewer').subscriptions === 0,
    );
    expect(served.rates.use('01viewer').concurrent).toBe(0);
  });

  test('a token has only so many connections', async () => {
    await served.close();
    served = await serve({ connectionsPerToken: 2 });
    sockets = new WebSockets(served.webSocketUrl);
    const first = await sockets.accepted();
    await sockets.accepted();
    await expect(sockets.accepted()).rejects.toThrow();
    expect(served.refused).toEqual(['connections']);
    first.socket.close();
    await first.closed;
    await eventually('there is room again', () =>
      sockets.accepted().then(
        () => true,
        () => false,
      ),
    );
  });
});

describe('a page of another origin', () => {
  test.each([
    ['https://evil.example', 403],
    ['http://localhost:1', 403],
    ['null', 403],
    ['', 403],
    ['https://console.example', undefined],
    ['https://console.example.evil.example', 403],
  ])('%j opens no websocket unless it was allowed by name', async (origin, status) => {
    const opened = sockets.raw('graphql-transport-ws', served.webSocketUrl, { origin });
    if (status === undefined) await opened;
    else await expect(opened).rejects.toThrow(String(status));
    expect(served.refused).toEqual(status === undefined ? [] : ['origin']);
  });

  test('is not needed: the host’s own pages and programs may', async () => {
    await sockets.raw('graphql-transport-ws', served.webSocketUrl, { origin: served.url.replace('/graphql', '') });
    await sockets.raw();
  });
});
