/** What agents of builds fetch and bring, over real HTTP, from and into real files. */
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { RequestError } from '../../app/errors.ts';
import { BuildExchange } from '../kubernetes/jobs/build-exchange.ts';
import { buildRoutes } from './build-routes.ts';

let root: string;
let exchange: BuildExchange;
let source: { readonly digest: string; readonly bytes: number };
let server: Server;
let base: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'build-routes-'));
  exchange = new BuildExchange(join(root, 'exchange'));
  await mkdir(join(root, 'tree'));
  await writeFile(join(root, 'tree/index.js'), 'the source');
  source = await exchange.put('b1', join(root, 'tree'));
  const buildOf = async (token: string) => {
    if (token === 'token-2') throw new RequestError('NOT_READY', 'in a moment');
    return token === 'token-1' ? { build: 'b1', mostBytes: 1000 } : undefined;
  };
  const logger = pino({ level: 'silent' });
  server = createServer(express().use(buildRoutes({ archives: exchange, buildOf, logger })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/build`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(root, { recursive: true });
});

const headers = { authorization: 'Bearer token-1' };
const put = (body: string, token = 'token-1') =>
  fetch(`${base}/archive`, { method: 'PUT', body, headers: { authorization: `Bearer ${token}` } });

test('a build fetches its own source, whole or from where it broke off', async () => {
  const whole = Buffer.from(await (await fetch(`${base}/source`, { headers })).arrayBuffer());
  expect(whole.length).toBe(source.bytes);
  expect(whole).toEqual(await readFile(exchange.source('b1')));
  const rest = await fetch(`${base}/source`, { headers: { ...headers, range: 'bytes=10-' } });
  expect([rest.status, Buffer.from(await rest.arrayBuffer())]).toEqual([206, whole.subarray(10)]);
  // The same tree is the same archive, also for a control plane that comes back.
  expect(await exchange.put('b1', join(root, 'tree'))).toEqual(source);
});

test('its result is taken, the last one whole, and no more than it may have', async () => {
  expect((await put('first')).status).toBe(200);
  expect((await put('second')).status).toBe(200);
  const refused = await put('x'.repeat(2000));
  expect([refused.status, await refused.json()]).toEqual([
    413,
    { error: expect.objectContaining({ code: 'BUILD_TOO_LARGE' }) as unknown },
  ]);
  expect(await readFile(exchange.result('b1'), 'utf8')).toBe('second');
});

test('a build that the control plane has not gone on with yet is to come again', async () => {
  const answer = await put('early', 'token-2');
  expect([answer.status, answer.headers.get('retry-after'), await answer.json()]).toEqual([
    503,
    '1',
    { error: { code: 'NOT_READY', message: 'in a moment' } },
  ]);
  await expect(readFile(exchange.result('b1'))).rejects.toMatchObject({ code: 'ENOENT' });
});

test('nobody else gets or brings anything', async () => {
  expect((await put('mine', 'another')).status).toBe(401);
  expect((await fetch(`${base}/source`)).status).toBe(401);
  await expect(readFile(exchange.result('b1'))).rejects.toMatchObject({ code: 'ENOENT' });
});
