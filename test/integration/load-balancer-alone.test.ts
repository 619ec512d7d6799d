import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from 'node:tls';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LoadBalancer } from '../../agent/local/load-balancer.ts';
import { encode } from '../../schema/mqtt/payload.ts';
import type { TopologyDocument } from '../../schema/mqtt/topology.ts';
import { selfSigned } from '../support/certificate.ts';
import { eventually } from '../support/eventually.ts';
import { ROOT } from '../support/root.ts';

const HOST = 'shop.example.org';
let folder: string;
const closing: (() => Promise<unknown> | void)[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'alone-'));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  rmSync(folder, { recursive: true });
});

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closing.push(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

/** The agent's part of it, which has nothing but its instance's directory. */
async function agent(): Promise<LoadBalancer> {
  const opened = await LoadBalancer.open({
    ...{ socketPath: join(folder, 'agent.sock'), topologiesPath: join(folder, 'topologies.json') },
    ...{ certificatesPath: join(folder, 'certificates.json'), token: () => 'token', alias: 'lb', session: 's' },
    ...{ log: () => undefined, acknowledge: () => undefined, report: () => undefined },
  });
  closing.push(() => opened.close());
  return opened;
}

/** The real program, on a port that stays. */
async function balancer(port: number) {
  const child = spawn(process.execPath, ['--no-warnings', join(ROOT, 'cartridges/lb/program/main.ts')], {
    env: { HOST: '127.0.0.1', PORT: String(port), CARTWRIGHT_SOCKET: join(folder, 'agent.sock') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let text = '';
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = once(child, 'exit');
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
  };
  closing.push(kill);
  const line = await eventually(
    'it to listen',
    () => text.split('\n').find((each) => each.includes('"listening"')),
    30_000,
  );
  return { port: (JSON.parse(line) as { port: number }).port, kill };
}

/** What the application answers through TLS, if it does. */
async function served(port: number): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port, servername: HOST, rejectUnauthorized: false });
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const closed = new Promise<void>((resolve) => socket.on('close', () => resolve()));
  socket.on('error', () => undefined);
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  await closed;
  return text;
}

test('a balancer and its agent that are killed and started again while nobody else is there serve as before, by TLS too', async () => {
  const application = await listen(createServer((_request, response) => response.end('the application')));
  const { cert: chain, key } = selfSigned(HOST);
  const held = { v: 1, revision: 'r1', certificates: [{ host: HOST, chain, key, isDefault: false }] };
  const controlPlane = createServer((_request, response) => response.end(JSON.stringify(held)));
  const url = `http://127.0.0.1:${await listen(controlPlane)}/certificates`;
  const document = (rest: Partial<TopologyDocument>): Buffer =>
    encode({ v: 1, uid: 'c', epoch: 1, generation: 1, concurrency: 0, routes: [], members: [], ...rest });

  const first = await agent();
  const before = await balancer(0);
  const members = [{ instance: 'i', host: '127.0.0.1', port: application, weight: 1, state: 'active' as const }];
  first.receive('web', document({ routes: [{ path: '/' }], members }));
  first.receive('lb', document({ uid: 'lb', aliases: ['lb', 'web'], certificates: { revision: 'r1', url } }));
  await eventually('TLS', async () => (await served(before.port)).includes('the application'), 20_000);

  controlPlane.closeAllConnections();
  await new Promise((resolve) => controlPlane.close(resolve));
  await before.kill();
  await first.close();
  await agent();
  const after = await balancer(before.port);
  expect(after.port).toBe(before.port);
  await eventually('TLS again', async () => (await served(after.port)).includes('the application'), 20_000);

  // The balancer alone, too.
  await after.kill();
  await balancer(before.port);
  await eventually('TLS once more', async () => (await served(before.port)).includes('the application'), 20_000);
}, 120_000);
