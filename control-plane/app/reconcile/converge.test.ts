import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { ProviderError } from '../errors.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { Agents } from '../testing/agents.ts';
import { application } from '../testing/manifests.ts';
import { only, Platform } from '../testing/platform.ts';

let platform: Platform;
let agents: Agents;
beforeEach(async () => {
  platform = await Platform.open();
  agents = new Agents(platform);
});
afterEach(() => platform[Symbol.asyncDispose]());

const web = () => platform.cluster('web');
const calls = (what: string) => platform.provider.calls.filter((call) => call.startsWith(what));
const active = () =>
  web()
    .live()
    .filter(({ record }) => record.state === 'active' && record.draining === null);

async function goOn(condition: () => boolean, most = 60): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    if (condition()) return;
    await platform.pass();
    agents.step();
    platform.now += 500;
  }
  throw new Error(
    `did not come about: ${JSON.stringify(
      web()
        .live()
        .map(({ record }) => record),
    )}`,
  );
}

async function want(instances: number): Promise<void> {
  web().record = { ...web().record, wanted: instances };
  await platform.database.clusters.save(web().record);
}

async function running(instances: number): Promise<InstanceState[]> {
  await platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { minimum: 0, maximum: 20 } }]),
  );
  await platform.release();
  await goOn(() => web().record.stableRelease !== null);
  await want(instances);
  await goOn(() => active().length === instances && web().rollout === null);
  // So that the load balancer knows them all.
  await platform.pass();
  agents.step();
  return active();
}

test('what is missing is created, with the decision that asked for it', async () => {
  await running(3);
  expect(active()).toHaveLength(3);
  await platform.pass(web());
  expect(calls('create')).toHaveLength(4);
});

test('what was kept for one that takes the place of another may go when that has come, and not before', async () => {
  const [first] = await running(1);
  const { settled, failures } = platform.provider;
  failures.push({ call: 'create', error: new ProviderError('DISK_FULL', 'full') });
  platform.provider.end(first!.record.uid, 'its pod was deleted');
  settled.clear();
  await platform.pass(web());
  expect([web().live().length, settled.has(web().record.uid)]).toEqual([0, false]);
  await goOn(() => web().live().length === 1);
  expect(settled.has(web().record.uid)).toBe(true);
});

test('a failed start that nobody foresaw says nothing of the machine to the tenant', async () => {
  await running(1);
  await want(2);
  platform.provider.failures.push({ call: 'create', error: new Error("EMFILE: open '/var/lib/cartwright'") });
  await platform.pass(web());
  const [event] = await platform.events('instance.start-failed');
  expect(event?.data).toEqual({ message: expect.stringContaining(`more under ${web().record.uid}`) });
});

test('after a failed start the next one waits its time', async () => {
  await running(1);
  await want(3);
  platform.provider.failures.push({ call: 'create', error: new ProviderError('DISK_FULL', 'full') });
  await platform.pass(web());
  expect(web().live()).toHaveLength(1);
  expect(await platform.events('instance.start-failed')).toMatchObject([
    { data: { message: expect.stringContaining('(DISK_FULL)') } },
  ]);
  platform.now += 999;
  await platform.pass(web());
  expect(web().live()).toHaveLength(1);
  platform.now += 1;
  await platform.pass(web());
  expect(web().live()).toHaveLength(3);
});

describe('what the provider says is wrong', () => {
  const unschedulable = { code: 'unschedulable', message: 'no node takes it: 1 Insufficient memory' } as const;
  const newest = () => web().live().at(-1)!;

  async function waiting(): Promise<InstanceState> {
    await running(1);
    await want(2);
    await platform.pass(web());
    platform.provider.see(newest().record.uid, { state: 'starting', problem: unschedulable });
    await platform.pass(web());
    return newest();
  }

  test('is the reason of an instance that has never started, at once, told of once, and gone when its agent speaks', async () => {
    const { record } = await waiting();
    expect(newest().record).toMatchObject({ state: 'created', reason: unschedulable });
    await platform.pass(web());
    const pull = { code: 'image-pull-failed', message: 'nothing of that name' } as const;
    platform.provider.see(record.uid, { problem: pull });
    await platform.pass(web());
    expect(newest().record.reason).toEqual(pull);
    expect(await platform.events('instance.problem')).toMatchObject([
      { data: { reason: unschedulable } },
      { data: { reason: pull } },
    ]);
    platform.provider.see(record.uid, { state: 'running' });
    agents.step();
    await platform.pass(web());
    expect(newest().record).toMatchObject({ state: 'starting', reason: null });
  });

  test('goes with what was wrong', async () => {
    const { record } = await waiting();
    const { problem, ...seen } = platform.provider.instances.get(record.uid)!;
    expect(problem).toEqual(unschedulable);
    platform.provider.instances.set(record.uid, seen);
    await platform.pass(web());
    expect(newest().record).toMatchObject({ state: 'created', reason: null });
  });

  test('replaces a silent instance of a lost node at once, and says why', async () => {
    const [first] = await running(1);
    const { uid } = first!.record;
    platform.provider.see(uid, { problem: { code: 'node-lost', message: 'node a does not report' } });
    await platform.pass(web());
    expect(first!.record.state).toBe('active');
    platform.now += 13_000;
    await platform.pass(web());
    expect(first!.record).toMatchObject({ state: 'terminated', reason: { code: 'node-lost' } });
  });

  test('is what became of an instance that is gone', async () => {
    const [first] = await running(1);
    const problem = { code: 'evicted', message: 'node a evicted it: memory' } as const;
    platform.provider.see(first!.record.uid, { state: 'gone', problem, detail: problem.message });
    await platform.pass(web());
    expect(first!.record).toMatchObject({ state: 'terminated', reason: problem });
  });
});

describe('when fewer are wanted', () => {
  test('the idlest go first, and of equal ones the newest', async () => {
    const [a, b, c, d] = (await running(4)).map(({ record }) => record.uid);
    agents.inFlight.set(a!, 2).set(b!, 0).set(c!, 5).set(d!, 0);
    agents.step();
    await want(3);
    await platform.pass(web());
    const leaving = () =>
      web()
        .live()
        .filter(({ record }) => record.draining !== null)
        .map(({ record }) => record.uid);
    expect(leaving()).toEqual([d]);
    await want(1);
    await platform.pass(web());
    expect(leaving().sort()).toEqual([a, b, d].sort());
  });

  test('an instance is drained before it is stopped: applied by the balancer, and nothing in flight', async () => {
    const [first, second] = await running(2);
    agents.inFlight.set(first!.record.uid, 1).set(second!.record.uid, 2);
    agents.step();
    await want(1);
    await platform.pass(web());
    agents.step();
    await platform.pass(web());
    expect(calls('stop')).toEqual([]);
    agents.inFlight.set(first!.record.uid, 0);
    agents.step();
    await platform.pass(web());
    await eventually('it was stopped', () => first!.record.state === 'terminated');
    expect(calls('stop')).toEqual([`stop ${first!.record.uid}`]);
    expect(active()).toEqual([second]);
  });

  test('what is still in flight at the deadline does not hold it for ever', async () => {
    const [first] = await running(1);
    agents.inFlight.set(first!.record.uid, 1);
    agents.step();
    await want(0);
    await platform.pass(web());
    agents.step();
    platform.now += 4900;
    await platform.pass(web());
    expect(calls('stop')).toEqual([]);
    platform.now += 200;
    await platform.pass(web());
    await eventually('it was stopped', () => first!.record.state === 'terminated');
  });

  test('those that leave and still serve are taken back when they are wanted again', async () => {
    const [first, second, third] = await running(3);
    agents.inFlight.set(first!.record.uid, 1).set(second!.record.uid, 1).set(third!.record.uid, 1);
    await want(1);
    await platform.pass(web());
    await want(2);
    await platform.pass(web());
    expect(active()).toHaveLength(2);
    expect(calls('create')).toHaveLength(4);
    expect(calls('stop')).toEqual([]);
  });

  describe('of those with volumes', () => {
    const volumes = [{ name: 'data', mountPath: 'data', sizeBytes: 1024 }];

    async function numbered(count: number): Promise<InstanceState[]> {
      const instances = await running(count);
      web().plan = { ...web().plan, spec: { ...web().plan.spec, volumes } };
      for (const [ordinal, instance] of instances.entries()) instance.observed = { ...instance.observed!, ordinal };
      return instances;
    }

    const leaving = () =>
      web()
        .live()
        .filter(({ record }) => record.draining !== null);

    test('the highest numbers go, however busy they are, and the lowest of them is taken back first', async () => {
      const [a, b, c, d] = await numbered(4);
      agents.inFlight.set(a!.record.uid, 0).set(b!.record.uid, 1).set(c!.record.uid, 5).set(d!.record.uid, 9);
      agents.step();
      await want(2);
      await platform.pass(web());
      expect(leaving()).toEqual([c, d]);
      await want(3);
      await platform.pass(web());
      expect(leaving()).toEqual([d]);
      expect(calls('create')).toHaveLength(5);
    });

    test('the highest number goes also while a lower one does not serve', async () => {
      const [a, b] = await numbered(2);
      a!.record = { ...a!.record, state: 'starting' };
      await want(1);
      await platform.pass(web());
      expect(leaving()).toEqual([b]);
    });

    test('none is begun while one is about to leave its volume to it', async () => {
      const [, second] = await numbered(2);
      let end = (): void => undefined;
      const { stop } = platform.provider;
      platform.provider.stop = async function (this: typeof platform.provider, instance) {
        await new Promise<void>((resolve) => (end = resolve));
        await stop.call(this, instance);
      };
      await want(1);
      await goOn(() => leaving().length === 1);
      agents.step();
      await platform.pass(web());
      await want(3);
      await platform.pass(web());
      expect(calls('create')).toHaveLength(3);
      end();
      await eventually('it was stopped', () => second!.record.state === 'terminated');
      await platform.pass(web());
      expect(calls('create')).toHaveLength(5);
    });
  });

  test('a stop that takes long holds up no pass, and is not begun twice', async () => {
    await running(2);
    let end = (): void => undefined;
    const { stop } = platform.provider;
    platform.provider.stop = async function (this: typeof platform.provider, instance) {
      await new Promise<void>((resolve) => (end = resolve));
      await stop.call(this, instance);
    };
    await want(1);
    await goOn(() =>
      web()
        .live()
        .some(({ record }) => record.draining !== null),
    );
    agents.step();
    await platform.pass(web());
    await platform.pass(web());
    await want(3);
    await platform.pass(web());
    // The one that is being stopped is not taken back.
    expect(calls('create')).toHaveLength(5);
    end();
    await eventually('the stop', () => calls('remove').length === 1);
    expect(calls('stop')).toHaveLength(1);
  });

  test('a stop that fails is tried again with the next pass, and asks for none itself', async () => {
    await running(2);
    const { stop } = platform.provider;
    let fail = (): void => undefined;
    const asked = new Promise<void>((resolve) => {
      platform.provider.stop = (instance) => {
        platform.provider.calls.push(`stop ${instance}`);
        resolve();
        return new Promise((_, reject) => {
          fail = () => reject(new ProviderError('INSTANCE_PROCESSES_REMAIN', 'stuck'));
        });
      };
    });
    await want(1);
    for (let step = 0; step < 60 && calls('stop').length === 0; step += 1) {
      await platform.pass();
      agents.step();
      platform.now += 500;
      // Until it is asked for, or nothing is under way that would come to it.
      await Promise.race([asked, platform.parts.converge.close()]);
    }
    platform.parts.dirty.clear();
    fail();
    await platform.parts.converge.close();
    expect(platform.parts.dirty.size).toBe(0);
    expect(web().live()).toHaveLength(2);
    platform.provider.stop = stop;
    await platform.pass(web());
    await platform.parts.converge.close();
    expect(web().live()).toHaveLength(1);
    expect(calls('stop')).toHaveLength(2);
  });
});

describe('an instance that', () => {
  test('is gone is told as faulty with the evidence, and replaced', async () => {
    const [first] = await running(2);
    platform.provider.end(first!.record.uid, 'signal SIGKILL');
    await platform.pass(web());
    expect(first!.record).toMatchObject({
      state: 'terminated',
      reason: { code: 'process-gone', message: 'signal SIGKILL' },
    });
    expect(await platform.events('instance.faulty')).toHaveLength(1);
    expect(web().startBackoff).toBeNull();
    expect(web().live()).toHaveLength(2);
  });

  test('is gone before it was ever active counts as a failed start, once, however long its clearing takes', async () => {
    await running(1);
    await want(2);
    await platform.pass(web());
    const starting = web().live()[1]!;
    const error = new ProviderError('INSTANCE_PROCESSES_REMAIN', 'stuck');
    platform.provider.failures.push({ call: 'remove', error }, { call: 'remove', error });
    platform.provider.end(starting.record.uid, 'exit code 1');
    for (let attempt = 0; attempt < 2; attempt += 1) await expect(platform.pass(web())).rejects.toBe(error);
    await platform.pass(web());
    expect(web().startBackoff?.failures).toBe(1);
  });

  test('its agent calls faulty is replaced where others are well, after it had time to heal', async () => {
    const [first] = await running(2);
    const uid = first!.record.uid;
    platform.parts.journal.update(web(), first!, {
      state: 'faulty',
      reason: { code: 'unhealthy', message: 'three checks failed' },
    });
    platform.now += 29_000;
    agents.step();
    await platform.pass(web());
    expect(calls('remove')).toEqual([]);
    platform.now += 2000;
    agents.step();
    await platform.pass(web());
    expect(calls('remove')).toEqual([`remove ${uid}`]);
    expect(first!.record.reason?.code).toBe('unhealthy');
  });

  test('its agent calls faulty is left to its agent where none of its release is well', async () => {
    const [first] = await running(1);
    platform.parts.journal.update(web(), first!, {
      state: 'faulty',
      reason: { code: 'exited', message: 'code 1' },
    });
    for (let step = 0; step < 10; step += 1) {
      platform.now += 10_000;
      agents.step();
      await platform.pass(web());
    }
    expect(calls('remove')).toEqual([]);
    expect(only(web())).toBe(first);
  });

  test('falls silent is unreachable, is reachable when it is heard again, and is replaced after a minute', async () => {
    const [first, second] = await running(2);
    const silence = async (milliseconds: number): Promise<void> => {
      platform.now += milliseconds;
      second!.lastHeardAt = platform.now;
      await platform.pass(web());
    };
    await silence(12_500);
    expect(first!.record).toMatchObject({ state: 'active', unreachable: true });
    agents.step();
    await platform.pass(web());
    expect(first!.record.unreachable).toBe(false);
    expect(await platform.events('instance.reachable')).toHaveLength(1);
    await silence(30_000);
    await silence(31_000);
    expect(first!.record).toMatchObject({ state: 'terminated', reason: { code: 'silent' } });
    expect(web().live()).toHaveLength(2);
  });

  test('has never said a word is replaced after a minute, and the next start waits', async () => {
    await running(1);
    await want(2);
    await platform.pass(web());
    const [known, mute] = web().live();
    platform.now += 61_000;
    known!.lastHeardAt = platform.now;
    await platform.pass(web());
    expect(mute!.record).toMatchObject({ state: 'terminated', reason: { code: 'never-heard' } });
    expect(web().startBackoff?.failures).toBe(1);
  });
});

describe('while the platform is at fault', () => {
  test('silent instances are held, those that the provider sees gone are replaced', async () => {
    const [first, second, third, fourth] = await running(4);
    platform.now += 120_000;
    platform.provider.end(fourth!.record.uid, 'signal SIGKILL');
    await platform.parts.observer.look();
    await web().serial.run(() => platform.parts.pass(web(), true));
    for (const held of [first, second, third])
      expect(held!.record).toMatchObject({ state: 'active', unreachable: true });
    expect(fourth!.record.state).toBe('terminated');
    expect(web().live()).toHaveLength(4);
  });
});

test('ended instances are remembered for ten minutes', async () => {
  const [first] = await running(1);
  platform.provider.end(first!.record.uid, 'signal SIGKILL');
  await platform.pass(web());
  expect(platform.parts.fleet.instance(first!.record.uid)).toBe(first);
  await goOn(() => active().length === 1);
  platform.now += 600_001;
  agents.step();
  await platform.pass(web());
  expect(platform.parts.fleet.instance(first!.record.uid)).toBeUndefined();
});
