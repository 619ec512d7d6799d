import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { artifactBearer } from '../../schema/agent/artifact-server.ts';
import { freePort } from '../../test/support/free-ports.ts';
import { eventually } from '../../test/support/eventually.ts';
import { ArtifactServer } from './artifact-server.ts';

jest.setTimeout(40_000);

const TOKEN = 'host.acme.the-secret-of-the-server';
const archive = (text: string) => Buffer.from(text.repeat(1000));
const digestOf = (bytes: Buffer) => `sha256-${createHash('sha256').update(bytes).digest('hex')}`;
const [FIRST, SECOND] = [archive('first'), archive('second')];

let folder: string;
let controlPlane: Server;
/** What it has; served under its name, whatever is in it. */
let archives: Map<string, Buffer>;
let asked: string[];
let server: ArtifactServer | undefined;
let url: string;
let told: string[];
/** Port of the control plane. */
let source: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'artifact-server-'));
  writeFileSync(join(folder, 'token'), TOKEN);
  archives = new Map([FIRST, SECOND].map((bytes) => [digestOf(bytes), bytes]));
  asked = [];
  told = [];
  controlPlane = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers.authorization}`);
    const name = request.url!.slice('/list/'.length);
    const list = { v: 1, artifacts: [...archives].map(([digest, { length: bytes }]) => ({ digest, bytes })) };
    response.end(name === '' ? JSON.stringify(list) : archives.get(name));
  });
  await new Promise<void>((resolve) => controlPlane.listen(0, '127.0.0.1', resolve));
  source = (controlPlane.address() as AddressInfo).port;
});

afterEach(async () => {
  await server?.close();
  controlPlane.closeAllConnections();
  controlPlane.close();
  rmSync(folder, { recursive: true });
});

async function start(maximumBytes = 1_000_000): Promise<void> {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  server = new ArtifactServer(
    {
      ...{ source: `http://127.0.0.1:${source}/list`, tokenFile: join(folder, 'token'), port, maximumBytes },
      ...{ authoritiesFile: join(folder, 'ca.pem'), directory: join(folder, 'artifacts') },
      spareDirectory: join(folder, 'spare'),
    },
    (_level, message, fields) => told.push(`${message} ${JSON.stringify(fields)}`),
  );
  await server.start();
}

const get = (digest: string, bearer = artifactBearer(TOKEN, digest), headers: Record<string, string> = {}) =>
  fetch(`${url}/artifacts/${digest}`, { headers: { authorization: `Bearer ${bearer}`, ...headers } });
const isHeld = (bytes: Buffer) => () => get(digestOf(bytes)).then(({ status }) => status === 200);

test('what the control plane lists is fetched, and given to who shows what belongs to it', async () => {
  await start();
  await eventually('both', async () => (await isHeld(FIRST)()) && (await isHeld(SECOND)()), 15_000);
  expect(Buffer.from(await (await get(digestOf(SECOND))).arrayBuffer())).toEqual(SECOND);
  expect(asked.every((one) => one.endsWith(`Bearer ${TOKEN}`))).toBe(true);
  const [first, second] = [digestOf(FIRST), digestOf(SECOND)];
  const refused = await Promise.all([get(first, TOKEN), get(first, artifactBearer(TOKEN, second)), get(first, '')]);
  expect(refused.map(({ status }) => status)).toEqual([401, 401, 401]);
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  expect((await fetch(`${url}/artifacts/../token`)).status).toBe(404);
  expect((await fetch(`${url}/artifacts/${first}`, { method: 'POST' })).status).toBe(405);
});

test('a fetch that broke off is carried on from where it was', async () => {
  await start();
  await eventually('it', isHeld(FIRST), 15_000);
  const part = await get(digestOf(FIRST), undefined, { range: 'bytes=10-' });
  expect([part.status, part.headers.get('content-range')]).toEqual([
    206,
    `bytes 10-${FIRST.length - 1}/${FIRST.length}`,
  ]);
  expect(Buffer.from(await part.arrayBuffer())).toEqual(FIRST.subarray(10));
  expect((await get(digestOf(FIRST), undefined, { range: `bytes=${FIRST.length}-` })).status).toBe(416);
});

test('started again it has what it had, whoever answers', async () => {
  await start();
  await eventually('it', isHeld(FIRST), 15_000);
  await server!.close();
  controlPlane.closeAllConnections();
  controlPlane.close();
  await start();
  expect(await isHeld(FIRST)()).toBe(true);
  await eventually('word of it', () => told.some((one) => one.startsWith('not all artifacts')), 15_000);
});

test('what is not what its digest says is not given, and keeps no other away', async () => {
  archives.set(digestOf(FIRST), Buffer.from(FIRST).fill('x'));
  await start();
  await eventually('the other', isHeld(SECOND), 15_000);
  await eventually(
    'word of it',
    () => told.some((one) => one.includes('artifact-digest') || one.includes('expected sha256')),
    15_000,
  );
  expect((await get(digestOf(FIRST))).status).toBe(404);
  expect(told.join()).not.toContain(TOKEN);
});

test('what is wanted no more goes, and what was asked for and is new comes at once', async () => {
  await start(FIRST.length + 10);
  await eventually('the first', isHeld(FIRST), 15_000);
  await eventually('word of the other', () => told.some((one) => one.includes('no room for 1 artifacts')), 15_000);
  archives.delete(digestOf(FIRST));
  archives.set(digestOf(SECOND), SECOND);
  const third = archive('3');
  archives = new Map([[digestOf(third), third]]);
  const began = performance.now();
  await eventually('the third', isHeld(third), 15_000);
  expect(performance.now() - began).toBeLessThan(8000);
  expect(readdirSync(join(folder, 'artifacts')).sort()).toEqual(['coming', digestOf(third)]);
});

test('a volume that cannot be written is told of, and artifacts are kept and given all the same', async () => {
  // Root may write what is another's; nobody can make a folder inside a file.
  writeFileSync(join(folder, 'artifacts'), '');
  await start();
  await eventually('both', async () => (await isHeld(FIRST)()) && (await isHeld(SECOND)()), 15_000);
  expect(told.filter((line) => line.includes('cannot be written'))).toEqual([
    expect.stringMatching(/choose another storage class .*(EEXIST|ENOTDIR).*"keptIn":".*spare"/),
  ]);
  expect(readdirSync(join(folder, 'spare'))).toEqual(expect.arrayContaining([digestOf(FIRST), digestOf(SECOND)]));
});
