/** Drains against real receivers: syslog over TCP, TLS and UDP, OTLP over HTTP. */
import { afterEach, expect, test } from '@jest/globals';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer as createHttpServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { eventually } from '../../../test/support/eventually.ts';
import type { Drain } from '../../../schema/manifests/drain.ts';
import type { DrainTransport } from '../../app/ports/drains.ts';
import type { LogLine } from '../../domain/logs/entry.ts';
import { drainGuard } from './guard.ts';
import { selfSigned } from '../../../test/support/certificate.ts';
import { createDrainTransports } from './transports.ts';

const shop = { tenant: 'acme', name: 'shop' };
const never = new AbortController().signal;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const line = (text: string, sequence = 1): LogLine => ({
  ...{
    kind: 'line',
    sequence,
    at: 0,
    level: null,
    alias: 'web',
    instance: 'inst-1',
    release: null,
    stream: 'stdout',
    text,
  },
});

/** A way to `logs.example`, which is this machine and allowed unless told otherwise. */
function open(drain: Drain, { allowed = ['logs.example'], address = '127.0.0.1' } = {}): DrainTransport {
  const guard = drainGuard(allowed, async () => [{ address, family: 4 }]);
  const transport = createDrainTransports(guard).open(shop, drain);
  closers.push(() => transport.close());
  return transport;
}

/** Reads octet-counted messages; returns the texts behind the structured data. */
class SyslogReceiver {
  readonly texts: string[] = [];
  readonly sockets = new Set<Socket>();
  readonly take = (socket: Socket): void => {
    this.sockets.add(socket);
    let data = Buffer.alloc(0);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.sockets.delete(socket));
    socket.on('data', (chunk: Buffer) => {
      data = Buffer.concat([data, chunk]);
      for (;;) {
        const space = data.indexOf(' ');
        const length = Number(data.toString('latin1', 0, Math.max(0, space)));
        if (space < 0 || data.length < space + 1 + length) return;
        const message = data.toString('utf8', space + 1, space + 1 + length);
        this.texts.push(message.slice(message.indexOf('] ') + 2));
        data = data.subarray(space + 1 + length);
      }
    });
  };

  async listen(server: Server): Promise<number> {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    closers.push(async () => {
      for (const socket of this.sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return (server.address() as AddressInfo).port;
  }
}

test('syslog over TCP: texts of any form arrive as they are, over one connection that is made again when it is gone', async () => {
  const receiver = new SyslogReceiver();
  const port = await receiver.listen(createTcpServer(receiver.take));
  const transport = open({ type: 'syslog', name: 'a', url: `tcp://logs.example:${port}` });
  const texts = ['one', '', 'zwei grüße', '12 <34>1 ] "x" \\', 'x'.repeat(100_000), 'a\u0000b'];
  expect(
    await transport.send(
      texts.map((text) => line(text)),
      never,
    ),
  ).toEqual({ refused: 0 });
  await transport.send([line('again')], never);
  await eventually('the messages', () => receiver.texts.length === texts.length + 1);
  expect(receiver.texts).toEqual([...texts, 'again']);
  expect(receiver.sockets.size).toBe(1);
  for (const socket of receiver.sockets) socket.destroy();
  await eventually('a new connection', async () => {
    await transport.send([line('anew')], never);
    return receiver.texts.includes('anew');
  });
});

test('syslog over TLS: the certificate has to be known and of that name', async () => {
  const { key, cert } = selfSigned('logs.example');
  const receiver = new SyslogReceiver();
  const port = await receiver.listen(
    createTlsServer({ key, cert }, receiver.take).on('tlsClientError', () => undefined),
  );
  const url = `tls://logs.example:${port}`;
  await open({ type: 'syslog', name: 'a', url, ca: cert }).send([line('sealed')], never);
  await eventually('the message', () => receiver.texts.length === 1);

  const unknown = open({ type: 'syslog', name: 'b', url });
  await expect(unknown.send([line('no')], never)).rejects.toThrow(/of no known authority.*as "ca"$/);
  const other = open(
    { type: 'syslog', name: 'c', url: `tls://other.example:${port}`, ca: cert },
    { allowed: ['other.example'] },
  );
  await expect(other.send([line('no')], never)).rejects.toThrow(/does not match/);
  expect(receiver.texts).toEqual(['sealed']);
});

test('syslog over UDP: one datagram a message', async () => {
  const socket = createSocket('udp4');
  const messages: string[] = [];
  socket.on('message', (message) => messages.push(message.toString()));
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  closers.push(() => socket.close());
  const transport = open({ type: 'syslog', name: 'a', url: `udp://logs.example:${socket.address().port}` });
  await transport.send([line('one'), line('x'.repeat(20_000))], never);
  await eventually('the datagrams', () => messages.length === 2);
  expect(messages[0]).toMatch(/^<134>1 1970-01-01T00:00:00.000Z inst-1 shop\.web .*\] one$/);
  expect(Buffer.byteLength(messages[1]!)).toBe(8192);
});

async function otlpReceiver(
  answer: RequestListener,
): Promise<{ url: string; bodies: unknown[]; requests: IncomingMessage[] }> {
  const bodies: unknown[] = [];
  const requests: IncomingMessage[] = [];
  const server = createHttpServer((request, response) => {
    requests.push(request);
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      bodies.push(JSON.parse(text));
      answer(request, response);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://logs.example:${(server.address() as AddressInfo).port}`, bodies, requests };
}

test('OTLP over HTTP: JSON to /v1/logs, with the headers; what the receiver refuses is counted', async () => {
  const answers = ['{}', '{"partialSuccess":{"rejectedLogRecords":"1","errorMessage":"no"}}', 'no JSON', ''];
  const { url, bodies, requests } = await otlpReceiver((_request, response) => response.end(answers.shift()));
  const transport = open({ type: 'otlp', name: 'a', url, headers: { 'x-scope': 'shop' } });
  const refused: number[] = [];
  for (let index = 0; index < 4; index += 1) {
    refused.push((await transport.send([line('a'), line('b')], never)).refused);
  }
  expect(refused).toEqual([0, 1, 0, 0]);
  expect(requests[0]).toMatchObject({
    ...{ method: 'POST', url: '/v1/logs' },
    headers: { 'content-type': 'application/json', 'x-scope': 'shop' },
  });
  expect(JSON.stringify(bodies[0])).toContain('{"stringValue":"b"}');
});

test.each([
  [503, { 'retry-after': '7' }, { code: 'DRAIN_UNREACHABLE', isFinal: false, retryAfterMilliseconds: 7000 }],
  [429, {}, { code: 'DRAIN_UNREACHABLE', isFinal: false, retryAfterMilliseconds: undefined }],
  [400, {}, { code: 'DRAIN_REFUSED', isFinal: true }],
  [401, {}, { code: 'DRAIN_REFUSED', isFinal: true }],
  [302, { location: 'http://127.0.0.1:1/' }, { code: 'DRAIN_REFUSED', isFinal: true }],
])('OTLP: the answer %s with %j', async (status, headers, expected) => {
  const { url } = await otlpReceiver((_request, response) => response.writeHead(status, headers).end('said so'));
  const failure = open({ type: 'otlp', name: 'a', url }).send([line('a')], never);
  await expect(failure).rejects.toMatchObject(expected);
  await expect(failure).rejects.toThrow(`answers ${status}: said so`);
});

test.each(['tcp', 'udp', 'tls', 'http'] as const)(
  '%s: a name that means this machine is not connected to',
  async (scheme) => {
    let connections = 0;
    const receiver = new SyslogReceiver();
    const port = await receiver.listen(createTcpServer(() => (connections += 1)));
    const url = `${scheme}://inner.example:${port}`;
    const drain: Drain = scheme === 'http' ? { type: 'otlp', name: 'a', url } : { type: 'syslog', name: 'a', url };
    await expect(open(drain).send([line('a')], never)).rejects.toMatchObject({ code: 'DRAIN_HOST_NOT_ALLOWED' });
    expect(connections).toBe(0);
  },
);

test('http: a name that is another address when it is asked again gains nothing', async () => {
  let connections = 0;
  const receiver = new SyslogReceiver();
  const port = await receiver.listen(createTcpServer(() => (connections += 1)));
  // Of the public network when it is looked at, this machine when the socket asks: what the socket gets is looked at, too.
  const answers = ['8.8.8.8'];
  const guard = drainGuard([], async () => [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]);
  const transport = createDrainTransports(guard).open(shop, {
    ...{ type: 'otlp', name: 'a', url: `http://rebind.example:${port}` },
  });
  closers.push(() => transport.close());
  await expect(transport.send([line('a')], never)).rejects.toMatchObject({ code: 'DRAIN_HOST_NOT_ALLOWED' });
  expect({ connections, answers }).toEqual({ connections: 0, answers: [] });
});

test('tcp: the address that was looked at is the one that is connected to; the name is asked once', async () => {
  const receiver = new SyslogReceiver();
  const port = await receiver.listen(createTcpServer(receiver.take));
  let asked = 0;
  // A second answer would lead to where nobody listens.
  const guard = drainGuard(['logs.example'], async () => [
    { address: (asked += 1) === 1 ? '127.0.0.1' : '127.0.0.2', family: 4 },
  ]);
  const transport = createDrainTransports(guard).open(shop, {
    ...{ type: 'syslog', name: 'a', url: `tcp://logs.example:${port}` },
  });
  closers.push(() => transport.close());
  await transport.send([line('a')], never);
  await eventually('the message', () => receiver.texts.length === 1);
  expect(asked).toBe(1);
});

test('nobody there, and nobody who answers: it says so, and stops when it is told to', async () => {
  const closed = await new SyslogReceiver().listen(createTcpServer());
  for (const close of closers.splice(0)) await close();
  const transport = open({ type: 'syslog', name: 'a', url: `tcp://logs.example:${closed}` });
  await expect(transport.send([line('a')], never)).rejects.toMatchObject({ code: 'DRAIN_UNREACHABLE', isFinal: false });

  const { url } = await otlpReceiver(() => undefined);
  const stop = new AbortController();
  const waiting = open({ type: 'otlp', name: 'a', url }).send([line('a')], stop.signal);
  setTimeout(() => stop.abort(new Error('enough')), 50);
  await expect(waiting).rejects.toThrow('enough');
});
