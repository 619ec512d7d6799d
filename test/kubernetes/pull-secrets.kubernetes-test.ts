/** Images of a registry that wants a password: pulled with what somebody has set, and not without; and a Secret of ours that somebody changes. */
import { createServer, request, type Server } from 'node:http';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { WORKING } from '../support/repository.ts';
import { getText } from '../support/steady-load.ts';
import { addressOfThisMachine, kubectl } from './cluster.ts';
import { pushedImages, testRegistry } from './image-set.ts';
import { KubernetesWorld, LIMIT } from './world.ts';

jest.setTimeout(600_000);

const PORT = 5055;
const [USER, PASSWORD] = ['puller', 'correct-horse'];

let world: KubernetesWorld;
let registry: Server;
/** Requests that had no password, or another one. */
let refused = 0;

/** The registry of the tests behind a password, as a registry asks for one. */
function behindPassword(): Server {
  const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`;
  const [host, port] = testRegistry().split(':') as [string, string];
  return createServer((incoming, answer) => {
    if (incoming.headers.authorization !== expected) {
      refused += 1;
      answer.writeHead(401, { 'www-authenticate': 'Basic realm="test"' }).end();
      return;
    }
    const headers = { ...incoming.headers };
    delete headers.authorization;
    const on = request({ host, port, path: incoming.url, method: incoming.method, headers }, (back) => {
      answer.writeHead(back.statusCode ?? 502, back.headers);
      back.pipe(answer);
    });
    on.on('error', () => answer.destroy());
    incoming.pipe(on);
  });
}

beforeAll(async () => {
  registry = behindPassword();
  const machine = await addressOfThisMachine();
  await new Promise<void>((resolve) => registry.listen(PORT, machine, resolve));
  const host = `${machine}:${PORT}`;
  // Nodes speak HTTP to it, as they do to the registry of the tests.
  const folder = join(dirname(process.env.KUBECONFIG!), 'certs.d', host);
  await mkdir(folder, { recursive: true });
  await writeFile(
    join(folder, 'hosts.toml'),
    `server = "http://${host}"\n[host."http://${host}"]\n  capabilities = ["pull", "resolve"]\n`,
  );
  const image = (await pushedImages(['nodejs'])).get('nodejs')!;
  // On the machine: in a pod the build would be what waits for the image.
  world = await KubernetesWorld.open({ name: 'pull', settings: { CARTWRIGHT_BUILDS: 'machine' } });
  await world.register('here');
  await world.takeImage('nodejs', image.replace(testRegistry(), host));
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  registry.closeAllConnections();
  registry.close();
});

const secret = async (): Promise<string> => {
  const path = 'jsonpath={.data.\\.dockerconfigjson}';
  const text = await kubectl('-n', world.namespace, 'get', 'secret', 'cartwright-pull', '-o', path);
  return Buffer.from(text, 'base64').toString();
};
const set = async (value: string): Promise<void> =>
  world.change('setCredential', 'SetCredentialInput', {
    ...{ tenant: 'default', name: 'images', kind: 'REGISTRY', username: USER, value },
    hosts: [`${await addressOfThisMachine()}:${PORT}`],
  });

test('without a password the image is not pulled, and the instance says so', async () => {
  await world.deploy(WORKING('one'));
  await eventually(
    'the reason',
    async () => (await world.instances()).some(({ reason }) => reason?.code === 'image-pull-failed'),
    LIMIT,
  );
  expect(refused).toBeGreaterThan(0);
  expect(await secret()).toBe('{"auths":{}}');
});

test('with one that somebody sets, the pod that waited gets it', async () => {
  await set(PASSWORD);
  await eventually('one that serves', async () => (await world.active()).length === 1, LIMIT);
  await eventually('an answer', async () => (await getText(await world.url()).catch(() => '')) === 'one', LIMIT);
});

test('one that is set again is written, and one that somebody changes or deletes is put back', async () => {
  await set('another');
  await eventually('the other', async () => (await secret()).includes('"another"'), LIMIT);
  const before = await secret();
  const data = Buffer.from('{"auths":{"evil.example":{}}}').toString('base64');
  await kubectl(
    '-n',
    world.namespace,
    'patch',
    'secret',
    'cartwright-pull',
    '-p',
    JSON.stringify({ data: { '.dockerconfigjson': data } }),
  );
  await eventually('it is as it was', async () => (await secret()) === before, LIMIT);
  const secrets = (await world.objects('secrets')).sort();
  expect(secrets.length).toBeGreaterThan(2);
  for (const one of secrets) await kubectl('-n', world.namespace, 'delete', one);
  await eventually(
    'all are there again',
    async () => (await world.objects('secrets')).sort().join() === secrets.join(),
    LIMIT,
  );
  expect(await secret()).toBe(before);
  const told = await world.events<{ kind: string; isReverted: boolean; fields: string[] }>(
    'host-cluster.object-changed',
  );
  expect(told.filter(({ kind, isReverted }) => kind === 'Secret' && isReverted).length).toBeGreaterThanOrEqual(
    secrets.length,
  );
  await world.change('deleteCredential', 'DeleteCredentialInput', { tenant: 'default', name: 'images' });
  await eventually('nothing is left of it', async () => (await secret()) === '{"auths":{}}', LIMIT);
});
