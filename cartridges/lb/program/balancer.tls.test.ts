import { once } from 'node:events';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { WebSocket, WebSocketServer } from 'ws';
import { selfSigned } from '../../../test/support/certificate.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { HeldCertificate } from '../../../schema/agent/certificates.ts';
import type { Route } from '../../../schema/mqtt/topology.ts';
import type { Backend } from './testing/backend.ts';
import { Bed } from './testing/bed.ts';
import { ask, raw } from './testing/client.ts';

function certificate(host: string, isDefault = false): HeldCertificate {
  const { cert: chain, key } = selfSigned(host);
  return { host, chain, key, isDefault };
}

const SHOP = certificate('shop.example.org', true);
const BLOG = certificate('*.blog.example.org');
const CHUNKS = ['data: one\n\n', 'data: two\n\n'];

describe('TLS at the balancer', () => {
  let bed: Bed;
  let backend: Backend;
  let sockets: WebSocketServer;
  const open: { destroy(): void }[] = [];

  beforeEach(async () => {
    bed = await Bed.start({ LB_HANDSHAKE_SECONDS: '0.5' });
    backend = await bed.backend((request, response) => {
      if (request.url === '/events') {
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.write(CHUNKS[0]);
        return;
      }
      response.end(`${String(request.headers['x-forwarded-proto'])} ${String(request.headers['x-forwarded-for'])}`);
    });
    sockets = new WebSocketServer({ server: backend.server, path: '/ws' });
    sockets.on('connection', (socket) => socket.on('message', (data) => socket.send(data)));
    await serve({});
  });
  afterEach(async () => {
    for (const each of open.splice(0)) each.destroy();
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
    await bed.close();
  });

  const serve = (route: Partial<Route>) =>
    bed.apply([{ instance: 'a', port: backend.port }], { routes: [{ path: '/', ...route }] });

  /** Lines to a balancer are taken in their order: with the next topology applied, the certificates are in force. */
  async function hold(...certificates: HeldCertificate[]): Promise<void> {
    bed.agent.send({ type: 'certificates', certificates });
    await serve({});
  }

  async function shake(servername: string, options: ConnectionOptions = {}): Promise<TLSSocket> {
    const socket = connectTls({
      ...{ host: '127.0.0.1', port: bed.port, rejectUnauthorized: false },
      ...(servername === '' ? {} : { servername }),
      ...options,
    });
    open.push(socket);
    await once(socket, 'secureConnect');
    socket.on('error', () => socket.destroy());
    return socket;
  }

  const shown = async (servername: string) => (await shake(servername)).getPeerCertificate().subjectaltname;

  async function get(socket: TLSSocket, path = '/', until = /\r\n\r\n.+/s): Promise<string> {
    let text = '';
    const take = (chunk: Buffer): void => void (text += chunk.toString());
    socket.on('data', take);
    socket.write(`GET ${path} HTTP/1.1\r\nHost: shop.example.org\r\n\r\n`);
    await eventually('an answer', () => until.test(text));
    socket.off('data', take);
    return text;
  }

  test('shows each host its own certificate, and the default one to whoever names another host or none', async () => {
    await hold(SHOP, BLOG);
    expect(await shown('shop.example.org')).toBe('DNS:shop.example.org');
    expect(await shown('ann.blog.example.org')).toBe('DNS:*.blog.example.org');
    expect(await shown('a.b.blog.example.org')).toBe('DNS:shop.example.org');
    expect(await shown('')).toBe('DNS:shop.example.org');
  });

  test('refuses a host without a certificate where none is the default, and goes on', async () => {
    await hold(BLOG);
    await expect(shake('shop.example.org')).rejects.toThrow(/alert/);
    await eventually('the log', () => bed.log.some((line) => line.includes('there is no certificate for this host')));
    expect(await shown('x.blog.example.org')).toBe('DNS:*.blog.example.org');
  });

  test('speaks TLS 1.2 and later and HTTP/1.1 alone', async () => {
    await hold(SHOP);
    const socket = await shake('shop.example.org', { ALPNProtocols: ['http/1.1'], maxVersion: 'TLSv1.2' });
    expect([socket.alpnProtocol, socket.getProtocol()]).toEqual(['http/1.1', 'TLSv1.2']);
    await expect(shake('shop.example.org', { ALPNProtocols: ['h2'] })).rejects.toThrow(/application protocol/);
    await expect(
      shake('shop.example.org', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }),
    ).rejects.toThrow();
  });

  test('tells instances that the client spoke TLS, and serves plain HTTP on the same port', async () => {
    await hold(SHOP);
    expect(await get(await shake('shop.example.org'))).toContain('https 127.0.0.1');
    expect(await ask(bed.port)).toMatchObject({ status: 200, body: 'http 127.0.0.1' });
    const two = 'GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n';
    expect((await raw(bed.port, two)).match(/http 127\.0\.0\.1/g)).toHaveLength(2);
  });

  test('takes a renewed certificate without a word to the connections that are open', async () => {
    await hold(SHOP);
    const before = await shake('shop.example.org');
    await get(before);
    const renewed = certificate('shop.example.org', true);
    await hold(renewed);
    expect(await get(before)).toContain('200 OK');
    const after = await shake('shop.example.org');
    expect(after.getPeerCertificate().fingerprint256).not.toBe(before.getPeerCertificate().fingerprint256);
    await hold();
    expect(await get(before)).toContain('200 OK');
  });

  test('leaves out a certificate that cannot be used, says so without its key, and takes the others', async () => {
    await hold(SHOP, { ...BLOG, key: SHOP.key });
    expect(await shown('shop.example.org')).toBe('DNS:shop.example.org');
    const line = bed.log.find((each) => each.includes('certificate left out'));
    expect(line).toContain('*.blog.example.org');
    expect(line).not.toContain('PRIVATE KEY');
  });

  test('sends plain requests to TLS where a route requires it, and says when there is no certificate', async () => {
    await serve({ https: 'required' });
    expect(await ask(bed.port)).toMatchObject({ status: 503, body: expect.stringContaining('no certificate') });
    await hold(SHOP);
    await serve({ https: 'required', hstsSeconds: 3600 });
    const asked = { method: 'POST', path: '/a?b=c', headers: { host: 'shop.example.org:8443' }, body: 'x' };
    const { status, headers } = await ask(bed.port, asked);
    expect([status, headers.location]).toEqual([308, 'https://shop.example.org:8443/a?b=c']);
    expect(headers['strict-transport-security']).toBeUndefined();
    expect(await get(await shake('shop.example.org'))).toMatch(/200 OK.*strict-transport-security: max-age=3600/is);
    expect((await ask(bed.port, { headers: { host: 'a"b' } })).status).toBe(400);
  });

  test('carries web sockets and server-sent events', async () => {
    await hold(SHOP);
    const client = new WebSocket(`wss://127.0.0.1:${bed.port}/ws`, { rejectUnauthorized: false });
    open.push({ destroy: () => client.terminate() });
    await once(client, 'open');
    const big = 'x'.repeat(300_000);
    client.send(big);
    expect(String(((await once(client, 'message')) as [Buffer])[0])).toBe(big);
    expect(await get(await shake('shop.example.org'), '/events', /data: one/)).toContain('text/event-stream');
  });

  test('carries bodies of megabytes byte for byte', async () => {
    backend.server.removeAllListeners('request');
    backend.server.on('request', (request, response) => void request.pipe(response));
    await hold(SHOP);
    const sent = Buffer.alloc(3_000_000, 'abcdefg');
    const got: Buffer[] = [];
    await new Promise<void>((resolve, reject) => {
      const asked = httpsRequest(
        { host: '127.0.0.1', port: bed.port, method: 'POST', agent: false, rejectUnauthorized: false },
        (response) => response.on('data', (chunk: Buffer) => got.push(chunk)).on('end', resolve),
      );
      asked.on('error', reject).end(sent);
    });
    expect(Buffer.concat(got).equals(sent)).toBe(true);
  });

  test('ends connections that say nothing, or begin a handshake and stop', async () => {
    await hold(SHOP);
    for (const begin of ['', '\x16\x03\x01']) {
      const socket = connect(bed.port, '127.0.0.1', () => socket.write(begin, 'latin1'));
      open.push(socket);
      socket.on('error', () => undefined);
      await once(socket.resume(), 'close');
    }
    expect(await shown('shop.example.org')).toBe('DNS:shop.example.org');
  });

  test('does not wait for handshakes when it is stopped', async () => {
    await hold(SHOP);
    const socket = connect(bed.port, '127.0.0.1', () => socket.write('\x16\x03\x01', 'latin1'));
    open.push(socket);
    socket.on('error', () => undefined);
    const closed = once(socket.resume(), 'close');
    await once(socket, 'connect');
    await get(await shake('shop.example.org'));
    await bed.close();
    await closed;
  });
});
