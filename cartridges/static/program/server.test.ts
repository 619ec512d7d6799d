import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { startServer, type StaticServer } from './server.ts';
import { readSettings } from './settings.ts';

let directory: string;
let server: StaticServer | undefined;

beforeEach(async () => {
  directory = join(await mkdtemp(join(tmpdir(), 'static-')), 'site');
  await mkdir(directory);
  await writeFile(join(directory, '../outside.txt'), 'no');
  await writeFile(join(directory, 'index.html'), '<h1>home</h1>');
  await writeFile(join(directory, 'a.txt'), '0123456789');
  await writeFile(join(directory, '.env'), 'SECRET=1');
});

afterEach(async () => {
  await server?.close();
  server = undefined;
  await rm(join(directory, '..'), { recursive: true });
});

async function start(environment: Record<string, string> = {}): Promise<string> {
  const read = readSettings({ PORT: '0', HOST: '127.0.0.1', CARTWRIGHT_RELEASE: 'r1', ...environment }, directory);
  if (!read.ok) throw new Error(read.message);
  server = await startServer(read.settings);
  return `http://127.0.0.1:${server.address.port}`;
}

async function get(url: string, headers: Record<string, string> = {}) {
  const response = await fetch(url, { headers: { connection: 'close', ...headers } });
  return { status: response.status, headers: response.headers, body: await response.text() };
}

/** Path and headers as they are: `fetch` would tidy up the one and add to the other. */
function rawStatus(url: string, path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    request({ hostname, port, path, headers, agent: false }, (response) => {
      response.resume().once('end', () => resolve(response.statusCode));
    })
      .once('error', reject)
      .end();
  });
}

describe('the static file server', () => {
  test('serves index.html for the folder, files with their type, and ranges', async () => {
    const url = await start();
    expect(await get(`${url}/`)).toMatchObject({ status: 200, body: '<h1>home</h1>' });
    const part = await get(`${url}/a.txt`, { range: 'bytes=2-4' });
    expect(part).toMatchObject({ status: 206, body: '234' });
    expect(part.headers.get('content-type')).toMatch('text/plain');
  });

  test('a file is unchanged within a release and changed with the next one, whatever its time', async () => {
    const first = await get(`${await start()}/a.txt`);
    const tag = first.headers.get('etag')!;
    expect(first.headers.has('last-modified')).toBe(false);
    const url = `http://127.0.0.1:${server!.address.port}`;
    expect(await rawStatus(url, '/a.txt', { 'if-none-match': tag })).toBe(304);
    await server!.close();
    const next = await start({ CARTWRIGHT_RELEASE: 'r2' });
    expect(await rawStatus(next, '/a.txt', { 'if-none-match': tag })).toBe(200);
  });

  test.each([
    '/.env',
    '/../outside.txt',
    '/%2e%2e/outside.txt',
    '/nothing',
    '/%ff',
    '/%00',
    '/a.txt/..%2f..%2foutside.txt',
  ])('answers 404 for %s', async (path) => {
    expect(await rawStatus(await start(), path)).toBe(404);
  });

  test('answers 405 to what is not reading', async () => {
    const response = await fetch(`${await start()}/`, { method: 'POST', headers: { connection: 'close' } });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });

  test('uses the site’s own 404 page', async () => {
    await writeFile(join(directory, '404.html'), 'lost');
    expect(await get(`${await start()}/nothing`)).toMatchObject({ status: 404, body: 'lost' });
  });

  test('with the fallback on, pages without a file are index.html', async () => {
    const url = await start({ STATIC_FALLBACK: 'on' });
    expect(await get(`${url}/some/page`, { accept: 'text/html' })).toMatchObject({
      status: 200,
      body: '<h1>home</h1>',
    });
    expect((await get(`${url}/some/data`, { accept: 'application/json' })).status).toBe(404);
  });

  test('a folder public with an index.html is what is served', async () => {
    await mkdir(join(directory, 'public'));
    await writeFile(join(directory, 'public/index.html'), 'public');
    expect(await get(`${await start()}/`)).toMatchObject({ body: 'public' });
  });

  test('on its end it takes no new connection, and the idle ones are closed', async () => {
    const { port } = new URL(await start());
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.write('GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n');
    await eventually('an answer', () => socket.bytesRead > 0);
    await server!.close();
    await eventually(
      'the idle connection closed',
      () => socket.destroyed || socket.readableEnded || socket.resume().closed,
    );
    server = undefined;
    await expect(fetch(`http://127.0.0.1:${port}/`)).rejects.toThrow();
    socket.destroy();
  });
});

test.each([
  [{ PORT: 'x' }, 'PORT: expected a port number, found "x"'],
  [{ STATIC_ROOT: '..' }, 'STATIC_ROOT: expected a folder inside the application, found ".."'],
  [{ STATIC_ROOT: 'none' }, 'STATIC_ROOT: expected a folder of the application, found "none"'],
  [{ STATIC_FALLBACK: 'yes' }, 'STATIC_FALLBACK: expected on or off, found "yes"'],
  [{ STATIC_MAX_AGE_SECONDS: '-1' }, 'STATIC_MAX_AGE_SECONDS: expected seconds from 0 to 31536000, found "-1"'],
])('the settings %j are refused', (environment, message) => {
  expect(readSettings(environment, directory)).toEqual({ ok: false, message });
});
