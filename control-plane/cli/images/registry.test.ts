import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { credentialsOf } from './registry-login.ts';
import { Registry } from './registry.ts';

const DIGEST = `sha256:${'5'.repeat(64)}`;
const MANIFEST = JSON.stringify({ config: { size: 10 }, layers: [{ size: 1000 }, { size: 200 }] });
const nobody = async (): Promise<undefined> => undefined;

let server: Server;
let host: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
beforeEach(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

const has = (response: ServerResponse): void =>
  void response.writeHead(200, { 'docker-content-digest': DIGEST }).end(MANIFEST);
const challenge = (response: ServerResponse, value: string): void =>
  void response.writeHead(401, { 'www-authenticate': value }).end();

test('a registry on this machine may be without TLS, and says what it has of a tag', async () => {
  const asked: string[] = [];
  answer = (request, response) => {
    asked.push(request.url!);
    if (request.url === '/v2/') response.end();
    else if (request.url!.endsWith('/1')) has(response);
    else response.writeHead(404).end();
  };
  const registry = await Registry.open(`${host}/team`, false, nobody);
  expect(registry).toMatchObject({ usesTls: false, host, prefix: `${host}/team` });
  expect(await registry.find('php', '1')).toEqual({ digest: DIGEST, packedBytes: 1210 });
  expect(await registry.find('php', '2')).toBeUndefined();
  expect(asked).toEqual(['/v2/', '/v2/team/php/manifests/1', '/v2/team/php/manifests/2']);
});

test('one that nobody answers is said in one sentence', async () => {
  const gone = createServer();
  await new Promise<void>((resolve) => gone.listen(0, '127.0.0.1', resolve));
  const host = `127.0.0.1:${(gone.address() as AddressInfo).port}`;
  await new Promise((resolve) => gone.close(resolve));
  await expect(Registry.open(host, false, nobody)).rejects.toMatchObject({
    code: 'REGISTRY_UNREACHABLE',
    message: `the registry ${host} does not answer over https or http (ECONNREFUSED): is it running, and is the address right?`,
  });
});

test('is asked with the stored login, by a token or by the password itself', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'login-'));
  try {
    const auth = Buffer.from('me:secret').toString('base64');
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth } } }));
    const credentials = credentialsOf({ DOCKER_CONFIG: folder, REGISTRY_AUTH_FILE: join(folder, 'none') });
    answer = (request, response) => {
      const { authorization } = request.headers;
      if (request.url!.startsWith('/token?service=here&scope=pull') && authorization === `Basic ${auth}`)
        response.end('{"token": "t"}');
      else if (authorization === 'Bearer t') has(response);
      else challenge(response, `Bearer realm="http://${host}/token",service="here",scope="pull"`);
    };
    expect(await (await Registry.open(host, true, credentials)).find('php', '1')).toMatchObject({ digest: DIGEST });
    answer = (request, response) =>
      request.headers.authorization === `Basic ${auth}` ? has(response) : challenge(response, 'Basic realm="x"');
    expect(await (await Registry.open(host, true, credentials)).find('php', '1')).toMatchObject({ digest: DIGEST });
    expect(await (await Registry.open(host, true, nobody)).find('php', '1')).toBeUndefined();
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.each(['', 'Negotiate', 'Bearer realm="not a url"', 'Bearer scope="x"'])(
  'where it cannot be asked nothing is known: %j',
  async (value) => {
    answer = (_, response) => challenge(response, value);
    expect(await (await Registry.open(host, true, nobody)).find('php', '1')).toBeUndefined();
  },
);
