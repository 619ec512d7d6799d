/**
 * Faults made for real, each with the claim that no request is lost that need not be, nothing is there twice, and the end is what was asked for.
 * A run makes a quarter of them, that of CARTWRIGHT_TEST_FAULTS_SEED; with `--all` all.
 */
import { afterAll, beforeAll, beforeEach, jest, test } from '@jest/globals';
import { mulberry32 } from '../../../control-plane/domain/autoscaling/testing/plant.ts';
import { kubectl } from '../cluster.ts';
import type { FaultyProxy } from '../../support/faulty-proxy.ts';
import { proxyOf, through } from '../proxied.ts';
import { KubernetesWorld } from '../world.ts';
import { BY_HAND } from './by-hand.ts';
import { atRest, AT_REST, quarterOf, type Fault } from './fault.ts';
import { HOST_CLUSTER_LOST } from './host-cluster-lost.ts';
import { OUTAGES } from './outages.ts';
import { hasPrograms } from './programs.ts';

jest.setTimeout(900_000);

/** Answers in a moment, and takes all the memory there is when it is asked to. */
const PROGRAM = `
const eaten = [];
const server = require('node:http').createServer((request, response) => {
  if (request.url === '/eat') setInterval(() => eaten.push(Buffer.alloc(8 * 2 ** 20, 1)), 10);
  else setTimeout(() => response.end('served'), 50);
});
server.listen(process.env.PORT, process.env.HOST);
process.on('SIGTERM', () => server.close(() => process.exit(0)));
`;

const seed = Number(process.env.CARTWRIGHT_TEST_FAULTS_SEED ?? Date.now() % 1000);
const nodes = (await kubectl('get', 'nodes', '-o', 'name')).trim().split('\n').length;
const possible = [...OUTAGES, ...BY_HAND, HOST_CLUSTER_LOST].filter(isPossible);
const chosen = process.env.CARTWRIGHT_TEST_ALL === '1' ? possible : quarterOf(possible, seed);

let world: KubernetesWorld;
let proxy: FaultyProxy;

beforeAll(async () => {
  process.stderr.write(`faults: ${chosen.length} of ${possible.length}, CARTWRIGHT_TEST_FAULTS_SEED=${seed}\n`);
  world = await KubernetesWorld.open({ name: 'faults' });
  proxy = await proxyOf(world.account.kubeconfig);
  await world.register('here', through(proxy, world.account.kubeconfig));
  await world.deploy(PROGRAM, {
    autoscaling: { minimum: AT_REST, maximum: 4, factors: { loadAverage: { target: 500 } } },
  });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
  await proxy[Symbol.asyncDispose]();
});
beforeEach(async () => {
  // A number that is set: a busy machine is no reason to grow here.
  await world.scale(AT_REST);
  await atRest(world);
});

for (const { name, run } of chosen) test(name, () => run({ world, proxy, random: mulberry32(seed) }));

function isPossible({ needs }: Fault): boolean {
  if (needs === undefined) return true;
  return hasPrograms && (needs === 'programs' || nodes > 1);
}
