import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { ARTIFACT_SERVER_PATH, artifactList } from '../../../schema/agent/artifact-server.ts';
import { ArtifactServerAccess, artifactServerToken } from '../../app/artifact-servers.ts';
import { artifactServerRoutes } from './artifact-server-routes.ts';

const digest = (letter: string) => `sha256-${letter.repeat(64)}`;
const [RUNS, OLD, OTHERS] = [digest('a'), digest('b'), digest('c')];
/** As the vault does it, without its keys. */
const derive = (purpose: string, subject: string): string[] =>
  ['new', 'old'].map((key) =>
    Buffer.from(`${key}/${purpose}/${subject}`.padEnd(32)).toString('base64url').slice(0, 64),
  );

let folder: string;
let server: Server;
let base: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'routes-'));
  for (const name of [RUNS, OLD, OTHERS]) writeFileSync(join(folder, name), `archive ${name}`);
  const releases = [
    { uid: 'r3', tenant: 'acme', artifact: OLD },
    { uid: 'r2', tenant: 'acme', artifact: RUNS },
    { uid: 'r1', tenant: 'acme', artifact: OLD },
    { uid: 'r0', tenant: 'acme', artifact: null },
    { uid: 'x1', tenant: 'other', artifact: OTHERS },
  ];
  const find = async ({ tenant, artifact }: { tenant: string; artifact?: string }) =>
    releases.filter((one) => one.tenant === tenant && (artifact === undefined || one.artifact === artifact));
  const store = {
    hostClusters: { get: async (uid: string) => (uid === 'host' ? { uid } : undefined) },
    clusters: { find: async () => [{ stableRelease: 'r2', candidateRelease: null }] },
    releases: { find },
    artifacts: { find: async ({ uid }: { uid: string[] }) => uid.map((one) => ({ uid: one, bytes: 79 })) },
  };
  const access = new ArtifactServerAccess(store as never, { derive });
  const artifacts = { path: async (name: string) => join(folder, name) };
  server = createServer(express().use(artifactServerRoutes({ access, artifacts })));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}${ARTIFACT_SERVER_PATH}/artifacts`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const TOKEN = artifactServerToken({ derive }, 'host', 'acme')!;
const get = (path = '', token = TOKEN) => fetch(`${base}${path}`, { headers: { authorization: `Bearer ${token}` } });

test('a server is told what its tenant’s releases are made of, what runs first', async () => {
  const list = artifactList.parse(await (await get()).json());
  expect(list.artifacts.map((one) => one.digest)).toEqual([RUNS, OLD]);
  // By the key of before, too, while it is there.
  const [, former] = derive('artifact-server', 'host/acme');
  expect((await get('', `host.acme.${former}`)).status).toBe(200);
});

test('it fetches those, and no others', async () => {
  expect(await (await get(`/${OLD}`)).text()).toBe(`archive ${OLD}`);
  const statuses = await Promise.all([OTHERS, digest('d'), '..%2Ftoken'].map((name) => get(`/${name}`)));
  expect(statuses.map(({ status }) => status)).toEqual([404, 404, 404]);
});

test('whoever shows something else is refused', async () => {
  const secret = TOKEN.split('.')[2]!;
  const wrong = ['', 'x', `host.other.${secret}`, `gone.acme.${secret}`, `host.acme.${secret.slice(1)}`, `host.acme.`];
  const gone = artifactServerToken({ derive }, 'gone', 'acme')!;
  const answers = await Promise.all([...wrong, gone].map((token) => get('', token)));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 401));
});
