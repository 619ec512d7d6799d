/** What every provider promises, as tests. A provider passes by running them with a fixture of its own. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newUid } from '../../../schema/ids.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { InstanceRequest, ObservedInstance, Provider } from '../../app/ports/provider.ts';

export interface RequestChanges {
  readonly cluster?: string;
  readonly memoryBytes?: number;
  readonly fixedPorts?: Readonly<Record<string, number>>;
  readonly category?: 'framework' | 'load-balancer';
  /** Whether its cartridge declares one, called `data`, of a size that is not asked for elsewhere. */
  readonly hasVolume?: boolean;
}

/** A machine (or host cluster) of its own for one test. */
export interface ProviderFixture {
  readonly provider: Provider;
  /** Memory that the fixture's provider may give out in all. */
  readonly capacityBytes: number;
  request(instance: string, changes?: RequestChanges): InstanceRequest;
  /** Closes the provider and opens another on the same machine, as a control plane that was started again does. */
  reopen(): Promise<Provider>;
  /** What is said of an instance that was killed. */
  readonly killedDetail: RegExp;
  /** Ends the instance's processes from outside, at once. */
  kill(instance: string): Promise<void>;
  /** Number of agents that run for this instance, found without the provider's help. */
  agents(instance: string): Promise<number>;
  /** Number of all processes that run for this instance, found without the provider's help. */
  processes(instance: string): Promise<number>;
  /** Writes to the volume of a running instance, as its application does. */
  write(instance: string, text: string): Promise<void>;
  /** What was written to the volume of a running instance; empty: nothing. */
  read(instance: string): Promise<string>;
  /** Number of volumes that there are of this service cluster, found without the provider's help. */
  volumes(cluster: string): Promise<number>;
  close(): Promise<void>;
}

async function find(provider: Provider, instance: string): Promise<ObservedInstance | undefined> {
  return (await provider.list()).find((item) => item.instance === instance);
}

export function describeProvider(name: string, open: () => Promise<ProviderFixture>): void {
  describe(`the ${name} provider keeps the contract of providers:`, () => {
    /** Processes are told apart by ids over the whole machine: another run of these tests must not have the same. */
    const mark = newUid().slice(-8);
    const id = (word: string) => `${word}-${mark}`;
    let fixture: ProviderFixture;
    let provider: Provider;

    beforeEach(async () => {
      fixture = await open();
      provider = fixture.provider;
    });
    afterEach(async () => {
      await fixture.close();
    });

    async function running(instance: string): Promise<ObservedInstance> {
      await provider.create(fixture.request(instance));
      return eventually(`${instance} is running`, async () => {
        const seen = await find(provider, instance);
        return seen?.state === 'running' ? seen : undefined;
      });
    }

    test('nothing exists in the beginning', async () => {
      expect(await provider.list()).toEqual([]);
    });

    test('a created instance is starting, then running, at an address of its own', async () => {
      const created = await provider.create(fixture.request(id('one')));
      expect(created).toMatchObject({ instance: id('one'), state: 'starting', tenant: 'default', alias: 'web' });
      await running(id('two'));
      const one = await eventually('it runs', async () => {
        const seen = await find(provider, id('one'));
        return seen?.state === 'running' ? seen : undefined;
      });
      const two = (await find(provider, id('two')))!;
      expect(one.ports).toEqual([{ name: 'http', protocol: 'http', port: expect.any(Number) }]);
      expect([one.host, one.ports[0]!.port]).not.toEqual([two.host, two.ports[0]!.port]);
    });

    test('an instance asked for twice, at once or later, is one instance with one agent', async () => {
      const request = fixture.request(id('twice'));
      const [first, second] = await Promise.all([provider.create(request), provider.create(request)]);
      expect(second.ports).toEqual(first.ports);
      await running(id('twice'));
      expect((await provider.create(request)).ports).toEqual(first.ports);
      expect(await provider.list()).toHaveLength(1);
      expect(await fixture.agents(id('twice'))).toBe(1);
    });

    test('an id that belongs to another service cluster is refused', async () => {
      await provider.create(fixture.request(id('mine')));
      await expect(provider.create(fixture.request(id('mine'), { cluster: 'another' }))).rejects.toMatchObject({
        code: 'INSTANCE_CONFLICT',
      });
    });

    test('a stopped instance is gone, with nothing of it left running, until it is removed', async () => {
      await running(id('leaving'));
      await provider.stop(id('leaving'), 5);
      expect(await find(provider, id('leaving'))).toMatchObject({ state: 'gone' });
      expect(await fixture.processes(id('leaving'))).toBe(0);
      await provider.stop(id('leaving'), 5);
      await provider.remove(id('leaving'));
      expect(await provider.list()).toEqual([]);
      await provider.remove(id('leaving'));
    });

    test('an instance is removed while it runs', async () => {
      await running(id('removed'));
      await provider.remove(id('removed'));
      expect(await provider.list()).toEqual([]);
      expect(await fixture.processes(id('removed'))).toBe(0);
    });

    test('removing ends a stop that waits', async () => {
      await running(id('waited'));
      const stopping = provider.stop(id('waited'), 3600);
      await provider.remove(id('waited'));
      await stopping;
      expect(await provider.list()).toEqual([]);
    });

    test('stopping and removing what does not exist changes nothing', async () => {
      await provider.stop(id('nobody'), 1);
      await provider.remove(id('nobody'));
      expect(await provider.list()).toEqual([]);
    });

    test('a killed instance is told of within half a second, and is gone with the reason', async () => {
      await running(id('killed'));
      const changed: string[] = [];
      provider.onChange((instance) => changed.push(instance));
      await fixture.kill(id('killed'));
      await eventually('the end is told', () => changed.includes(id('killed')), 500);
      const seen = await find(provider, id('killed'));
      expect(seen).toMatchObject({ state: 'gone', detail: expect.stringMatching(fixture.killedDetail) });
      expect(await fixture.processes(id('killed'))).toBe(0);
    });

    test('a listener that has left hears nothing more', async () => {
      const changed: string[] = [];
      provider.onChange((instance) => changed.push(instance))();
      await running(id('unheard'));
      await provider.remove(id('unheard'));
      expect(changed).toEqual([]);
    });

    test('instances outlive the control plane and are told of when they end under its successor', async () => {
      const before = await running(id('surviving'));
      provider = await fixture.reopen();
      expect(await find(provider, id('surviving'))).toEqual(before);
      expect(await fixture.agents(id('surviving'))).toBe(1);
      const changed: string[] = [];
      provider.onChange((instance) => changed.push(instance));
      await fixture.kill(id('surviving'));
      await eventually('the end is told', () => changed.includes(id('surviving')), 500);
      expect(await find(provider, id('surviving'))).toMatchObject({ state: 'gone' });
      expect(await fixture.processes(id('surviving'))).toBe(0);
    });

    test('an instance whose token is replaced goes on as it is, and one that is not there has none to be replaced', async () => {
      const before = await running(id('renewed'));
      const processes = await fixture.processes(id('renewed'));
      await provider.replaceToken(id('renewed'), 'another');
      await provider.replaceToken(id('renewed'), 'another');
      expect(await find(provider, id('renewed'))).toEqual(before);
      expect(await fixture.processes(id('renewed'))).toBe(processes);
      await expect(provider.replaceToken(id('nobody'), 'another')).rejects.toMatchObject({ code: 'INSTANCE_MISSING' });
    });

    describe('an instance with a volume', () => {
      const cluster = id('kept');

      async function started(instance: string): Promise<ObservedInstance> {
        await provider.create(fixture.request(instance, { cluster, hasVolume: true }));
        return eventually(
          `${instance} is running`,
          async () => {
            const seen = await find(provider, instance);
            return seen?.state === 'running' ? seen : undefined;
          },
          60_000,
        );
      }

      async function ended(instance: string): Promise<void> {
        await provider.stop(instance, 5);
        await provider.remove(instance);
      }

      test('has the lowest number that is free, and what those before it with that number have written', async () => {
        const seen = [await started(id('v0')), await started(id('v1')), await started(id('v2'))];
        expect(seen.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2]);
        await fixture.write(id('v1'), 'of the second');
        await fixture.write(id('v2'), 'of the third');
        // Fewer: the highest number. More again, under another control plane.
        await ended(id('v2'));
        expect(await fixture.volumes(cluster)).toBe(3);
        provider = await fixture.reopen();
        expect(await started(id('v3'))).toMatchObject({ ordinal: 2 });
        expect(await fixture.read(id('v3'))).toBe('of the third');
        // One in the middle is replaced.
        await ended(id('v1'));
        expect(await started(id('v4'))).toMatchObject({ ordinal: 1 });
        expect(await fixture.read(id('v4'))).toBe('of the second');
        expect(await fixture.read(id('v0'))).toBe('');
        expect(await fixture.volumes(cluster)).toBe(3);
      });

      test('is followed by one with its data when it was killed, and when there was no other', async () => {
        await started(id('v5'));
        await fixture.write(id('v5'), 'kept');
        await fixture.kill(id('v5'));
        await provider.remove(id('v5'));
        expect(await provider.list()).toEqual([]);
        expect(await started(id('v6'))).toMatchObject({ ordinal: 0 });
        expect(await fixture.read(id('v6'))).toBe('kept');
      });

      test('leaves nothing when its service cluster is removed, as often as that is asked for', async () => {
        await started(id('v7'));
        await fixture.write(id('v7'), 'of no use any more');
        await ended(id('v7'));
        await provider.removeCluster!(id('another'));
        expect(await fixture.volumes(cluster)).toBe(1);
        await provider.removeCluster!(cluster);
        expect(await fixture.volumes(cluster)).toBe(0);
        await provider.removeCluster!(cluster);
        await started(id('v8'));
        expect(await fixture.read(id('v8'))).toBe('');
        await ended(id('v8'));
        await provider.removeCluster!(cluster);
      });
    });

    test('room is what declared memory leaves of the capacity, and never negative', async () => {
      const part = Math.floor(fixture.capacityBytes / 4);
      const roomFor = (memoryBytes: number) => provider.room({ cpuCores: 0.05, memoryBytes });
      expect(await roomFor(part)).toBe(4);
      await provider.create(fixture.request(id('big'), { memoryBytes: part * 3 }));
      expect(await roomFor(part)).toBe(1);
      expect(await roomFor(part * 2)).toBe(0);
      await provider.stop(id('big'), 5);
      expect(await roomFor(part)).toBe(4);
    });
  });
}
