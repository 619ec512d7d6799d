import { randomBytes } from 'node:crypto';
import { createServer, request as httpRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { eventually } from '../../../test/support/eventually.ts';
import { ArtifactError, StoreUnavailable } from '../../app/errors.ts';
import { tenantOf } from '../../app/access.ts';
import type { AuditRequest } from '../../app/audit/scope.ts';
import type { Principal } from '../../app/principal.ts';
import { DEFAULT_RATES, RateLimiter } from '../../app/rate-limiter.ts';
import { indexRoutes } from './index-routes.ts';
import { uploadRoutes } from './upload-routes.ts';

const LIMIT = 8 * 1024 * 1024;
const PRINCIPALS = new Map<string, Principal>([
  ['deployer-token', { token: '01deployer', name: 'deployer', role: 'deployer', tenant: 'acme', application: null }],
  ['viewer-token', { token: '01viewer', name: 'viewer', role: 'viewer', tenant: 'acme', application: null }],
]);

let server: Server;
let url: string;
let rates: RateLimiter;
let log: Record<string, unknown>[];
let received: number;
/** What the use case does with the archive. */
let upload: (archive: Readable) => Promise<void>;
let ended: 'yes' | 'broken' | undefined;

/** Reads everything, up to the limit. */
async function readAll(archive: Readable): Promise<void> {
  for await (const chunk of archive) {
    received += (chunk as Buffer).byteLength;
    if (received > LIMIT) throw new ArtifactError('ARTIFACT_TOO_LARGE', 'the archive is larger than 8 MiB');
  }
}

beforeEach(async () => {
  [log, received, upload, ended] = [[], 0, readAll, undefined];
  const useCases = {
    authenticate: async (token: string) => PRINCIPALS.get(token),
    audited: <T>(_principal: Principal, _request: AuditRequest, work: () => Promise<T>) => work(),
    mutations: {
      async uploadSource(principal: Principal, archive: Readable, tenant?: string | null) {
        tenantOf(principal, tenant, 'deployer');
        try {
          await upload(archive);
          ended = 'yes';
        } catch (error) {
          ended = 'broken';
          throw error;
        }
        return { digest: `sha256-${'ab'.repeat(32)}`, bytes: received };
      },
    },
  };
  const write = (line: string) => void log.push(JSON.parse(line) as Record<string, unknown>);
  const app = express();
  rates = new RateLimiter({ ...DEFAULT_RATES, burst: 5 }, () => 0);
  app.use(uploadRoutes({ useCases, rates, logger: pino({}, { write }) }));
  app.use(indexRoutes({ version: '1.2.3' }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

interface Answer {
  readonly status: number;
  readonly body: {
    readonly digest?: string;
    readonly bytes?: number;
    readonly error?: { readonly code: string; readonly message: string; readonly correlationId?: string };
  };
}

async function post(body: Buffer<ArrayBuffer>, headers: Record<string, string> = {}, query = ''): Promise<Answer> {
  const response = await fetch(`${url}/upload/source${query}`, {
    method: 'POST',
    headers: { 'content-type': 'application/gzip', authorization: 'Bearer deployer-token', ...headers },
    body,
  });
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

describe('an upload', () => {
  test('is streamed to the use case and answered with its digest', async () => {
    const answer = await post(randomBytes(3 * 1024 * 1024));
    expect(answer).toEqual({ status: 201, body: { digest: `sha256-${'ab'.repeat(32)}`, bytes: 3 * 1024 * 1024 } });
  });

  test('that is larger than the use case takes is answered with 413, though its sender is still sending', async () => {
    const answer = await post(randomBytes(LIMIT * 3));
    expect(answer.status).toBe(413);
    expect(answer.body.error).toEqual({ code: 'ARTIFACT_TOO_LARGE', message: 'the archive is larger than 8 MiB' });
    expect(received).toBeLessThan(LIMIT + 1024 * 1024);
  });

  test.each([
    ['no token', { authorization: '' }, 401, 'UNAUTHENTICATED'],
    ['an unknown token', { authorization: 'Bearer unknown' }, 401, 'UNAUTHENTICATED'],
    ['the token of a viewer', { authorization: 'Bearer viewer-token' }, 403, 'FORBIDDEN'],
    ['another type', { 'content-type': 'application/zip' }, 415, 'UNSUPPORTED_MEDIA_TYPE'],
  ])('with %s is refused, and none of it is kept', async (_name, headers, status, code) => {
    const answer = await post(randomBytes(100_000), headers);
    expect(answer).toMatchObject({ status, body: { error: { code } } });
    expect(received).toBe(0);
  });

  test('for another tenant is refused', async () => {
    expect(await post(Buffer.from('x'), {}, '?tenant=other')).toMatchObject({ status: 403 });
    expect(await post(Buffer.from('x'), {}, '?tenant=acme')).toMatchObject({ status: 201 });
    expect(await post(Buffer.from('x'), {}, '?tenant=acme&tenant=other')).toMatchObject({
      status: 400,
      body: { error: { code: 'INVALID', field: 'tenant' } },
    });
  });

  test('beyond what the token may ask is answered 429, and the body is not taken', async () => {
    for (let count = 0; count < 5; count += 1) expect((await post(Buffer.from('x'))).status).toBe(201);
    received = 0;
    const answer = await post(randomBytes(1024));
    expect(answer.status).toBe(429);
    expect(answer.body.error?.code).toBe('RATE_LIMITED');
    expect(received).toBe(0);
    expect(rates.use('01deployer').concurrent).toBe(0);
  });

  test('that meets a busy store is told to come again', async () => {
    upload = () => Promise.reject(new StoreUnavailable('STORE_BUSY', 'the database is busy: try again'));
    expect(await post(Buffer.from('x'))).toMatchObject({ status: 503, body: { error: { code: 'STORE_BUSY' } } });
  });

  test('that fails unexpectedly is told an id that is in the log, and nothing else', async () => {
    upload = () => Promise.reject(new Error('EACCES: /var/lib/cartwright'));
    const { status, body } = await post(Buffer.from('x'));
    expect(status).toBe(500);
    expect(JSON.stringify(body)).not.toContain('EACCES');
    expect(log).toMatchObject([
      { correlationId: body.error?.correlationId, err: { message: 'EACCES: /var/lib/cartwright' } },
    ]);
  });

  test('that breaks off is an error to the use case, not an end', async () => {
    const request = httpRequest(`${url}/upload/source`, {
      method: 'POST',
      headers: {
        'content-type': 'application/gzip',
        authorization: 'Bearer deployer-token',
        'content-length': '1000000',
      },
    });
    request.on('error', () => undefined);
    request.write(randomBytes(1000));
    await eventually('some of it came', () => received > 0);
    request.destroy();
    await eventually('the use case is told', () => ended === 'broken');
  });

  test('by another method is not found', async () => {
    expect((await fetch(`${url}/upload/source`)).status).toBe(404);
  });
});

describe('the index', () => {
  test('names the program, its version and its endpoints', async () => {
    const response = await fetch(url);
    expect(await response.json()).toEqual({
      name: 'cartwright',
      version: '1.2.3',
      endpoints: {
        graphql: '/graphql',
        upload: '/upload/source',
        session: '/session',
        health: '/healthz',
        readiness: '/readyz',
        metrics: '/metrics',
      },
    });
  });
});
