import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { eventually } from '../../../test/support/eventually.ts';
import type { Backend } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { raw } from './testing/client.ts';

const HANDSHAKE =
  'GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
  'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

describe('web sockets', () => {
  let bed: Bed;
  let backend: Backend;
  let sockets: WebSocketServer;
  beforeEach(async () => {
    bed = await Bed.start({ LB_NO_INSTANCE_SECONDS: '0.3' });
    backend = await bed.backend((_request, response) => response.writeHead(403).end('not here'));
    sockets = new WebSocketServer({ server: backend.server, path: '/ws' });
    sockets.on('connection', (socket, request) => {
      socket.send(String(request.headers['x-forwarded-for']));
      socket.on('message', (data) => socket.send(data));
    });
    await bed.apply([{ instance: 'a', port: backend.port }]);
  });
  afterEach(async () => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    await bed.close();
  });

  async function open(): Promise<{ client: WebSocket; got: string[] }> {
    const client = new WebSocket(`ws://127.0.0.1:${bed.port}/ws`);
    const got: string[] = [];
    client.on('message', (data: Buffer) => got.push(data.toString()));
    await once(client, 'open');
    return { client, got };
  }

  test('carry messages both ways, and are in flight until they end', async () => {
    const { client, got } = await open();
    await eventually('the greeting', () => got[0] === '127.0.0.1');
    const big = 'x'.repeat(1024 * 1024);
    client.send(big);
    await eventually('the echo', () => got[1] === big);
    expect(bed.balancer.report().web).toMatchObject({ inFlight: 1, instances: { a: { inFlight: 1 } } });
    client.close();
    const demand = await bed.settled(1);
    expect(demand).toMatchObject({ completions: [1, 0, 0, 0, 0], abandoned: 0, failures: 0 });
    expect(demand.bytesIn).toBeGreaterThan(big.length);
    expect(demand.bytesOut).toBeGreaterThan(big.length);
  });

  test('end for the client when the instance ends them', async () => {
    const { client } = await open();
    const closed = once(client, 'close');
    for (const socket of sockets.clients) socket.terminate();
    await closed;
    expect(await bed.settled(1)).toMatchObject({ completions: [1, 0, 0, 0, 0] });
  });

  test('of which one side has said its last end when the other is silent', async () => {
    await bed.close();
    bed = await Bed.start({ LB_IDLE_SECONDS: '0.3' });
    backend = await bed.backend(() => undefined);
    await bed.apply([{ instance: 'a', port: backend.port }]);
    // An instance that never answers a client's end.
    const held: Duplex[] = [];
    backend.server.on('upgrade', (_request, socket) => {
      held.push(socket);
      socket.on('error', () => socket.destroy());
      socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
      socket.resume();
    });
    const client = connect({ port: bed.port, host: '127.0.0.1', allowHalfOpen: true }, () => client.write(HANDSHAKE));
    await once(client, 'data');
    client.end();
    await once(client, 'close');
    for (const socket of held) socket.destroy();
    expect(await bed.settled(1)).toMatchObject({ completions: [1, 0, 0, 0, 0] });
  });

  test('pass on the instance’s refusal', async () => {
    sockets.close();
    backend.server.removeAllListeners('upgrade');
    expect(await raw(bed.port, HANDSHAKE)).toMatch(/^HTTP\/1\.1 403 Forbidden[^]*not here/);
    expect(await bed.settled(1)).toMatchObject({ completions: [0, 0, 0, 1, 0] });
  });

  test('that an instance begins to refuse and then drops are cut, and count as failed', async () => {
    sockets.close();
    backend.server.removeAllListeners('upgrade');
    backend.server.removeAllListeners('request');
    backend.server.on('request', (_request, response: ServerResponse) => {
      response.writeHead(403, { 'content-length': '10' }).write('part', () => response.destroy());
    });
    expect(await raw(bed.port, HANDSHAKE)).toMatch(/^HTTP\/1\.1 403 Forbidden[^]*part/);
    expect(await bed.settled(1)).toMatchObject({ failures: 1, completions: [0, 0, 0, 0, 0] });
  });

  test('are 404 without a route and 503 without an instance', async () => {
    await bed.apply([]);
    expect(await raw(bed.port, HANDSHAKE)).toMatch(/^HTTP\/1\.1 503 /);
    await bed.apply([], { routes: [] });
    expect(await raw(bed.port, HANDSHAKE)).toMatch(/^HTTP\/1\.1 404 /);
  });

  test('go elsewhere when an instance refuses the connection', async () => {
    const down = await bed.backend(() => undefined);
    await down.close();
    await bed.apply([
      { instance: 'down', port: down.port, weight: 100 },
      { instance: 'a', port: backend.port },
    ]);
    const { client } = await open();
    expect(bed.balancer.report().web?.instances.down).toMatchObject({ failures: 1 });
    client.terminate();
    await bed.settled(1);
  });

  test('are cut when the balancer has waited for them long enough', async () => {
    await bed.close();
    bed = await Bed.start({ LB_DRAIN_SECONDS: '0.1' });
    backend = await bed.backend(() => undefined);
    sockets = new WebSocketServer({ server: backend.server, path: '/ws' });
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const { client } = await open();
    const closed = once(client, 'close');
    await bed.balancer.close();
    await closed;
  });
});
