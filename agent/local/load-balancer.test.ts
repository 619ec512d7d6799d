import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { encodeLine, parseToBalancer, type FromBalancer, type ToBalancer } from '../../schema/local/load-balancer.ts';
import type { Ack } from '../../schema/mqtt/command.ts';
import { LATENCY_BUCKETS_MILLISECONDS, type DemandReport, type TargetDemand } from '../../schema/mqtt/demand.ts';
import { encode } from '../../schema/mqtt/payload.ts';
import type { TopologyDocument } from '../../schema/mqtt/topology.ts';
import { soon } from '../testing/soon.ts';
import { DemandSum } from './demand-sum.ts';
import { LoadBalancer } from './load-balancer.ts';
import { releaseSocketPath, socketPath } from './socket-path.ts';

function topology(generation: number, uid = 'web-uid', epoch = 1): TopologyDocument {
  return { v: 1, uid, epoch, generation, routes: [{ path: '/' }], concurrency: 10, members: [] };
}

function target(arrivals: number, inFlight = 0): TargetDemand {
  return {
    inFlight,
    queued: 0,
    inFlightSeconds: arrivals,
    queuedSeconds: 0,
    saturatedSeconds: 0,
    arrivals,
    completions: [0, arrivals, 0, 0, 0],
    serviceSeconds: arrivals,
    sheds: 0,
    failures: 0,
    bytesIn: 0,
    bytesOut: 0,
    latency: new Array<number>(LATENCY_BUCKETS_MILLISECONDS.length + 1).fill(arrivals),
    instances: { i1: { inFlight, inFlightSeconds: arrivals, completions: arrivals, failures: 0 } },
  };
}

/** A balancer's end of the socket. */
class Balancer {
  readonly socket: Socket;
  readonly received: ToBalancer[] = [];
  isClosed = false;

  constructor(path: string) {
    this.socket = connect(path);
    this.socket.on('error', () => (this.isClosed = true));
    this.socket.on('close', () => (this.isClosed = true));
    createInterface({ input: this.socket }).on('line', (line) => {
      const parsed = parseToBalancer(line);
      if (parsed.ok) this.received.push(parsed.value);
    });
  }

  send(...messages: FromBalancer[]): void {
    for (const message of messages) this.socket.write(encodeLine(message));
  }

  hello(): void {
    this.send({ type: 'hello', v: 1, program: 'test' });
  }

  get topologies(): string[] {
    return this.received.map((message) =>
      message.type === 'topology' ? `${message.alias} ${message.document.generation}` : message.type,
    );
  }
}

describe('the local socket of a load balancer', () => {
  let folder: string;
  let balancers: Balancer[];
  let acks: Ack[];
  let reports: DemandReport[];
  let problems: string[];
  let opened: LoadBalancer;

  const open = async () => {
    opened = await LoadBalancer.open({
      socketPath: join(folder, 'agent.sock'),
      topologiesPath: join(folder, 'topologies.json'),
      certificatesPath: join(folder, 'certificates.json'),
      token: () => 'token',
      alias: 'lb',
      session: 'session-1',
      log: (_, message) => problems.push(message),
      acknowledge: (ack) => acks.push(ack),
      report: (report) => reports.push(report),
    });
  };
  const connected = () => {
    const balancer = new Balancer(opened.socketPath);
    balancers.push(balancer);
    return balancer;
  };
  const receive = (alias: string, document: TopologyDocument) => opened.receive(alias, encode(document));
  const applied = (alias: string, generation: number): FromBalancer => ({
    type: 'applied',
    alias,
    uid: 'web-uid',
    epoch: 1,
    generation,
  });

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'balancer-test-'));
    [balancers, acks, reports, problems] = [[], [], [], []];
    await open();
  });
  afterEach(async () => {
    for (const { socket } of balancers) socket.destroy();
    await opened.close();
    rmSync(folder, { recursive: true });
  });

  test('is the owner’s alone, and gone when it is closed', async () => {
    expect(statSync(opened.socketPath).mode & 0o777).toBe(0o600);
    await opened.close();
    expect(existsSync(opened.socketPath)).toBe(false);
    writeFileSync(join(folder, 'agent.sock'), 'left by a crash');
    await open();
    expect(statSync(opened.socketPath).isSocket()).toBe(true);
  });

  test('passes every topology after hello, then each newer one, and forwards what was applied', async () => {
    receive('web', topology(3));
    receive('api', topology(1, 'api-uid'));
    const balancer = connected();
    balancer.hello();
    await soon(() => expect(balancer.topologies).toEqual(['web 3', 'api 1']));
    receive('web', topology(2));
    receive('web', topology(4));
    await soon(() => expect(balancer.topologies).toEqual(['web 3', 'api 1', 'web 4']));
    balancer.send(applied('web', 3), applied('web', 4), applied('nobody', 1));
    await soon(() => expect(acks).toHaveLength(1));
    expect(acks[0]).toEqual({
      v: 1,
      session: 'session-1',
      kind: 'topology',
      alias: 'web',
      uid: 'web-uid',
      epoch: 1,
      generation: 4,
    });
  });

  test('the same topology again is acknowledged again without asking the balancer', async () => {
    const balancer = connected();
    balancer.hello();
    await soon(() => expect(problems).toContain('load balancer connected'));
    receive('web', topology(1));
    await soon(() => expect(balancer.topologies).toEqual(['web 1']));
    receive('web', topology(1));
    expect(acks).toEqual([]);
    balancer.send(applied('web', 1));
    await soon(() => expect(acks).toHaveLength(1));
    receive('web', topology(1));
    opened.acknowledgeAll();
    expect(acks).toHaveLength(3);
    expect(balancer.topologies).toEqual(['web 1']);
  });

  test('another uid replaces, a higher epoch is newer, a cleared topic removes', async () => {
    const balancer = connected();
    balancer.hello();
    await soon(() => expect(problems).toContain('load balancer connected'));
    receive('web', topology(9));
    receive('web', topology(1, 'web-uid', 2));
    receive('web', topology(1, 'made-again'));
    opened.receive('web', Buffer.alloc(0));
    opened.receive('web', Buffer.alloc(0));
    await soon(() => expect(balancer.topologies).toEqual(['web 9', 'web 1', 'web 1', 'removed']));
  });

  describe('says which aliases there are', () => {
    const list = (generation: number, aliases: string[], epoch = 1): TopologyDocument => ({
      ...topology(generation, 'lb-uid', epoch),
      aliases,
    });
    const said = (balancer: Balancer) =>
      balancer.received.map((message) => {
        if (message.type === 'topology') return message.alias;
        return message.type === 'aliases' ? message.aliases : message.type;
      });

    test('after the topologies that follow hello, so that what it did not hear of ends', async () => {
      receive('web', topology(1));
      receive('lb', list(1, ['lb', 'web', 'soon']));
      const balancer = connected();
      balancer.hello();
      await soon(() => expect(said(balancer)).toEqual(['web', 'lb', ['lb', 'web', 'soon']]));
    });

    test('not while no control plane has said so, and not when the list was lost', async () => {
      receive('web', topology(1));
      const balancer = connected();
      balancer.hello();
      await soon(() => expect(said(balancer)).toEqual(['web']));
      receive('lb', list(1, ['lb', 'web']));
      await soon(() => expect(said(balancer)).toEqual(['web', 'lb']));
      await opened.close();
      writeFileSync(join(folder, 'topologies.json'), 'damaged');
      await open();
      const next = connected();
      next.hello();
      receive('web', topology(2));
      await soon(() => expect(said(next)).toEqual(['web']));
    });

    test('and tells what the list of a reconnect does not name any more', async () => {
      receive('web', topology(1));
      receive('old', topology(1, 'old-uid'));
      receive('lb', list(1, ['lb', 'web', 'old']));
      const balancer = connected();
      balancer.hello();
      await soon(() => expect(balancer.received).toHaveLength(4));
      receive('lb', list(2, ['lb', 'web']));
      await soon(() =>
        expect(balancer.received.slice(4)).toMatchObject([{ alias: 'lb' }, { type: 'removed', alias: 'old' }]),
      );
      await opened.close();
      expect(readFileSync(join(folder, 'topologies.json'), 'utf8')).not.toContain('old-uid');
    });

    test('a topology that comes after the list is new, one of an earlier control plane is left over', async () => {
      receive('lb', list(1, ['lb'], 5));
      receive('left', topology(9, 'left-uid', 4));
      receive('new', topology(1, 'new-uid', 5));
      const balancer = connected();
      balancer.hello();
      await soon(() => expect(said(balancer)).toEqual(['lb', 'new', ['lb', 'new']]));
    });
  });

  test('the topologies are there after a restart without a broker, but none is taken for applied', async () => {
    receive('web', topology(5));
    await opened.close();
    expect(statSync(join(folder, 'topologies.json')).mode & 0o777).toBe(0o600);
    await open();
    const balancer = connected();
    balancer.hello();
    await soon(() => expect(balancer.topologies).toEqual(['web 5']));
    opened.acknowledgeAll();
    expect(acks).toEqual([]);
  });

  test('a damaged file of topologies is an empty one', async () => {
    receive('web', topology(5));
    await opened.close();
    const text = readFileSync(join(folder, 'topologies.json'), 'utf8');
    for (const damaged of [text.slice(0, 20), '[]', '{"../x":{}}', '']) {
      writeFileSync(join(folder, 'topologies.json'), damaged);
      await open();
      const balancer = connected();
      balancer.hello();
      receive('api', topology(1));
      await soon(() => expect(balancer.topologies).toEqual(['api 1']));
      await opened.close();
    }
    await open();
  });

  test('counters go on rising when the balancer is started again', async () => {
    const first = connected();
    first.hello();
    first.send({ type: 'demand', uptimeSeconds: 10, targets: { web: target(100, 3) } });
    await soon(() => expect(reports).toHaveLength(1));
    first.socket.destroy();
    const second = connected();
    second.hello();
    second.send({ type: 'demand', uptimeSeconds: 1, targets: { web: target(5, 1) } });
    await soon(() => expect(reports).toHaveLength(2));
    expect(reports.map(({ sequence, uptimeSeconds }) => [sequence, uptimeSeconds])).toEqual([
      [1, 10],
      [2, 11],
    ]);
    expect(reports[1]!.targets.web).toMatchObject({
      inFlight: 1,
      arrivals: 105,
      completions: [0, 105, 0, 0, 0],
      instances: { i1: { inFlight: 1, completions: 105 } },
    });
    expect(reports[1]!.targets.web!.latency[3]).toBe(105);
  });

  test('only the newest balancer’s reports count, and none before hello', async () => {
    const [old, young] = [connected(), connected()];
    old.send({ type: 'demand', uptimeSeconds: 1, targets: {} });
    old.hello();
    await soon(() => expect(problems).toContain('load balancer connected'));
    young.hello();
    young.send({ type: 'demand', uptimeSeconds: 2, targets: {} });
    await soon(() => expect(reports).toHaveLength(1));
    old.send({ type: 'demand', uptimeSeconds: 3, targets: {} }, applied('web', 1));
    receive('web', topology(1));
    await soon(() => expect(old.topologies).toEqual(['web 1']));
    expect(reports).toHaveLength(1);
  });

  test('garbage is counted and the rest goes on; an endless line ends the connection', async () => {
    const balancer = connected();
    balancer.socket.write('not json\n\n{"type":"no"}\n{"type":"demand","uptimeSeconds":-1,"targets":{}}\n');
    balancer.hello();
    receive('web', topology(1));
    await soon(() => expect(balancer.topologies).toEqual(['web 1']));
    expect(problems.filter((problem) => problem.includes('not understood'))).toHaveLength(4);
    balancer.socket.write('x'.repeat(1024 * 1024 + 10));
    await soon(() => expect(balancer.isClosed).toBe(true));
    const next = connected();
    next.hello();
    await soon(() => expect(next.topologies).toEqual(['web 1']));
  });

  test('lines may come in any pieces', async () => {
    const balancer = connected();
    for (const byte of encodeLine({ type: 'hello', v: 1, program: 'über' })) balancer.socket.write(byte);
    receive('web', topology(1));
    await soon(() => expect(balancer.topologies).toEqual(['web 1']));
  });

  test('tells the balancer that it is about to be stopped', async () => {
    const balancer = connected();
    balancer.hello();
    await soon(() => expect(problems).toContain('load balancer connected'));
    opened.drain();
    await soon(() => expect(balancer.topologies).toEqual(['drain']));
  });
});

test('a directory whose path is too long for a socket gets a private folder elsewhere', () => {
  expect(socketPath('/short')).toBe('/short/agent.sock');
  const long = join(tmpdir(), 'x'.repeat(60), 'y'.repeat(60));
  mkdirSync(long, { recursive: true });
  const path = socketPath(long);
  expect(Buffer.byteLength(path)).toBeLessThanOrEqual(107);
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  releaseSocketPath(path, long);
  expect(existsSync(dirname(path))).toBe(false);
  rmSync(join(tmpdir(), 'x'.repeat(60)), { recursive: true });
});

test('an alias that a balancer forgot over one restart does not lose its count over the next', () => {
  const sum = new DemandSum();
  sum.add({ uptimeSeconds: 5, targets: { web: target(10) } });
  sum.add({ uptimeSeconds: 1, targets: {} });
  expect(sum.add({ uptimeSeconds: 0.5, targets: { web: target(1) } })).toMatchObject({
    uptimeSeconds: 6.5,
    targets: { web: { arrivals: 11 } },
  });
});
