/** Instances over several host clusters, some of which cannot be asked. Host clusters in memory, real records. */
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import { eventually } from '../../../test/support/eventually.ts';
import { systemClock } from '../../adapters/clock/system-clock.ts';
import { ProviderError } from '../errors.ts';
import type { HostClusterProvider, HostClusterTasks } from '../ports/host-cluster-provider.ts';
import type { InstanceRequest, KeptRelease } from '../ports/provider.ts';
import type { TaskRequest } from '../ports/tasks.ts';
import type { HostClusterRecord } from '../records/host-clusters.ts';
import type { InstanceRecord } from '../records/instances.ts';
import { InMemoryProvider } from '../testing/provider.ts';
import { InMemoryTasks } from '../testing/tasks.ts';
import { clusterOf, instanceRecord } from '../testing/records.ts';
import { HostClusterFleet } from './host-cluster-fleet.ts';

const NEEDS = { cpuCores: 1, memoryBytes: 1 };

class TasksOfOne extends InMemoryTasks implements HostClusterTasks {
  has(task: string): boolean {
    return this.tasks.has(task);
  }
  taskOf(podUid: string): string | undefined {
    return this.has(podUid) ? podUid : undefined;
  }
}

class HostCluster extends InMemoryProvider implements HostClusterProvider {
  /** It answers nothing, and refuses nothing, while it is set. */
  hangs = false;
  /** Why it cannot be opened. */
  failure: Error | null = null;
  address = 'http://10.0.0.1:30080/';
  opened = 0;
  closed = 0;
  removed: string[] = [];
  readonly kept = new Map<string, KeptRelease | null>();
  readonly tasks = new TasksOfOne();
  readonly builds = new TasksOfOne();

  override async list() {
    await this.#answer();
    return super.list();
  }
  override async room(...asked: Parameters<InMemoryProvider['room']>) {
    await this.#answer();
    return super.room(...asked);
  }
  override async close() {
    this.closed += 1;
    await super.close();
  }
  instanceOf(podUid: string) {
    return this.instances.has(podUid) ? podUid : undefined;
  }
  async addressOf(cluster: string) {
    return cluster === 'lb' ? this.address : undefined;
  }
  override settle() {}
  keepRelease(cluster: string, release: KeptRelease | null) {
    this.kept.set(cluster, release);
  }
  async removeCluster(cluster: string) {
    this.removed.push(cluster);
  }
  #answer(): Promise<void> {
    return this.hangs ? new Promise(() => undefined) : Promise.resolve();
  }
}

const hostClusters = new Map<string, HostCluster>();
let records: HostClusterRecord[];
let instances: InstanceRecord[];
let statuses: Map<string, 'unreachable'>;
let fleet: HostClusterFleet;
const never = (): never => {
  throw new Error('nobody asks');
};
/** By task. */
const printed = new Map<string, string>();

function register(name: string, changes: Partial<HostClusterRecord> = {}): HostCluster {
  const record = { uid: name, name, version: 1, drainingSince: null, ...changes } as HostClusterRecord;
  records = [...records.filter(({ uid }) => uid !== name), record];
  const present = hostClusters.get(name) ?? new HostCluster();
  hostClusters.set(name, present);
  return present;
}

async function open(): Promise<HostClusterFleet> {
  fleet = new HostClusterFleet({
    store: { hostClusters: { find: async () => records }, instances: { find: async () => instances } } as never,
    vault: { open: () => '{}' },
    providers: {
      open: async ({ name }) => {
        const found = hostClusters.get(name)!;
        if (found.failure !== null) throw found.failure;
        found.opened += 1;
        return found;
      },
    },
    statusOf: (uid) => ({ kind: statuses.get(uid) ?? 'unknown' }) as never,
    clock: systemClock,
    random: () => 0,
    buildFiles: { list: async () => [], output: never, remove: never },
    taskFiles: {
      list: async () => [...printed.keys()],
      output: async (task) => ({ stdout: Buffer.from(printed.get(task) ?? ''), stderr: Buffer.alloc(0) }),
      remove: async (task) => void printed.delete(task),
    },
    logger: pino({ level: 'silent' }),
  });
  await fleet.open();
  return fleet;
}

beforeEach(() => {
  hostClusters.clear();
  printed.clear();
  [records, instances] = [[], []];
  statuses = new Map();
});
afterEach(() => fleet.close());

const request = (instance: string, hostCluster?: string): InstanceRequest =>
  ({
    document: {
      ...{ tenant: 'acme', application: 'shop', alias: 'web', instance, cluster: 'c' },
      cartridge: { name: 'node', spec: { ports: [], resources: { cpuCores: 1, memoryBytes: 2 ** 27 } } },
    },
    ...(hostCluster === undefined ? {} : { placement: { hostCluster, partition: 'default' } }),
    fixedPorts: {},
  }) as never;
const ids = async (): Promise<string[]> => (await fleet.list()).map(({ instance }) => instance).sort();
const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'done',
    (error: unknown) => (error as ProviderError).code,
  );

test('an instance goes to the first host cluster with room, by name, or to the one that its placement names', async () => {
  const [a, b] = [register('a'), register('b')];
  await open();
  await fleet.create(request('one'));
  a.free = 0;
  await fleet.create(request('two'));
  await fleet.create(request('three', 'a'));
  await fleet.create(request('two', 'a'));
  expect([[...a.instances.keys()], [...b.instances.keys()], await ids()]).toEqual([
    ['one', 'three'],
    ['two'],
    ['one', 'three', 'two'],
  ]);
  b.free = 7;
  expect(await fleet.room(NEEDS)).toBe(7);
  expect(await fleet.room(NEEDS, { hostCluster: 'a', partition: 'default' })).toBe(0);
  await fleet.stop('two', 5);
  await fleet.remove('two');
  expect([b.calls, await ids()]).toEqual([
    ['create two', 'create two', 'stop two', 'remove two'],
    ['one', 'three'],
  ]);
});

test('without a host cluster, or without one that takes it, the reason says what to do', async () => {
  await open();
  expect([await fleet.room(NEEDS), await fleet.list(), await codeOf(fleet.create(request('one')))]).toEqual([
    0,
    [],
    'HOST_CLUSTER_MISSING',
  ]);
  register('full').free = 0;
  register('drained', { drainingSince: 1 });
  register('away').failure = new Error('refused');
  await eventually(
    'two of them to be open',
    () => hostClusters.get('full')!.opened + hostClusters.get('drained')!.opened === 2,
  );
  await expect(fleet.create(request('one'))).rejects.toMatchObject({
    code: 'HOST_CLUSTERS_FULL',
    message:
      'no host cluster takes an instance of node: away does not answer; drained is drained; full has no room for 128 MiB and 1 CPUs',
  });
  expect(await codeOf(fleet.create(request('one', 'none')))).toBe('HOST_CLUSTER_MISSING');
});

test('one that hangs delays no other, and what it last showed stays', async () => {
  const [a, b] = [register('a'), register('b')];
  await open();
  await fleet.create(request('one', 'a'));
  await fleet.create(request('two', 'b'));
  expect(await ids()).toEqual(['one', 'two']);
  a.hangs = true;
  statuses.set('a', 'unreachable');
  b.end('two', 'it failed');
  const began = performance.now();
  const seen = await fleet.list();
  expect(performance.now() - began).toBeLessThan(4_000);
  expect(seen.map(({ instance, state }) => [instance, state])).toEqual([
    ['one', 'running'],
    ['two', 'gone'],
  ]);
  await fleet.create(request('three'));
  expect([...b.instances.keys()]).toEqual(['two', 'three']);
});

test('a start does not wait for one that is away: its instances are as they were recorded, and neither gone nor ended', async () => {
  const [a, b] = [register('a'), register('b')];
  const cluster = clusterOf();
  const [there, away] = [instanceRecord(cluster), instanceRecord(cluster)];
  instances = [there, away];
  await a.create(request(there.uid));
  b.failure = new Error('refused');
  await open();
  expect(fleet.unseen()).toEqual(['b']);
  expect((await fleet.list()).map(({ instance, state }) => [instance, state])).toEqual([
    [there.uid, 'running'],
    [away.uid, 'running'],
  ]);
  expect(await codeOf(fleet.stop(away.uid, 1))).toBe('HOST_CLUSTER_UNREACHABLE');
  b.failure = null;
  await eventually('what is really there', async () => (await fleet.list()).length === 1);
  expect([await codeOf(fleet.stop(away.uid, 1)), fleet.unseen()]).toEqual(['done', []]);
});

test('a credential that is replaced opens it anew, one that is removed is closed, and its instances are forgotten', async () => {
  const a = register('a');
  await open();
  const changes: string[] = [];
  fleet.onChange((instance) => changes.push(instance));
  await fleet.create(request('one'));
  expect([fleet.instanceOfPod('a', 'one'), fleet.instanceOfPod('b', 'one')]).toEqual(['one', undefined]);
  expect([await fleet.addressOf('lb'), await fleet.addressOf('c')]).toEqual(['http://10.0.0.1:30080/', undefined]);
  await fleet.removeCluster('c');
  expect(a.removed).toEqual(['c']);
  register('a', { version: 2 });
  await eventually('the new connection', () => a.opened === 2 && a.closed === 1);
  expect(await ids()).toEqual(['one']);
  records = [];
  await eventually('its end', async () => a.closed === 2 && (await fleet.list()).length === 0);
  await expect(fleet.replaceToken('one', 't')).rejects.toBeInstanceOf(ProviderError);
  await eventually('word of it', () => changes.length > 0);
});

test('an application is reached where the first host cluster answers', async () => {
  register('a');
  register('b').address = 'http://10.0.0.2:30080/';
  await open();
  expect(await fleet.addressOf('lb')).toBe('http://10.0.0.1:30080/');
  statuses.set('a', 'unreachable');
  expect(await fleet.addressOf('lb')).toBe('http://10.0.0.2:30080/');
  statuses.set('b', 'unreachable');
  expect(await fleet.addressOf('lb')).toBe('http://10.0.0.1:30080/');
});

test('what instances run by is kept in every host cluster, also in one that answers later', async () => {
  const [a, b] = [register('a'), register('b')];
  b.failure = new Error('away');
  await open();
  const [first, second] = [{ configuration: 'first' }, { configuration: 'second' }] as unknown as [
    KeptRelease,
    KeptRelease,
  ];
  fleet.keepRelease('c', first);
  fleet.keepRelease('c', second);
  fleet.keepRelease('gone', first);
  await fleet.removeCluster('gone');
  b.failure = null;
  await eventually('the other answers', () => b.kept.size > 0, 5000);
  expect([a.kept.get('c'), [...b.kept]]).toEqual([second, [['c', second]]]);
});

const taskRequest = (instance: string, hostCluster = 'b') =>
  ({
    document: {
      instance,
      task: { program: { kind: 'hook', hook: 'release' } },
      cartridge: request('x').document.cartridge,
    },
    token: 't',
    placement: { hostCluster, partition: 'default' },
  }) as unknown as TaskRequest;

test('a task goes where its placement says, once, and is found there; what it printed outlives it', async () => {
  const [a, b] = [register('a'), register('b')];
  const { tasks } = await open();
  const changes: string[] = [];
  tasks.onChange((task) => changes.push(task));
  await tasks.start(taskRequest('t1'));
  // Asked again, after it would go elsewhere.
  await tasks.start(taskRequest('t1', 'a'));
  expect([a.tasks.begun, b.tasks.begun]).toEqual([[], ['release']]);
  expect([fleet.taskOfPod('b', 't1'), fleet.taskOfPod('a', 't1')]).toEqual(['t1', undefined]);
  printed.set('t1', 'hello');
  b.tasks.end('t1', { kind: 'exited', code: 0 });
  expect(changes).toContain('t1');
  expect(await tasks.observe('t1')).toMatchObject({ state: 'ended' });
  await tasks.settled('t1');
  expect(b.tasks.has('t1')).toBe(false);
  expect((await tasks.output('t1', { stdout: 0, stderr: 0 })).stdout.toString()).toBe('hello');
  expect(await tasks.list()).toMatchObject([{ task: 't1', state: 'ended', result: null }]);
  await tasks.remove('t1');
  expect(await tasks.list()).toEqual([]);
});

test('a host cluster is seen once it has been listed', async () => {
  register('a');
  const b = register('b');
  b.failure = new Error('away');
  await open();
  expect(['a', 'b', 'c'].map((name) => fleet.isSeen(name))).toEqual([true, false, false]);
  b.failure = null;
  await eventually('it answers', () => fleet.isSeen('b'));
});

test('nothing is concluded of tasks while a host cluster has not answered', async () => {
  register('a');
  const b = register('b');
  b.failure = new Error('away');
  const { tasks } = await open();
  printed.set('t1', 'hello');
  expect([tasks.unseen(), await tasks.list()]).toEqual([['b'], []]);
  expect(await codeOf(tasks.observe('t1'))).toBe('HOST_CLUSTER_UNREACHABLE');
  expect(await codeOf(tasks.start(taskRequest('t2')))).toBe('HOST_CLUSTER_UNREACHABLE');
  b.failure = null;
  await eventually('it answers', () => tasks.unseen().length === 0);
  expect(await tasks.observe('t1')).toBeUndefined();
});

test('of a build in a host cluster that does not answer any more it is said where it is', async () => {
  register('a');
  register('b');
  const { builds } = await open();
  await builds.start(taskRequest('b1'));
  expect([builds.awayIn('b1'), builds.awayIn('b2')]).toEqual([undefined, undefined]);
  statuses.set('a', 'unreachable');
  expect(builds.awayIn('b1')).toBeUndefined();
  statuses.set('b', 'unreachable');
  expect([builds.awayIn('b1'), builds.awayIn('b2')]).toEqual(['b', undefined]);
});

/** `a` makes the Job, and its answer is lost; another host cluster was asked since. */
async function begunTwice(): Promise<{ readonly a: HostCluster; readonly b: HostCluster }> {
  const [a, b] = [register('a'), register('b')];
  const { builds } = await open();
  a.builds.failure = new Error('the answer timed out');
  await expect(builds.start(taskRequest('b1', 'a'))).rejects.toThrow('timed out');
  await builds.start(taskRequest('b1', 'b'));
  await a.builds.start(taskRequest('b1', 'a'));
  return { a, b };
}

test('of two Jobs of a build the one that was asked for last runs it, and the other is removed', async () => {
  const { a, b } = await begunTwice();
  expect([fleet.buildOfPod('a', 'b1'), fleet.buildOfPod('b', 'b1')]).toEqual([undefined, 'b1']);
  expect(await fleet.builds.observe('b1')).toMatchObject({ state: 'running' });
  expect([a.builds.has('b1'), b.builds.has('b1')]).toEqual([false, true]);
});

test('a Job whose making was not answered is gone on with where it is seen before another is asked for', async () => {
  const [a, b] = [register('a'), register('b')];
  const { builds } = await open();
  a.builds.failure = new Error('the answer timed out');
  await expect(builds.start(taskRequest('b1', 'a'))).rejects.toThrow('timed out');
  await a.builds.start(taskRequest('b1', 'a'));
  await builds.start(taskRequest('b1', 'b'));
  expect([a.builds.has('b1'), b.builds.has('b1')]).toEqual([true, false]);
  expect(fleet.buildOfPod('a', 'b1')).toBe('b1');
});

test('after a restart no pod of two Jobs is told what to run before one of them was chosen: one that has begun', async () => {
  const { a, b } = await begunTwice();
  await fleet.close();
  a.builds.keepFromBeginning('b1', { code: 'none', message: 'waits' });
  await open();
  expect([fleet.buildOfPod('a', 'b1'), fleet.buildOfPod('b', 'b1')]).toEqual([undefined, undefined]);
  await fleet.builds.observe('b1');
  expect([a.builds.has('b1'), b.builds.has('b1')]).toEqual([false, true]);
  expect(fleet.buildOfPod('b', 'b1')).toBe('b1');
});

test('a second Job that could not be removed at once goes with the first', async () => {
  const { a, b } = await begunTwice();
  const remove = a.builds.remove.bind(a.builds);
  a.builds.remove = async () => Promise.reject(new Error('away'));
  await fleet.builds.observe('b1');
  expect(a.builds.has('b1')).toBe(true);
  a.builds.remove = remove;
  await fleet.builds.settled('b1');
  expect([a.builds.has('b1'), b.builds.has('b1')]).toEqual([false, false]);
});
