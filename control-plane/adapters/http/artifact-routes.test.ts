import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, request, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { canonicalConfiguration } from '../../../schema/agent/configuration-digest.ts';
import type { ReleaseConfiguration, ReleaseSecrets } from '../../../schema/agent/instance.ts';
import { SecretError } from '../../app/errors.ts';
import { createArtifactStore } from '../artifacts/store.ts';
import { instanceRoutes } from './artifact-routes.ts';

const configuration: ReleaseConfiguration = { v: 1, release: 'r1', environment: { GREETING: 'grüezi', A: '1' } };
const secrets: ReleaseSecrets = { v: 1, release: 'r1', values: { A: 'geheim' } };
let root: string;
let server: Server;
let digest: string;
let archive: Buffer;

beforeAll(async () => {
  // Below a hidden folder, as data folders often are.
  root = await mkdtemp(join(tmpdir(), '.routes-'));
  const store = await createArtifactStore({ directory: join(root, 'store') });
  await mkdir(join(root, 'tree'));
  await writeFile(join(root, 'tree/a'), Array.from({ length: 500 }, (_, index) => index * index).join());
  ({ digest } = await store.pack(join(root, 'tree')));
  archive = await readFile((await store.path(digest))!);
  const application = express();
  application.use(
    '/instance/v1',
    instanceRoutes({
      metadata: async ({ cluster }) =>
        cluster === 'good' ? { v: 1, version: '1.2', application: { region: 'zurich' }, component: {} } : undefined,
      artifacts: store,
      authenticateInstance: async (token) =>
        token === 'good' || token === 'other' ? { instance: 'i1', cluster: token, tenant: 'default' } : undefined,
      mayRead: async ({ cluster }, name) => cluster === 'good' && !name.endsWith('f'.repeat(64)),
      releaseConfiguration: async ({ cluster }, release) =>
        cluster === 'good' && release === 'r1' ? configuration : undefined,
      certificates: async ({ cluster }) =>
        cluster === 'good' ? { v: 1, revision: 'r-1', certificates: [] } : undefined,
      releaseSecrets: async ({ cluster }, release) => {
        if (release === 'lost') throw new SecretError('SECRET_KEY_MISSING', 'version 1 of the secret A cannot be read');
        return cluster === 'good' && release === 'r1' ? secrets : undefined;
      },
    }),
  );
  server = createServer(application);
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
  readonly code: unknown;
}

function ask(
  path: string,
  headers: Record<string, string> = { authorization: 'Bearer good' },
  method = 'GET',
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo;
    const asked = request(
      { host: '127.0.0.1', port, path: `/instance/v1${path}`, headers, method, agent: false },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('end', () => {
          const body = Buffer.concat(chunks);
          const isJson = response.headers['content-type']?.startsWith('application/json') && body.length > 0;
          const parsed = (isJson ? JSON.parse(body.toString()) : {}) as { error?: { code?: unknown } };
          resolve({ status: response.statusCode, headers: response.headers, body, code: parsed.error?.code });
        });
      },
    );
    asked.once('error', reject).end();
  });
}

describe('artifacts', () => {
  test('are answered whole, with their digest as tag, for ever', async () => {
    const { status, headers, body } = await ask(`/artifacts/${digest}`);
    expect(status).toBe(200);
    expect(`sha256-${createHash('sha256').update(body).digest('hex')}`).toBe(digest);
    expect(headers).toMatchObject({
      etag: `"${digest}"`,
      'content-type': 'application/gzip',
      'accept-ranges': 'bytes',
      'cache-control': 'private, max-age=31536000, immutable',
    });
  });

  test('are answered in parts', async () => {
    const part = await ask(`/artifacts/${digest}`, {
      authorization: 'Bearer good',
      range: 'bytes=10-19',
      'if-range': `"${digest}"`,
    });
    expect(part.status).toBe(206);
    expect(part.body).toEqual(archive.subarray(10, 20));
    expect(part.headers['content-range']).toBe(`bytes 10-19/${archive.length}`);
    const rest = await ask(`/artifacts/${digest}`, {
      authorization: 'Bearer good',
      range: `bytes=${archive.length - 3}-`,
    });
    expect(rest.body).toEqual(archive.subarray(-3));
    const beyond = await ask(`/artifacts/${digest}`, { authorization: 'Bearer good', range: 'bytes=9999999-' });
    expect([beyond.status, beyond.code]).toEqual([416, 'RANGE_NOT_SATISFIABLE']);
  });

  test('are not sent to whom has them', async () => {
    const { status, body } = await ask(`/artifacts/${digest}`, {
      authorization: 'Bearer good',
      'if-none-match': `"${digest}"`,
    });
    expect([status, body.length]).toEqual([304, 0]);
  });

  test('tell their size without being sent', async () => {
    const { headers, body } = await ask(`/artifacts/${digest}`, { authorization: 'Bearer good' }, 'HEAD');
    expect([Number(headers['content-length']), body.length]).toEqual([archive.length, 0]);
  });

  test.each<[string, Record<string, string>]>([
    ['no token', {}],
    ['another scheme', { authorization: 'Basic good' }],
    ['an unknown token', { authorization: 'Bearer bad' }],
    ['a token with a blank', { authorization: 'Bearer go od' }],
    ['a huge token', { authorization: `Bearer ${'x'.repeat(5000)}` }],
  ])('are refused to %s', async (_name, headers) => {
    const { status, code, headers: answered } = await ask(`/artifacts/${digest}`, headers);
    expect([status, code]).toEqual([401, 'UNAUTHENTICATED']);
    expect(answered['www-authenticate']).toMatch(/^Bearer/);
  });

  test('of others are refused, whether they are there or not', async () => {
    const other = { authorization: 'Bearer other' };
    expect((await ask(`/artifacts/${digest}`, other)).code).toBe('FORBIDDEN');
    expect((await ask(`/artifacts/sha256-${'0'.repeat(64)}`, other)).code).toBe('FORBIDDEN');
  });

  test('that are not there are not found', async () => {
    expect((await ask(`/artifacts/sha256-${'0'.repeat(64)}`)).code).toBe('ARTIFACT_NOT_FOUND');
    for (const name of ['x', '..%2f..%2fetc%2fpasswd', `sha256-${'g'.repeat(64)}`])
      expect((await ask(`/artifacts/${name}`)).status).toBe(404);
  });

  test('can only be read', async () => {
    expect((await ask(`/artifacts/${digest}`, { authorization: 'Bearer good' }, 'PUT')).status).toBe(405);
  });
});

describe('the configuration of a release', () => {
  test('is exactly the text of the release’s configuration digest', async () => {
    const { status, headers, body } = await ask('/releases/r1/configuration');
    expect(status).toBe(200);
    expect(createHash('sha256').update(body).digest('hex')).toBe(canonicalConfiguration(configuration).digest);
    expect(JSON.parse(body.toString())).toEqual(configuration);
    expect(headers['cache-control']).toBe('private, no-store');
  });

  test('of another service cluster, or of none, is not found', async () => {
    expect((await ask('/releases/r1/configuration', { authorization: 'Bearer other' })).code).toBe('NOT_FOUND');
    expect((await ask('/releases/r2/configuration')).code).toBe('NOT_FOUND');
    expect((await ask('/releases/R_1/configuration')).code).toBe('NOT_FOUND');
  });

  test('is refused without a token', async () => {
    expect((await ask('/releases/r1/configuration', {})).code).toBe('UNAUTHENTICATED');
  });
});

test('certificates are for load balancers with their token alone, and are not kept on the way', async () => {
  const { status, headers, body } = await ask('/certificates');
  expect([status, headers['cache-control']]).toEqual([200, 'private, no-store']);
  expect(JSON.parse(body.toString())).toEqual({ v: 1, revision: 'r-1', certificates: [] });
  expect((await ask('/certificates', { authorization: 'Bearer other' })).code).toBe('FORBIDDEN');
  expect((await ask('/certificates', {})).code).toBe('UNAUTHENTICATED');
  expect((await ask('/certificates', { authorization: 'Bearer good' }, 'POST')).status).toBe(405);
});

describe('the secrets of a release', () => {
  test('are answered to an instance that runs it, and kept by nobody in between', async () => {
    const { status, headers, body } = await ask('/releases/r1/secrets');
    expect(status).toBe(200);
    expect(JSON.parse(body.toString())).toEqual(secrets);
    expect(headers['cache-control']).toBe('private, no-store');
    expect(headers.etag).toBeUndefined();
  });

  test('of another service cluster, or of a release that does not run, are not found', async () => {
    expect((await ask('/releases/r1/secrets', { authorization: 'Bearer other' })).code).toBe('NOT_FOUND');
    expect((await ask('/releases/r2/secrets')).code).toBe('NOT_FOUND');
    expect((await ask('/releases/R_1/secrets')).code).toBe('NOT_FOUND');
  });

  test('are refused without a token, and can only be read', async () => {
    expect((await ask('/releases/r1/secrets', {})).code).toBe('UNAUTHENTICATED');
    expect((await ask('/releases/r1/secrets', { authorization: 'Bearer good' }, 'POST')).status).toBe(405);
  });

  test('that cannot be read are a conflict that names them', async () => {
    const { status, code, body } = await ask('/releases/lost/secrets');
    expect([status, code]).toEqual([409, 'SECRET_KEY_MISSING']);
    expect(body.toString()).toContain('version 1 of the secret A');
  });
});

describe('metadata', () => {
  test('is answered to the instances of its service cluster, and not without a token', async () => {
    const { status, headers, body } = await ask('/metadata');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('private, no-store');
    expect(JSON.parse(body.toString())).toMatchObject({ version: '1.2', application: { region: 'zurich' } });
    expect((await ask('/metadata', { authorization: 'Bearer other' })).code).toBe('NOT_FOUND');
    expect((await ask('/metadata', {})).code).toBe('UNAUTHENTICATED');
  });
});
