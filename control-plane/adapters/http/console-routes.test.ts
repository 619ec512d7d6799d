/** The console over real HTTP: who gets its page, what its files are sent with, and that nothing beside them is reached. */
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { readConsoleFiles } from './console-files.ts';
import { consoleRoutes } from './console-routes.ts';
import { indexRoutes } from './index-routes.ts';

const PAGE = '<!doctype html><title>Cartwright</title>';
const SCRIPT = 'export const a = 1;'.repeat(100);
const SECRET = 'not for anybody';
/** As browsers ask for a page, and for what belongs to one. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const IMAGE = 'image/avif,image/webp,image/svg+xml,image/*;q=0.8,*/*;q=0.5';

let root: string;
let server: Server;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), '.console-'));
  const folder = join(root, 'console');
  await mkdir(join(folder, 'assets'), { recursive: true });
  await mkdir(join(folder, '.vite'));
  await writeFile(join(root, 'secret.txt'), SECRET);
  await writeFile(join(folder, 'index.html'), PAGE);
  await writeFile(join(folder, 'favicon.svg'), '<svg/>');
  await writeFile(join(folder, '.vite/manifest.json'), SECRET);
  await writeFile(join(folder, 'assets/.hidden'), SECRET);
  await writeFile(join(folder, 'assets/main-1a2b.js'), SCRIPT);
  await writeFile(join(folder, 'assets/main-1a2b.js.br'), brotliCompressSync(SCRIPT));
  await writeFile(join(folder, 'assets/main-1a2b.js.gz'), gzipSync(SCRIPT));
  await writeFile(join(folder, 'assets/style-3c4d.css'), 'body{}');
  await symlink('../../secret.txt', join(folder, 'assets/link.txt'));
  await symlink('../..', join(folder, 'assets/up'));
  const files = (await readConsoleFiles(folder))!;
  const app = express();
  app.get('/graphql', (_request, response) => void response.status(401).json({}));
  app.use(consoleRoutes({ files, publicOrigin: 'https://paas.example' }));
  app.use(indexRoutes({ version: '1.2.3' }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true });
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Sends the path as it stands: `fetch` would resolve it first. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    })
      .once('error', reject)
      .end();
  });
}
const isPage = ({ body }: Answer): boolean => body.toString() === PAGE;

describe('the page', () => {
  test.each(['/', '/applications/shop/web', '/applications/shop/logs?q=a', '/sign-in', '/instances', '/index.html'])(
    'is what a browser gets at %s',
    async (path) => {
      const answer = await ask(path, { accept: BROWSER });
      expect([answer.status, isPage(answer)]).toEqual([200, true]);
      expect(answer.headers).toMatchObject({
        'content-type': 'text/html; charset=utf-8',
        'cache-control': 'no-cache',
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cross-origin-opener-policy': 'same-origin',
        vary: expect.stringContaining('Accept'),
      });
      expect(answer.headers['permissions-policy']).toContain('camera=()');
    },
  );

  test.each([
    '/graphql/x',
    '/upload/x',
    '/healthz/x',
    '/readyz/x',
    '/metrics/x',
    '/instance/v1/x',
    '/webhooks/git',
    '/backup/x',
    '/session/x',
    '/assets/gone-5e6f.js',
    '/assets/link.txt',
    '/GRAPHQL/x',
  ])('is not at %s, which the API or a build could have', async (path) => {
    expect((await ask(path, { accept: BROWSER })).status).toBe(404);
  });

  test.each([undefined, '*/*', 'application/json', IMAGE])('is not for who asks with Accept: %s', async (accept) => {
    const headers: Record<string, string> = accept === undefined ? {} : { accept };
    for (const path of ['/applications/shop', '/favicon.ico']) expect((await ask(path, headers)).status).toBe(404);
    const index = await ask('/', headers);
    expect(JSON.parse(index.body.toString())).toMatchObject({ name: 'cartwright', version: '1.2.3' });
    expect(index.headers.vary).toContain('Accept');
  });

  test('may load from its own host alone, and be within no other page', async () => {
    const { headers } = await ask('/', { accept: BROWSER, host: '127.0.0.1:4747' });
    const policy = Object.fromEntries(
      String(headers['content-security-policy'])
        .split('; ')
        .map((directive) => [directive.split(' ')[0], directive.split(' ').slice(1)]),
    ) as Record<string, string[]>;
    expect(policy).toEqual({
      'default-src': ["'none'"],
      'script-src': ["'self'"],
      'style-src': ["'self'"],
      'img-src': ["'self'", 'data:'],
      'font-src': ["'self'"],
      'connect-src': [
        "'self'",
        ...['127.0.0.1:4747', 'paas.example'].flatMap((host) => [`ws://${host}`, `wss://${host}`]),
      ],
      'base-uri': ["'none'"],
      'form-action': ["'self'"],
      'frame-ancestors': ["'none'"],
      'require-trusted-types-for': ["'script'"],
      'trusted-types': ["'none'"],
    });
  });

  test.each(["a; script-src 'unsafe-inline'", 'a b', 'a/b', '*', '*.example', "'unsafe-inline'", 'a,b', '[::1]x'])(
    'is not told to load from the host %j',
    async (host) => {
      const { headers } = await ask('/', { accept: BROWSER, host });
      expect(headers['content-security-policy']).toContain("connect-src 'self' ws://paas.example wss://paas.example;");
    },
  );

  test('is not sent again to whom has it', async () => {
    const { headers } = await ask('/', { accept: BROWSER });
    const again = await ask('/audit', { accept: BROWSER, 'if-none-match': headers.etag! });
    expect([again.status, again.body.length]).toEqual([304, 0]);
    expect(again.headers['content-security-policy']).toContain("default-src 'none'");
  });

  test('is told of without being sent, and changes nothing', async () => {
    const head = await ask('/', { accept: BROWSER }, 'HEAD');
    expect([head.status, head.body.length, head.headers['content-length']]).toEqual([200, 0, String(PAGE.length)]);
    for (const method of ['POST', 'PUT', 'DELETE'])
      expect((await ask('/applications', { accept: BROWSER }, method)).status).toBe(404);
  });
});

describe('a file', () => {
  test('with its digest in its name is kept for a year', async () => {
    const { status, headers, body } = await ask('/assets/style-3c4d.css', { accept: 'text/css,*/*;q=0.1' });
    expect([status, body.toString()]).toEqual([200, 'body{}']);
    expect(headers).toMatchObject({
      'content-type': 'text/css; charset=utf-8',
      'cache-control': 'public, max-age=31536000, immutable',
      'x-content-type-options': 'nosniff',
    });
    expect(headers.vary).toBeUndefined();
  });

  test('without one is asked about again', async () => {
    const { headers } = await ask('/favicon.svg', { accept: IMAGE });
    expect(headers).toMatchObject({ 'content-type': 'image/svg+xml', 'cache-control': 'no-cache' });
    expect(headers['content-security-policy']).toContain("default-src 'none'");
    const again = await ask('/favicon.svg', { accept: IMAGE, 'if-none-match': headers.etag! });
    expect(again.status).toBe(304);
  });

  test.each([
    ['gzip, deflate, br', 'br', brotliCompressSync(SCRIPT)],
    ['gzip', 'gzip', gzipSync(SCRIPT)],
    ['br;q=0, gzip', 'gzip', gzipSync(SCRIPT)],
    ['identity', undefined, Buffer.from(SCRIPT)],
    ['br;q=0', undefined, Buffer.from(SCRIPT)],
    [undefined, undefined, Buffer.from(SCRIPT)],
  ])('is sent as it was compressed to who takes that (%s)', async (accepted, encoding, bytes) => {
    const headers = { accept: '*/*', ...(accepted !== undefined && { 'accept-encoding': accepted }) };
    const answer = await ask('/assets/main-1a2b.js', headers);
    expect(answer.body).toEqual(bytes);
    expect(answer.headers['content-encoding']).toBe(encoding);
    expect(answer.headers).toMatchObject({ 'content-type': 'text/javascript; charset=utf-8', vary: 'Accept-Encoding' });
  });

  test.each(['/assets/main-1a2b.js.br', '/assets/main-1a2b.js.gz'])('is %s not by itself', async (path) => {
    expect((await ask(path)).status).toBe(404);
  });
});

describe('nothing beside the files is reached by', () => {
  const ways = [
    '/../secret.txt',
    '/assets/../../secret.txt',
    '/%2e%2e/secret.txt',
    '/assets/%2e%2e/%2e%2e/secret.txt',
    '/assets/..%2f..%2fsecret.txt',
    '/assets/%252e%252e/%252e%252e/secret.txt',
    '/assets/..%5c..%5csecret.txt',
    '/assets/....//....//secret.txt',
    '/assets/main-1a2b.js%00.txt',
    '/%00',
    '/%',
    '/assets/%ff',
    '/assets/link.txt',
    '/assets/up/secret.txt',
    '/assets/.hidden',
    '/.vite/manifest.json',
    '//secret.txt',
    '/assets',
    '/assets/',
    '/__proto__',
    '/constructor',
  ];
  test.each(ways)('%s', async (path) => {
    for (const accept of ['*/*', BROWSER]) {
      const answer = await ask(path, { accept });
      expect(answer.body.toString()).not.toContain(SECRET);
      expect([404, 400, 200]).toContain(answer.status);
      if (answer.status === 200) expect([accept, isPage(answer)]).toEqual([BROWSER, true]);
    }
  });
});

test('a build without a console has none', async () => {
  expect(await readConsoleFiles(join(root, 'nothing'))).toBeUndefined();
  await mkdir(join(root, 'empty'));
  expect(await readConsoleFiles(join(root, 'empty'))).toBeUndefined();
});
