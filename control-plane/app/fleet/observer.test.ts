import { afterEach, beforeEach, expect, test } from '@jest/globals';
import pino from 'pino';
import { eventually } from '../../../test/support/eventually.ts';
import type { ObservedInstance } from '../ports/provider.ts';
import { addInstance, CLOCK, clusterOf, instanceRecord, NOW, seenOf } from '../testing/records.ts';
import { InMemoryProvider } from '../testing/provider.ts';
import { Fleet } from './fleet.ts';
import { InstanceState } from './instance-state.ts';
import { Observer } from './observer.ts';

/** A provider whose answers are held back until the test gives them. */
class SlowProvider extends InMemoryProvider {
  readonly looks: ((seen: ObservedInstance[]) => void)[] = [];

  override list(): Promise<ObservedInstance[]> {
    return new Promise((resolve) => this.looks.push(resolve));
  }

  change(): void {
    for (const listener of this.heard) listener('nobody');
  }

  readonly heard = new Set<(instance: string) => void>();
  override onChange(listener: (instance: string) => void): () => void {
    this.heard.add(listener);
    return () => this.heard.delete(listener);
  }
}

let fleet: Fleet;
let provider: SlowProvider;
let observer: Observer;
const dirty: string[] = [];
const cluster = clusterOf();

beforeEach(() => {
  fleet = new Fleet();
  fleet.addCluster(cluster);
  cluster.instances.clear();
  provider = new SlowProvider();
  dirty.length = 0;
  observer = new Observer({
    fleet,
    provider,
    markDirty: (marked) => dirty.push(marked.keyText),
    logger: pino({ level: 'silent' }),
    clock: CLOCK,
  });
});
afterEach(async () => {
  const closed = observer.close();
  for (const answer of provider.looks) answer([]);
  await closed;
});

test('an agent is awaited from when it runs, however long its image was pulled before', async () => {
  const instance = addInstance(fleet, cluster);
  instance.observed = seenOf(instance, 'starting');
  instance.lastHeardAt = NOW - 300_000;
  instance.awaitedSince = NOW - 300_000;
  const look = observer.look();
  provider.looks[0]!([seenOf(instance, 'running')]);
  await look;
  expect(instance.silentSince).toBe(NOW);
});

test('what has ended is seen as gone, with its detail, and its service cluster looked at', async () => {
  const instance = addInstance(fleet, cluster);
  const other = addInstance(fleet, cluster);
  const look = observer.look();
  provider.looks[0]!([{ ...seenOf(instance, 'gone'), detail: 'exit code 1' }, seenOf(other)]);
  await look;
  expect(instance.observed).toMatchObject({ state: 'gone', detail: 'exit code 1' });
  expect(other.observed?.state).toBe('running');
  expect(dirty).toEqual(['acme/shop/web']);
});

test('what the provider knows nothing of any more is gone', async () => {
  const instance = addInstance(fleet, cluster);
  const look = observer.look();
  provider.looks[0]!([]);
  await look;
  expect(instance.observed).toMatchObject({ state: 'gone', detail: 'nothing is left of it' });
});

test('an instance that is created while the provider looks is not called gone', async () => {
  const begun = new InstanceState(instanceRecord(cluster, { state: 'created' }), NOW);
  fleet.addInstance(cluster, begun);
  const look = observer.look();
  const added = addInstance(fleet, cluster, { state: 'created' });
  begun.observed = seenOf(begun, 'starting');
  provider.looks[0]!([]);
  await look;
  expect(begun.observed.state).toBe('starting');
  expect(added.observed?.state).toBe('running');
  expect(dirty).toEqual([]);
});

test('there is one look at a time; changes during it ask for exactly one more', async () => {
  observer.start();
  provider.change();
  provider.change();
  provider.change();
  expect(provider.looks).toHaveLength(1);
  provider.looks[0]!([]);
  await eventually('the second look', () => provider.looks.length === 2);
  provider.looks[1]!([]);
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect(provider.looks).toHaveLength(2);
});

test('a provider that cannot be asked changes nothing, and is asked again', async () => {
  const instance = addInstance(fleet, cluster);
  let isBroken = true;
  provider.list = async () => {
    if (isBroken) throw new Error('no answer');
    return [seenOf(instance, 'gone')];
  };
  await observer.look();
  expect(instance.observed?.state).toBe('running');
  isBroken = false;
  await observer.look();
  expect(instance.observed?.state).toBe('gone');
});

test('after closing nothing is looked at any more', async () => {
  observer.start();
  provider.change();
  const closed = observer.close();
  provider.change();
  provider.looks[0]!([]);
  await closed;
  provider.change();
  expect(provider.looks).toHaveLength(1);
  expect(provider.heard.size).toBe(0);
});
