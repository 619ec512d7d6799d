/** The looks of one runner, in a time of the test's own. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { HostClusterError } from '../errors.ts';
import type { Clock } from '../ports/clock.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import { HostClustersInMemory, type HostClusterInMemory } from '../testing/host-clusters.ts';
import { Platform } from '../testing/platform.ts';
import { IN_CLUSTER } from './credential.ts';
import { HostClusterRunner } from './runner.ts';

const SERVER = IN_CLUSTER.server;
const RECORD = { uid: 'u', name: 'frankfurt', version: 1, credentialEndsAt: null, probe: { state: 'skipped' } };
let platform: Platform;
let cluster: HostClusterInMemory;
let runner: HostClusterRunner;
/** What is to come, by when. */
let due: { task: () => void; at: number }[];
let now: number;

beforeEach(async () => {
  platform = await Platform.open();
  const access = new HostClustersInMemory();
  cluster = access.add(SERVER);
  [due, now] = [[], 0];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    setTimeout: (task, milliseconds) => {
      const timer = { task, at: now + milliseconds };
      due.push(timer);
      return { cancel: () => void (due = due.filter((other) => other !== timer)) };
    },
    setInterval: () => ({ cancel: () => undefined }),
  };
  runner = new HostClusterRunner(
    {
      ...{ access, clock, probeImage: 'probe', random: () => 0.5, onChange: () => undefined },
      vault: { open: () => JSON.stringify(IN_CLUSTER) },
      events: platform.parts.events,
      logger: { warn: () => undefined } as never,
    },
    RECORD as unknown as HostClusterRecord,
  );
});
afterEach(async () => {
  await runner.close();
  await platform[Symbol.asyncDispose]();
});

/** Lets the time pass until the next thing that is due, and does it. @returns how long that took */
async function next(): Promise<number> {
  const looks = cluster.looks;
  const first = await eventually('something that is due', () => due.toSorted((a, b) => a.at - b.at)[0]);
  const passed = first.at - now;
  now = first.at;
  due = due.filter((timer) => timer !== first);
  first.task();
  await eventually('what follows', () => cluster.looks > looks || due.length > 0);
  return passed;
}
const settled = (kind: string) =>
  eventually(`the cluster to be ${kind}`, () => runner.status.kind === kind && due.length === 1);
const events = async (type: string) => (await platform.events(type)).map(({ data }) => data);

test('a cluster is looked at every ten seconds', async () => {
  await settled('reachable');
  expect(await next()).toBe(10_000);
  await eventually('the second look', () => cluster.looks === 2 && due.length === 1);
  expect(runner.status).toMatchObject({ kind: 'reachable', since: 0, checkedAt: 10_000, failure: null });
});

test('a single failure is shown and changes nothing; a second one makes it unreachable, and an answer reachable', async () => {
  await settled('reachable');
  cluster.failure = new HostClusterError('HOST_CLUSTER_TIMEOUT', 'it did not answer in time');
  await next();
  await eventually(
    'the first failure',
    () => runner.status.kind === 'reachable' && runner.status.failure !== null && due.length === 1,
  );
  expect(await events('host-cluster.unreachable')).toEqual([]);
  expect(await next()).toBeLessThanOrEqual(3_000);
  await settled('unreachable');
  expect(runner.status).toMatchObject({
    failure: { code: 'HOST_CLUSTER_TIMEOUT', since: 10_000 },
    reading: { nodes: 3 },
  });
  for (let index = 0; index < 8; index++) expect(await next()).toBeLessThanOrEqual(31_000);
  expect(await events('host-cluster.unreachable')).toEqual([
    { code: 'HOST_CLUSTER_TIMEOUT', reason: 'it did not answer in time' },
  ]);
  cluster.failure = null;
  await next();
  await settled('reachable');
  expect(await events('host-cluster.reachable')).toEqual([{ version: 'v1.34.4' }]);
  expect(runner.status).toMatchObject({ failure: null });
});

test('a look that hangs ends after its limit, and the runner can be closed in the middle of one', async () => {
  await settled('reachable');
  cluster.hangs = true;
  await next();
  await eventually('the look', () => cluster.looks === 2);
  expect(await next()).toBe(20_000);
  await eventually(
    'its end',
    () => runner.status.kind === 'reachable' && runner.status.failure?.code === 'HOST_CLUSTER_TIMEOUT',
  );
  await next();
  await runner.close();
  expect([cluster.open, due]).toEqual([0, []]);
});
