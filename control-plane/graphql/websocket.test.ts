import type { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../test/support/eventually.ts';
import * as sample from './testing/records.ts';
import { serve, type Served } from './testing/serve.ts';
import { INIT, WebSockets } from './testing/websockets.ts';

let served: Served;
let sockets: WebSockets;
beforeEach(async () => {
  served = await serve();
  sockets = new WebSockets(served.webSocketUrl);
});
afterEach(async () => {
  await sockets.close();
  await served.close();
});

const aliases = (count: number) => Array.from({ length: count }, (_, index) => `a${index}: caller { name }`).join(' ');
const REF = '{ application: "shop-1", alias: "web" }';

describe('a websocket', () => {
  test('answers queries and mutations, too, with the same errors', async () => {
    const answered = await sockets.iterate('{ caller { name } }').next();
    expect(answered.value).toEqual({ data: { caller: { name: 'viewer' } } });
    const mutation = `mutation { resume(input: { ref: ${REF} }) { userErrors { code } } }`;
    const refused = await sockets.iterate(mutation).next();
    expect(refused.value).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  test.each([
    ['an unknown field', '{ nothing }', 'GRAPHQL_VALIDATION_FAILED'],
    ['half a document', '{ caller', 'GRAPHQL_PARSE_FAILED'],
    [
      'one of two operations',
      'query A { caller { name } } query B { caller { name } }',
      'OPERATION_RESOLUTION_FAILURE',
    ],
    ['aliases without end', `{ ${aliases(101)} }`, 'OPERATION_TOO_LARGE'],
    ['words without end', `{ ${'caller { name } '.repeat(1000)} }`, 'GRAPHQL_PARSE_FAILED'],
  ])('refuses %s', async (_name, query, code) => {
    await expect(sockets.iterate(query).next()).rejects.toMatchObject([{ extensions: { code } }]);
    expect(served.log).toEqual([]);
  });

  test('refuses variables that do not fit', async () => {
    const result = await sockets.iterate('query ($uid: ID!) { instance(uid: $uid) { uid } }').next();
    expect(result.value).toMatchObject({ errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
  });

  test.each([undefined, 'Bearer unknown', 'viewer-token', 7, { token: 'viewer-token' }])(
    'is closed as forbidden when its authorization is %j',
    async (authorization) => {
      const connection = await sockets.raw();
      connection.send({ type: 'connection_init', payload: { authorization } });
      expect(await connection.closed).toBe(4403);
      expect(connection.received).toEqual([]);
    },
  );

  test('is closed when it subscribes before it said who it is', async () => {
    const connection = await sockets.raw();
    connection.send({ id: '1', type: 'subscribe', payload: { query: '{ caller { name } }' } });
    expect(await connection.closed).toBe(4401);
  });

  test.each([
    ['no JSON', '{'],
    ['no object', '7'],
    ['null', 'null'],
    ['no type', '{}'],
    ['an unknown type', '{"type":"steal"}'],
    ['a subscription without a payload', '{"type":"subscribe","id":"1"}'],
    ['a subscription with an empty id', '{"type":"subscribe","id":"","payload":{"query":"{ caller { name } }"}}'],
    ['a query that is no text', '{"type":"subscribe","id":"1","payload":{"query":7}}'],
    [
      'variables that are no object',
      '{"type":"subscribe","id":"1","payload":{"query":"{ caller { name } }","variables":"x"}}',
    ],
  ])('is closed as a bad request when it sends %s', async (_name, text) => {
    const connection = await sockets.accepted();
    connection.send(text);
    expect(await connection.closed).toBe(4400);
  });

  test('is closed when it sends binary, too much, or says twice who it is', async () => {
    const binary = await sockets.raw();
    binary.socket.send(Buffer.from(JSON.stringify(INIT)), { binary: true });
    expect(await binary.closed).toBe(4400);
    const large = await sockets.raw();
    large.send(' '.repeat(1024 * 1024 + 1));
    expect(await large.closed).toBe(1009);
    const twice = await sockets.raw();
    twice.send(INIT);
    twice.send(INIT);
    expect(await twice.closed).toBe(4429);
  });

  test('survives ids of JavaScript’s own', async () => {
    const connection = await sockets.accepted();
    for (const id of ['__proto__', 'constructor', 'toString']) {
      connection.send({ id, type: 'subscribe', payload: { query: '{ caller { name } }' } });
    }
    await eventually(
      'three answers came',
      () => connection.received.filter(({ type }) => type === 'next').length === 3,
    );
  });

  test('is refused with the protocol of old', async () => {
    await expect(sockets.raw('graphql-ws')).rejects.toThrow();
  });

  test('is closed when it sends broken frames, and the others go on', async () => {
    const other = await sockets.accepted();
    const broken = await sockets.raw();
    (broken.socket as unknown as { _socket: Socket })._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    expect(await broken.closed).toBe(1002);
    other.send({ type: 'ping' });
    await eventually('the other is answered', () => other.received.some(({ type }) => type === 'pong'));
  });

  test('may have only so many operations at once', async () => {
    const connection = await sockets.accepted();
    const query = 'subscription { events { __typename } }';
    for (let id = 0; id <= 100; id += 1) connection.send({ id: String(id), type: 'subscribe', payload: { query } });
    await eventually('the last is refused', () => connection.received.some(({ type }) => type === 'error'));
    expect(connection.received.filter(({ type }) => type === 'error')).toMatchObject([
      { id: '100', payload: [{ extensions: { code: 'OPERATION_TOO_LARGE' } }] },
    ]);
  });

  test('at another path is answered with 404', async () => {
    const elsewhere = served.webSocketUrl.replace('/graphql', '/elsewhere');
    await expect(sockets.raw('graphql-transport-ws', elsewhere)).rejects.toThrow('404');
  });

  test('beyond the number of connections is answered with 503', async () => {
    const few = await serve({ connections: 1 });
    try {
      await sockets.raw('graphql-transport-ws', few.webSocketUrl);
      await expect(sockets.raw('graphql-transport-ws', few.webSocketUrl)).rejects.toThrow('503');
    } finally {
      await few.close();
    }
  });

  test('is told good-bye when the server closes, and its feeds end', async () => {
    const connection = await sockets.accepted();
    connection.send({ id: '1', type: 'subscribe', payload: { query: 'subscription { events { __typename } }' } });
    await eventually('the feed is read', () => served.useCases.eventFeed.readers === 1);
    await served.close();
    expect(await connection.closed).toBe(1001);
    expect(served.useCases.eventFeed.readers).toBe(0);
  });
});

describe('a slow reader', () => {
  test('stops the pulling of its feed, and goes on where it was', async () => {
    const connection = await sockets.accepted();
    const text = 'x'.repeat(256 * 1024);
    const lines = 200;
    served.useCases.logFeed.push(...Array.from({ length: lines }, (_, index) => sample.logLine(index + 1, text)));
    connection.socket.pause();
    const query = 'subscription { logs(ref: { application: "shop-1" }) { ... on LogLine { sequence text } } }';
    connection.send({ id: '1', type: 'subscribe', payload: { query } });
    await eventually('pulling has come to a halt', async () => {
      const { pulls } = served.useCases.logFeed;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return pulls > 0 && served.useCases.logFeed.pulls === pulls;
    });
    // What the kernel’s two socket buffers took, and one item more; the fifty megabytes are still in the feed.
    expect(served.useCases.logFeed.pulls).toBeLessThan(lines / 2);

    connection.socket.resume();
    const sequences = () =>
      connection.received
        .filter(({ type }) => type === 'next')
        .map(({ payload }) => (payload as { data: { logs: { sequence: number } } }).data.logs.sequence);
    await eventually('everything came', () => sequences().length === lines, 20_000);
    expect(sequences()).toEqual(Array.from({ length: lines }, (_, index) => index + 1));
  });

  test('that asks on and on is not read from while its answers wait', async () => {
    const connection = await sockets.accepted();
    connection.socket.pause();
    const ping = JSON.stringify({ type: 'ping', payload: { x: 'x'.repeat(64 * 1024) } });
    const total = 600;
    // One after the other, each when the kernel has taken the one before.
    let sent = 0;
    const sendNext = () => {
      if (sent < total) connection.socket.send(ping, () => sendNext());
      sent += 1;
    };
    sendNext();
    await eventually('the sender is held up', async () => {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return sent === before;
    });
    // The server has stopped reading: only what the kernel’s buffers and the bound hold was taken.
    expect(sent).toBeLessThan(total / 2);
    connection.socket.resume();
    await eventually('all were answered', () => connection.received.length === total + 1, 20_000);
  });
});
