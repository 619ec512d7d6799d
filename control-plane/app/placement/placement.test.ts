import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { Agents } from '../testing/agents.ts';
import { answering } from '../testing/host-clusters.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { application } from '../testing/manifests.ts';
import { Platform } from '../testing/platform.ts';
import { hostPlaceOf, unlessSeen, type HostPlace } from './host-places.ts';

let platform: Platform;
let agents: Agents;
let web: ClusterState;

const FAILURE = { code: 'HOST_CLUSTER_TIMEOUT', message: 'no answer', since: 0 };
const BURST: DeploymentPolicySpec = {
  algorithm: 'one-after-another',
  partitions: [
    { name: 'own', hostCluster: 'home', maximum: 2 },
    { name: 'rented', hostCluster: 'cloud', maximum: 4, zone: 'a' },
  ],
};

function lost(name: string): HostPlace {
  const record = { name, drainingSince: null, probe: { state: 'skipped' } } as const;
  return hostPlaceOf(record, { kind: 'unreachable', since: 0, checkedAt: 0, failure: FAILURE, reading: null });
}

const staying = (): InstanceState[] => web.live().filter(({ record }) => record.draining?.purpose !== 'stop');

const partitions = (): string =>
  staying()
    .map(({ record }) => record.placement?.partition)
    .sort()
    .join(' ');

async function goOn(condition: () => boolean, most = 120): Promise<void> {
  for (let step = 0; step < most; step += 1) {
    if (condition()) return;
    await platform.pass();
    agents.step();
    platform.now += 500;
  }
  throw new Error(`did not come about: ${JSON.stringify(web.live().map(({ record }) => record))}`);
}

async function want(wanted: number): Promise<void> {
  web.record = { ...web.record, wanted };
  await platform.database.clusters.save(web.record);
  await goOn(
    () =>
      staying().length === wanted &&
      web.live().length === wanted &&
      staying().every(({ record }) => record.state === 'active'),
  );
}

beforeEach(async () => {
  platform = await Platform.open();
  platform.places = [answering('cloud'), answering('home')];
  agents = new Agents(platform);
  await platform.apply(
    application('shop', [{ alias: 'web', cartridge: 'node', autoscaling: { minimum: 0, maximum: 20 } }]),
  );
  web = platform.cluster('web');
  web.plan = { ...web.plan, placement: BURST };
  await platform.release();
  await goOn(() => web.record.stableRelease !== null && web.rollout === null);
  await want(0);
});

afterEach(() => platform[Symbol.asyncDispose]());

describe('a service cluster with a deployment policy', () => {
  test('fills its partitions in their order, each with its reason, and is emptied in the reverse one', async () => {
    await want(3);
    expect(partitions()).toBe('own own rented');
    const created = await platform.events('instance.created');
    expect(created.map(({ data }) => data).filter(({ partition }) => partition === 'rented')).toEqual([
      {
        hostCluster: 'cloud',
        partition: 'rented',
        why: 'the first in the declared order that takes it; own on home is full (2 of 2)',
      },
    ]);
    const rented = [...platform.provider.instances.values()].find(({ placement }) => placement?.partition === 'rented');
    expect(rented?.request.placement).toEqual({
      hostCluster: 'cloud',
      partition: 'rented',
      nodeSelector: { 'topology.kubernetes.io/zone': 'a' },
    });
    await want(2);
    expect(partitions()).toBe('own own');
  });

  test('has room for what its partitions take, in those that answer', async () => {
    await platform.decide(web);
    expect(web.lastDecision?.input?.room).toBe(6);
    platform.provider.freeAt.set('cloud', 1);
    await platform.decide(web);
    expect(web.lastDecision?.input?.room).toBe(3);
  });

  test('says once that there is no place, and goes on when there is one', async () => {
    platform.places = [lost('cloud'), answering('home', 1)];
    web.record = { ...web.record, wanted: 1 };
    await platform.pass(web);
    await platform.pass(web);
    expect(staying()).toEqual([]);
    const told = await platform.events('instance.no-place');
    expect(told.map(({ data }) => data)).toEqual([
      {
        message:
          'no instance of acme/shop/web can be placed: own on home is drained, rented on cloud does not answer (HOST_CLUSTER_TIMEOUT)',
      },
    ]);
    platform.places = [lost('cloud'), answering('home')];
    await want(1);
    expect(partitions()).toBe('own');
  });
});

describe('a host cluster that was just registered', () => {
  beforeEach(() => {
    web.plan = { ...web.plan, placement: { ...BURST, algorithm: 'round-robin' } };
    platform.places = [unlessSeen(answering('cloud'), false), answering('home')];
    web.record = { ...web.record, wanted: 2 };
  });

  test('is waited for until it has been looked at, so that it gets its share', async () => {
    await platform.pass(web);
    expect(staying()).toEqual([]);
    expect((await platform.events('instance.no-place')).map(({ data }) => data)).toEqual([
      { message: 'no instance of acme/shop/web can be placed: host clusters have not been asked yet' },
    ]);
    platform.places = [answering('cloud'), answering('home')];
    await want(2);
    expect(partitions()).toBe('own rented');
  });

  test('is not waited for any longer than a moment', async () => {
    await want(2);
    expect(partitions()).toBe('own own');
  });
});

describe('a host cluster that is lost', () => {
  const own = (): InstanceState[] => web.live().filter(({ record }) => record.placement?.partition === 'own');
  const lose = (): void => {
    platform.places = [answering('cloud'), lost('home')];
    platform.provider.away.add('home');
  };

  beforeEach(async () => {
    await want(2);
    expect(partitions()).toBe('own own');
    platform.provider.calls.length = 0;
  });

  test('is not taken over for while its agents are heard of', async () => {
    platform.places = [answering('cloud'), lost('home')];
    let steps = 0;
    await goOn(() => (steps += 1) > 60);
    expect(partitions()).toBe('own own');
  });

  test('is taken over for; what is there is not gone, and serves on when it is back', async () => {
    lose();
    await goOn(() => partitions() === 'own own rented rented');
    await goOn(() => staying().every(({ record }) => record.state === 'active'));
    expect(own().map(({ record }) => record.unreachable)).toEqual([true, true]);
    await platform.parts.journal.settle();
    expect((await platform.events('instance.lost')).map(({ data }) => data)).toMatchObject([
      { hostCluster: 'home', partition: 'own' },
      { hostCluster: 'home', partition: 'own' },
    ]);
    expect(platform.provider.calls.every((call) => call.startsWith('create'))).toBe(true);
    await platform.decide(web);
    expect(web.lastDecision?.input?.instances).toMatchObject({ active: 2, unreachable: 0 });

    platform.places = [answering('cloud'), answering('home')];
    platform.provider.away.clear();
    await goOn(() => partitions() === 'own own');
    expect(own().map(({ record }) => record.unreachable)).toEqual([false, false]);
  });

  test('is remembered over a restart of the control plane', async () => {
    lose();
    await goOn(() => partitions() === 'own own rented rented');
    await platform.parts.journal.close();
    await platform.start();
    web = platform.cluster('web');
    web.plan = { ...web.plan, placement: BURST };
    await platform.pass(web);
    await platform.pass(web);
    expect(partitions()).toBe('own own rented rented');
  });
});

describe('a host cluster that is drained', () => {
  test('is left by one instance after the other, each once another serves for it, and takes new ones again', async () => {
    await want(2);
    platform.places = [answering('cloud'), answering('home', 1)];
    let fewest = Infinity;
    let most = 0;
    await goOn(() => {
      const serving = staying().filter(({ record }) => record.state === 'active').length;
      fewest = Math.min(fewest, serving);
      most = Math.max(most, staying().length);
      return partitions() === 'rented rented';
    });
    expect([fewest, most]).toEqual([2, 3]);
    platform.places = [answering('cloud'), answering('home')];
    await want(3);
    expect(partitions()).toBe('own rented rented');
  });

  test('is not left where there is no room elsewhere', async () => {
    await want(2);
    platform.provider.freeAt.set('cloud', 0);
    platform.places = [answering('cloud'), answering('home', 1)];
    let steps = 0;
    await goOn(() => (steps += 1) > 20);
    expect(partitions()).toBe('own own');
  });
});

describe('what overflowed', () => {
  /** The fewest that served, and the most that were there, until the instances are in these partitions. */
  async function extremesUntil(condition: () => boolean): Promise<[number, number]> {
    let fewest = Infinity;
    let most = 0;
    await goOn(() => {
      fewest = Math.min(fewest, staying().filter(({ record }) => record.state === 'active').length);
      most = Math.max(most, staying().length);
      return condition();
    }, 300);
    return [fewest, most];
  }

  beforeEach(async () => {
    platform.provider.freeAt.set('home', 0);
    await want(2);
    expect(partitions()).toBe('rented rented');
    platform.provider.freeAt.delete('home');
  });

  test('goes back once there has been room for a minute, each once another serves for it', async () => {
    const from = platform.now;
    expect(await extremesUntil(() => partitions() === 'own own')).toEqual([2, 3]);
    expect(platform.now - from).toBeGreaterThan(60_000);
    expect((await platform.events('instance.created')).at(-1)?.data).toMatchObject({
      why: 'the first in the declared order that takes it; in place of one of rented on cloud',
    });
  });

  test('goes back though the last room was that of the one that takes its place', async () => {
    platform.provider.freeAt.set('home', 1);
    await goOn(() => staying().length === 3, 300);
    platform.provider.freeAt.set('home', 0);
    expect(await extremesUntil(() => partitions() === 'own rented')).toEqual([2, 3]);
  });

  test('stays where it is while somebody has paused the service cluster', async () => {
    web.record = { ...web.record, paused: { reason: 'quiet', by: 'x', since: platform.now } };
    let steps = 0;
    await goOn(() => (steps += 1) > 200, 300);
    expect(partitions()).toBe('rented rented');
  });

  test('evens out where the policy spreads in turn', async () => {
    web.plan = { ...web.plan, placement: { ...BURST, algorithm: 'round-robin' } };
    expect(await extremesUntil(() => partitions() === 'own rented')).toEqual([2, 3]);
  });
});

test('a decision says where its instances go', async () => {
  web.record = {
    ...web.record,
    override: { kind: 'pin', instances: 3, reason: 'x', by: 'y', createdAt: 0, expiresAt: Infinity },
  };
  await platform.decide(web);
  expect(web.lastDecision?.sentence).toMatch(
    /; 2 to own on home, 1 to rented on cloud \(the first in the declared order that takes it; own on home is full \(2 of 2\)\)\.$/,
  );
});

test('without a policy instances go to the host clusters in the order of their names', async () => {
  web.plan = { ...web.plan, placement: null };
  platform.provider.freeAt.set('cloud', 1);
  await want(1);
  expect(staying().map(({ record }) => record.placement)).toEqual([{ hostCluster: 'cloud', partition: 'default' }]);
  platform.provider.freeAt.set('cloud', 0);
  await want(2);
  expect(staying().map(({ record }) => record.placement?.hostCluster)).toEqual(['cloud', 'home']);
});

test('a build goes to the first host cluster that is not drained and has room for what it may use', async () => {
  web.plan = { ...web.plan, placement: null };
  platform.provider.bytesFreeAt.set('cloud', 2 ** 29).set('home', 2 ** 31);
  const git = {
    kind: 'git',
    url: 'https://git.example.org/shop.git',
    ref: 'main',
    message: '',
    author: 'Ann',
  } as const;
  const placed = async (digit: string): Promise<string> => {
    const { build } = await platform.parts.pipeline.submit(web, { ...git, commit: digit.repeat(40) });
    return eventually('its place', async () => {
      const request = platform.builder.requests.find((one) => one.build === build.uid);
      return request && (await request.placeFor(2 ** 30).then(({ hostCluster }) => hostCluster, String));
    });
  };
  expect(await placed('a')).toBe('home');
  platform.places = [answering('cloud'), answering('home', 1)];
  // Nowhere else: it waits there for room.
  expect(await placed('b')).toBe('cloud');
  platform.places = [];
  expect(await placed('c')).toMatch(/no build of .* can be placed: there is no host cluster/);
});
