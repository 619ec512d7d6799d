import type { IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import type { Backend } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { ask, raw } from './testing/client.ts';

describe('hostile clients', () => {
  let bed: Bed;
  let backend: Backend;
  const seen: string[] = [];
  beforeEach(async () => {
    bed = await Bed.start({
      ...{ LB_HEADER_SECONDS: '0.5', LB_HEADER_BYTES: '4096', LB_MAXIMUM_CONNECTIONS: '20' },
      LB_ACCESS_LOG: 'json',
    });
    backend = await bed.backend((request, response) => {
      seen.push(`${request.method} ${request.url}`);
      request.resume();
      request.on('end', () => response.end());
    });
    seen.length = 0;
    await bed.apply([{ instance: 'a', port: backend.port }]);
  });
  afterEach(() => bed.close());

  const smuggled = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
  test.each([
    ['a length and chunks', `Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['chunks and a length', `Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n${smuggled}`],
    ['two lengths', `Content-Length: 0\r\nContent-Length: ${smuggled.length}\r\n\r\n${smuggled}`],
    ['a length with a sign', `Content-Length: +5\r\n\r\nhello`],
    ['chunks that are not the last coding', `Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${smuggled}`],
    ['an unknown coding', `Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a space before the colon', `Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${smuggled}`],
    ['a folded line', `X-A: b\r\n Transfer-Encoding: chunked\r\n\r\n${smuggled}`],
    ['a bare carriage return', `X-A: b\rTransfer-Encoding: chunked\r\n\r\n${smuggled}`],
    ['a bad chunk size', `Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n`],
    ['two hosts', 'Host: other\r\nConnection: close\r\n\r\n'],
  ])('%s: 400, and nothing reaches the instance', async (_what, rest) => {
    expect(await raw(bed.port, `POST /x HTTP/1.1\r\nHost: h\r\n${rest}`)).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen.filter((line) => line.includes('smuggled'))).toEqual([]);
    expect(await ask(bed.port)).toMatchObject({ status: 200 });
  });

  test.each([
    ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['an asterisk', 'OPTIONS * HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
    ['a NUL', 'GET /\0 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'],
  ])('a request with %s is a 400', async (_what, text) => {
    expect(await raw(bed.port, text)).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen).toEqual([]);
  });

  test.each([
    [
      'of two lengths',
      400,
      'Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx',
      /^The request is not valid HTTP: .*Content-Length/,
    ],
    [
      'of headers that are too large',
      431,
      `X: ${'x'.repeat(5000)}\r\n\r\n`,
      /^The request has too many headers, or more than 4096 bytes of them and its first line\.$/,
    ],
    ['of headers that trickle in', 408, 'X-Slow: ', /^The request did not come as a whole in time\.$/],
  ])(
    'a message that cannot be read because %s is told why, and is in the access log',
    async (_what, status, rest, text) => {
      const answer = await raw(bed.port, `POST /x HTTP/1.1\r\nHost: h\r\n${rest}`);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\nconnection: close\r\n`));
      const [head, body] = answer.split('\r\n\r\n') as [string, string];
      expect(body.trimEnd()).toMatch(text);
      const line = await eventually('the line', () => bed.accessLines[0]);
      expect(JSON.parse(line)).toMatchObject({ status, outcome: 'unreadable', client: '127.0.0.1' });
      expect(head).toContain(`x-request-id: ${(JSON.parse(line) as { requestId: string }).requestId}`);
    },
  );

  test('CONNECT makes no tunnel', async () => {
    expect(await raw(bed.port, 'CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n')).not.toMatch(
      / 200 /,
    );
  });

  test('headers beyond the limit are 431', async () => {
    const flood = `GET / HTTP/1.1\r\nHost: h\r\n${'X-A: 0123456789\r\n'.repeat(400)}\r\n`;
    expect(await raw(bed.port, flood)).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('headers that trickle in are cut off with 408', async () => {
    const answer = raw(bed.port, 'GET / HTTP/1.1\r\nHost: h\r\nX-Slow: ');
    expect(await answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('a body that trickles in is cut off, and the instance is not left waiting for it', async () => {
    await bed.close();
    bed = await Bed.start({ LB_HEADER_SECONDS: '0.5', LB_REQUEST_SECONDS: '1' });
    let aborted = false;
    backend = await bed.backend((request) => request.resume().on('error', () => (aborted = true)));
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const answer = raw(bed.port, 'POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nslow');
    expect(await answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
    await eventually('the instance to be told', () => aborted);
    expect(await bed.settled(1)).toMatchObject({ abandoned: 1 });
  });

  test('an absolute target with another host is led and told by the target’s host alone', async () => {
    const hosts: string[] = [];
    backend.server.on('request', (request: IncomingMessage) => hosts.push(String(request.headers.host)));
    const answer = await raw(bed.port, 'GET http://other/x HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect({ hosts, seen }).toEqual({ hosts: ['other'], seen: ['GET /x'] });
  });

  test('a handshake with a body opens no tunnel', async () => {
    const upgrade = 'Host: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\n';
    const body = 'GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n';
    const text = `GET /x HTTP/1.1\r\n${upgrade}Content-Length: ${body.length}\r\n\r\n${body}`;
    expect(await raw(bed.port, text)).toMatch(/^HTTP\/1\.1 200 /);
    expect(seen).toEqual(['GET /x']);
  });

  test('connections beyond the limit are refused, and said to be', async () => {
    // Without a limit of time that would make room for the later ones.
    await bed.close();
    bed = await Bed.start({ LB_MAXIMUM_CONNECTIONS: '20' });
    backend = await bed.backend((_request, response) => response.end());
    await bed.apply([{ instance: 'a', port: backend.port }]);
    const sockets: Socket[] = [];
    let closed = 0;
    for (let index = 0; index < 30; index++) {
      const socket = connect(bed.port, '127.0.0.1');
      socket.on('close', () => closed++).on('error', () => socket.destroy());
      sockets.push(socket);
    }
    await eventually('ten to be refused', () => closed >= 10);
    for (const socket of sockets) socket.destroy();
    await eventually('room again', async () => (await ask(bed.port)).status === 200);
    expect(bed.log.filter((line) => line.includes('LB_MAXIMUM_CONNECTIONS'))).toHaveLength(1);
  });

  test('rubbish behind a request does not become part of its answer', async () => {
    const answer = await raw(bed.port, `GET /1 HTTP/1.1\r\nHost: h\r\n\r\nrubbish\r\n\r\n`);
    expect(answer.match(/HTTP\/1\.1/g)?.length ?? 0).toBeLessThanOrEqual(1);
  });

  test('requests piped one behind the other are answered in order', async () => {
    const one = (path: string, rest = '') => `GET ${path} HTTP/1.1\r\nHost: h\r\n${rest}\r\n`;
    const text = await raw(bed.port, one('/1') + one('/2') + one('/3', 'Connection: close\r\n'));
    expect(text.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(3);
    expect(seen).toEqual(['GET /1', 'GET /2', 'GET /3']);
  });

  test('an offer of h2c is an ordinary request', async () => {
    const headers = { connection: 'Upgrade, HTTP2-Settings', upgrade: 'h2c', 'http2-settings': 'AAMAAABk' };
    expect(await ask(bed.port, { headers })).toMatchObject({ status: 200 });
  });
});
