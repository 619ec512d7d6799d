import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Balancing } from '../../schema/agent/release-document.ts';
import { encodeLine, parseToBalancer } from '../../schema/local/load-balancer.ts';
import type { Ack } from '../../schema/mqtt/command.ts';
import { LATENCY_BUCKETS_MILLISECONDS } from '../../schema/mqtt/demand.ts';
import { encode } from '../../schema/mqtt/payload.ts';
import type { TopologyDocument } from '../../schema/mqtt/topology.ts';
import { soon } from '../testing/soon.ts';
import { LoadBalancer } from './load-balancer.ts';

const ROUTED = { v: 1 as const, uid: 'web-uid', epoch: 0, generation: 0, routes: [{ path: '/' }], concurrency: 8 };
const PLACES: Balancing = {
  hostCluster: 'here',
  targets: [
    { alias: 'web', topology: ROUTED, members: { service: 'shop-web-1', port: 8080 } },
    { alias: 'lb', topology: { ...ROUTED, uid: 'lb-uid', routes: [], aliases: ['lb', 'web'] } },
  ],
};

function published(generation: number, ...hosts: string[]): Buffer {
  const members = hosts.map((host, index) => ({
    ...{ instance: `i${index}`, host, port: 8080, weight: 1, hostCluster: 'here', state: 'active' as const },
  }));
  const document: TopologyDocument = { ...ROUTED, epoch: 1, generation, members };
  return encode(document);
}

let folder: string;
let opened: LoadBalancer;
let socket: Socket;
/** What a balancer would send requests to, by alias. */
let inForce: Record<string, TopologyDocument>;
let acks: Ack[];
let asked: string[];
let addresses: readonly string[] | undefined;
let isConnected: boolean;
let isAlone: boolean;
let isUntold: boolean;
let asks: number;
let passes: number;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'search-test-'));
  [inForce, acks, asked, passes] = [{}, [], [], 0];
  [addresses, isConnected, isAlone, isUntold, asks] = [[], true, false, true, 0];
  opened = await LoadBalancer.open({
    ...{ socketPath: join(folder, 'agent.sock'), topologiesPath: join(folder, 'topologies.json') },
    ...{ certificatesPath: join(folder, 'certificates.json'), token: () => 'token', alias: 'lb', session: 's' },
    ...{ log: () => undefined, acknowledge: (ack) => acks.push(ack), report: () => undefined },
    search: {
      places: () => PLACES,
      isConnected: () => {
        passes += 1;
        return isConnected;
      },
      isAlone: () => isAlone,
      isUntold: async () => {
        asks += 1;
        return isUntold;
      },
      resolve: async (service) => {
        asked.push(service);
        if (addresses === undefined) throw new Error('nobody answers');
        return addresses;
      },
      passMilliseconds: 10,
    },
  });
  socket = connect(opened.socketPath);
  createInterface({ input: socket }).on('line', (line) => {
    const parsed = parseToBalancer(line);
    if (!parsed.ok || parsed.value.type !== 'topology') return;
    const { alias, document } = parsed.value;
    inForce[alias] = document;
    const { uid, epoch, generation } = document;
    socket.write(encodeLine({ type: 'applied', alias, uid, epoch, generation }));
  });
  socket.write(encodeLine({ type: 'hello', v: 1, program: 'test' }));
});
afterEach(async () => {
  socket.destroy();
  await opened.close();
  rmSync(folder, { recursive: true });
});

const hosts = (): string[] | undefined => inForce.web?.members.map(({ host }) => host);

/** Resolves when the search has passed as often again. */
async function passed(times: number): Promise<void> {
  const until = passes + times;
  await soon(() => expect(passes).toBeGreaterThan(until));
}

async function becomesApart(): Promise<void> {
  opened.receive('web', published(4, '10.0.0.1', '10.0.0.2'));
  await soon(() => expect(acks).toHaveLength(1));
  isConnected = false;
}

test('nobody is looked for while the broker is there, nor when it was away for a moment', async () => {
  opened.receive('web', published(4, '10.0.0.1'));
  await passed(10);
  expect(asked).toEqual([]);
});

test('apart from the broker a pod that came in another’s place is found, and acknowledged to nobody', async () => {
  addresses = ['10.0.0.2', '10.0.0.3'];
  await becomesApart();
  await soon(() => expect(hosts()).toEqual(['10.0.0.2', '10.0.0.3']));
  expect(inForce.web!.members[0]!.instance).toBe('i1');
  opened.acknowledgeAll();
  await passed(3);
  expect(acks).toHaveLength(1);
  expect(new Set(asked)).toEqual(new Set(['shop-web-1']));
});

test('no answer, and an empty one, take nobody away', async () => {
  addresses = ['10.0.0.3'];
  await becomesApart();
  await soon(() => expect(hosts()).toEqual(['10.0.0.3']));
  addresses = [];
  await passed(5);
  addresses = undefined;
  await passed(5);
  expect(hosts()).toEqual(['10.0.0.3']);
});

test('what is published newly counts at once, and nobody is looked for after that', async () => {
  addresses = ['10.0.0.3'];
  await becomesApart();
  await soon(() => expect(hosts()).toEqual(['10.0.0.3']));
  isConnected = true;
  opened.receive('web', published(5, '10.0.0.7'));
  await soon(() => expect(hosts()).toEqual(['10.0.0.7']));
  await soon(() => expect(acks).toHaveLength(2));
  await passed(2);
  asked = [];
  await passed(5);
  expect(asked).toEqual([]);
});

test('what a broker had retained counts again when all whom it names are there, and not before', async () => {
  addresses = ['10.0.0.2', '10.0.0.3'];
  await becomesApart();
  await soon(() => expect(hosts()).toEqual(['10.0.0.2', '10.0.0.3']));
  isConnected = true;
  opened.receive('web', published(4, '10.0.0.1', '10.0.0.2'));
  await passed(5);
  expect(hosts()).toEqual(['10.0.0.2', '10.0.0.3']);
  expect(acks).toHaveLength(1);
  addresses = ['10.0.0.1', '10.0.0.2', '10.0.0.3'];
  await soon(() => expect(hosts()).toEqual(['10.0.0.1', '10.0.0.2']));
  await soon(() => expect(acks).toHaveLength(2));
});

test('one that begins alone goes by the release document, at once, and by anything that is published instead', async () => {
  addresses = ['10.0.0.3'];
  [isAlone, isConnected] = [true, false];
  await opened.begin(PLACES);
  await soon(() => expect(hosts()).toEqual(['10.0.0.3']));
  expect(inForce.lb!.aliases).toEqual(['lb', 'web']);
  expect(acks).toEqual([]);
  [isAlone, isConnected] = [false, true];
  opened.receive('web', published(1, '10.0.0.3'));
  await soon(() => expect(inForce.web!.members.map(({ instance }) => instance)).toEqual(['i0']));
  await soon(() => expect(acks.map((ack) => ack.kind)).toEqual(['topology']));
});

test('what it had kept is newer than the release document', async () => {
  opened.receive('web', published(4, '10.0.0.1'));
  await soon(() => expect(hosts()).toEqual(['10.0.0.1']));
  await opened.begin(PLACES);
  await passed(2);
  expect(inForce.web).toMatchObject({ epoch: 1, generation: 4 });
});

describe('while the broker is there, and requests fail,', () => {
  const counted = (failures: number, uptimeSeconds = failures): void => {
    const none = { inFlight: 0, queued: 0, inFlightSeconds: 0, queuedSeconds: 0, saturatedSeconds: 0, arrivals: 0 };
    const target = {
      ...{ ...none, completions: [0, 0, 0, 0, 0] as [number, number, number, number, number], serviceSeconds: 0 },
      ...{ sheds: 0, failures, bytesIn: 0, bytesOut: 0, instances: {} },
      latency: Array.from({ length: LATENCY_BUCKETS_MILLISECONDS.length + 1 }, () => 0),
    };
    socket.write(encodeLine({ type: 'demand', uptimeSeconds, targets: { web: target } }));
  };

  beforeEach(async () => {
    opened.receive('web', published(4, '10.0.0.1'));
    await soon(() => expect(acks).toHaveLength(1));
  });

  test('those who are there are found, if no control plane says anything else', async () => {
    addresses = ['10.0.0.3'];
    counted(1);
    await soon(() => expect(hosts()).toEqual(['10.0.0.3']));
    expect(asks).toBeGreaterThan(3);
    // It is back.
    isUntold = false;
    opened.receive('web', published(5, '10.0.0.3', '10.0.0.4'));
    await soon(() => expect(hosts()).toEqual(['10.0.0.3', '10.0.0.4']));
  });

  test('nobody is found while there is a control plane, and nobody is asked when no more fail', async () => {
    addresses = ['10.0.0.3'];
    isUntold = false;
    counted(1);
    await soon(() => expect(asks).toBeGreaterThan(3));
    await passed(20);
    expect(hosts()).toEqual(['10.0.0.1']);
    [asked, asks] = [[], 0];
    counted(1, 2);
    await passed(5);
    expect([asked, asks]).toEqual([[], 0]);
  });

  test('of those who are all there nobody is asked anything', async () => {
    addresses = ['10.0.0.1', '10.0.0.3'];
    counted(1);
    await soon(() => expect(asked).toContain('shop-web-1'));
    await passed(5);
    expect([asks, hosts()]).toEqual([0, ['10.0.0.1']]);
  });
});
