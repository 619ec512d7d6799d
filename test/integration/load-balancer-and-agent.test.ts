import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { LoadBalancer } from '../../agent/local/load-balancer.ts';
import { Balancer } from '../../cartridges/lb/program/balancer.ts';
import { parseConfig } from '../../cartridges/lb/program/config.ts';
import type { Ack } from '../../schema/mqtt/command.ts';
import type { DemandReport } from '../../schema/mqtt/demand.ts';
import { encode } from '../../schema/mqtt/payload.ts';
import { eventually } from '../support/eventually.ts';

let folder: string;
let instance: Server;
let acks: Ack[];
let reports: DemandReport[];
const closing: (() => Promise<unknown>)[] = [];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lb-agent-'));
  acks = [];
  reports = [];
  instance = createServer((_request, response) => response.end('ok'));
  await new Promise<void>((resolve) => instance.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
  instance.closeAllConnections();
  await new Promise((resolve) => instance.close(resolve));
  rmSync(folder, { recursive: true });
});

function agent(session: string): Promise<LoadBalancer> {
  return LoadBalancer.open({
    socketPath: join(folder, 'agent.sock'),
    topologiesPath: join(folder, 'topologies.json'),
    certificatesPath: join(folder, 'certificates.json'),
    token: () => 'token',
    alias: 'lb',
    session,
    log: () => undefined,
    acknowledge: (ack) => acks.push(ack),
    report: (report) => reports.push(report),
  });
}

async function balancer(): Promise<{ balancer: Balancer; port: number; drained: () => number }> {
  const parsed = parseConfig({ HOST: '127.0.0.1', PORT: '0', CARTWRIGHT_SOCKET: join(folder, 'agent.sock') });
  if (!parsed.ok) throw new Error(parsed.problems.join());
  let drained = 0;
  const made = new Balancer({
    config: parsed.config,
    log: () => undefined,
    writeAccess: () => undefined,
    onDrain: () => drained++,
  });
  return { balancer: made, port: await made.start(), drained: () => drained };
}

function topology(generation: number): Buffer {
  const { port } = instance.address() as AddressInfo;
  return encode({
    ...{ v: 1 as const, uid: 'c1', epoch: 1, generation, concurrency: 4, routes: [{ path: '/' }] },
    members: [{ instance: 'i1', host: '127.0.0.1', port, weight: 1, state: 'active' }],
  } as { v: 1 });
}

test('the balancer obeys the agent, over the agent’s restart, and the agent passes on what it says', async () => {
  const first = await agent('s1');
  const { balancer: running, port, drained } = await balancer();
  closing.push(() => running.close());
  first.receive('web', topology(1));
  await eventually('the acknowledgement', () => acks.some((ack) => ack.kind === 'topology' && ack.generation === 1));
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ok');
  await eventually('the count', () => reports.at(-1)?.targets.web?.completions[1] === 1);

  await first.close();
  expect(await (await fetch(`http://127.0.0.1:${port}/`)).text()).toBe('ok');
  acks.length = 0;
  const second = await agent('s2');
  closing.push(() => second.close());
  await eventually('the kept topology to be acknowledged again', () => acks.length > 0);
  expect(acks[0]).toMatchObject({ session: 's2', kind: 'topology', alias: 'web', generation: 1 });
  await eventually('both requests to be counted', () => {
    const { session, targets } = reports.at(-1) ?? {};
    return session === 's2' && targets?.web?.completions[1] === 2;
  });

  second.receive('web', Buffer.alloc(0));
  await eventually('404', async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 404);
  second.drain();
  await eventually('the balancer to be asked to drain', () => drained() === 1);
});

test('an alias that was removed while balancer and agent were apart is no longer routed once they meet', async () => {
  const list = (generation: number, aliases: string[]): Buffer =>
    encode({ v: 1, uid: 'lb', epoch: 1, generation, concurrency: 0, routes: [], members: [], aliases } as { v: 1 });
  const first = await agent('s1');
  const { balancer: running, port } = await balancer();
  closing.push(() => running.close());
  first.receive('web', topology(1));
  first.receive('lb', list(1, ['lb', 'web']));
  await eventually('it serves', async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 200);
  await first.close();

  const second = await agent('s2');
  closing.push(() => second.close());
  // At once: the balancer has not found its way back yet.
  second.receive('lb', list(2, ['lb']));
  await eventually('404', async () => (await fetch(`http://127.0.0.1:${port}/`)).status === 404);
});
