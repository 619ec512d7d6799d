import { beforeEach, describe, expect, test } from '@jest/globals';
import { Fleet } from '../fleet/fleet.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { addInstance, clusterOf, NOW, seenOf } from '../testing/records.ts';
import { HostPlaces, LOCAL_PLACES, type HostPlace } from '../placement/host-places.ts';
import { judge } from './health.ts';
import { Silence } from './silence.ts';

let fleet: Fleet;
let now: number;
let monotonic: number;
let told: string[];
let connected: boolean;
let places: readonly HostPlace[];
let silence: Silence;

beforeEach(() => {
  fleet = new Fleet();
  now = NOW;
  monotonic = 0;
  told = [];
  connected = true;
  const log = (first: unknown, text?: string) => void told.push(text ?? String(first));
  places = LOCAL_PLACES;
  silence = new Silence({
    fleet,
    hosts: new HostPlaces({ read: () => places, now: () => now }),
    isConnected: () => connected,
    logger: { warn: log, info: log },
    clock: { now: () => now, monotonic: () => monotonic },
  });
});

/** Service clusters of their own with so many active instances each. */
function clusters(...sizes: number[]): { cluster: ClusterState; instances: InstanceState[] }[] {
  return sizes.map((size, index) => {
    const cluster = clusterOf(`web-${index}`);
    fleet.addCluster(cluster);
    return { cluster, instances: Array.from({ length: size }, () => addInstance(fleet, cluster)) };
  });
}

function later(milliseconds: number, heard: readonly InstanceState[]): void {
  // Looked at several times a second, as the passes do.
  for (let passed = 0; passed < milliseconds; passed += 500) {
    now += 500;
    monotonic += 500;
    silence.look();
  }
  for (const instance of heard) instance.lastHeardAt = now;
}

describe('over several host clusters', () => {
  const place = (instances: readonly InstanceState[], hostCluster: string): void => {
    for (const instance of instances)
      instance.record = { ...instance.record, placement: { hostCluster, partition: 'default' } };
  };

  test('those that fall silent in one say nothing of what is in others alone', () => {
    const [here, there] = clusters(2, 2, 2, 9, 9)
      .map((one, index) => {
        place(one.instances, index < 3 ? 'here' : 'there');
        return one;
      })
      .filter((_, index) => index === 0 || index === 3) as [
      ReturnType<typeof clusters>[0],
      ReturnType<typeof clusters>[0],
    ];
    later(
      15_000,
      [...fleet.clusters()]
        .flatMap((cluster) => [...cluster.instances.values()])
        .filter(({ record }) => record.placement?.hostCluster === 'there'),
    );
    expect(silence.platformAtFault(here.cluster)).toBe(true);
    expect(silence.platformAtFault(there.cluster)).toBe(false);
  });

  test('what is on a host cluster that does not answer is lost, and no riddle', () => {
    const [{ cluster, instances }] = clusters(6) as [ReturnType<typeof clusters>[0]];
    place(instances.slice(0, 3), 'here');
    place(instances.slice(3), 'there');
    later(15_000, instances.slice(0, 3));
    expect(silence.platformAtFault(cluster)).toBe(true);
    places = [{ name: 'there', status: 'unreachable', closed: { code: 'lost', message: 'does not answer' } }];
    later(500, instances.slice(0, 3));
    expect(silence.platformAtFault(cluster)).toBe(false);
  });
});

describe('the platform is at fault', () => {
  test('when one instance each of many service clusters falls silent at once, too few of any for it to see', () => {
    const all = clusters(2, 2, 2, 2);
    later(
      15_000,
      all.map(({ instances }) => instances[0]!),
    );
    for (const { cluster } of all) expect(silence.platformAtFault(cluster)).toBe(true);
    expect(told).toEqual([expect.stringContaining('more than a third of all instances of a host cluster fell silent')]);
    later(
      1000,
      all.flatMap(({ instances }) => instances),
    );
    expect(silence.platformAtFault(all[0]!.cluster)).toBe(false);
    expect(told).toHaveLength(2);
  });

  test('for one service cluster alone, when its own fell silent and most of the others did not', () => {
    const [quiet, loud] = clusters(3, 9);
    later(15_000, loud!.instances);
    expect(silence.platformAtFault(quiet!.cluster)).toBe(true);
    expect(silence.platformAtFault(loud!.cluster)).toBe(false);
  });

  test('while the broker is away', () => {
    const [one] = clusters(1);
    connected = false;
    expect(silence.platformAtFault(one!.cluster)).toBe(true);
  });
});

describe('the platform is not at fault', () => {
  test('when fewer than three fell silent, or a third', () => {
    const all = clusters(1, 1, 1, 1, 1, 1, 1, 1, 1);
    later(
      15_000,
      all.slice(3).flatMap(({ instances }) => instances),
    );
    expect(silence.platformAtFault(all[0]!.cluster)).toBe(false);
  });

  test('when they fell silent one after another', () => {
    const all = clusters(1, 1, 1, 1);
    const instances = all.map(({ instances: [only] }) => only!);
    for (let gone = 1; gone <= 4; gone += 1) later(12_000, instances.slice(gone));
    now += 12_000;
    expect(silence.platformAtFault(all[0]!.cluster)).toBe(false);
  });

  test('for those whose processes the provider says are gone', () => {
    const all = clusters(1, 1, 1, 1);
    const instances = all.map(({ instances: [only] }) => only!);
    later(15_000, instances.slice(3));
    for (const instance of instances.slice(0, 3)) instance.observed = seenOf(instance, 'gone');
    expect(silence.platformAtFault(all[0]!.cluster)).toBe(false);
  });
});

describe('an outage of the platform’s own', () => {
  const silentFor = (instance: InstanceState) => now - instance.silentSince;

  test.each([
    ['this process was stopped', 30_000, 30_000],
    ['the machine was suspended', 30_000, 5],
    ['the clock was set forward', 3_600_000, 5],
    ['the clock was set back', -3_600_000, 5],
  ])('from its end every agent has its time to report again: %s', (_, shown, passed) => {
    const [{ cluster, instances }] = clusters(2) as [ReturnType<typeof clusters>[number]];
    later(1000, instances);
    instances[0]!.switchedAt = now;
    now += shown;
    monotonic += passed;
    // Whatever comes first after it.
    silence.platformAtFault(cluster);
    for (const instance of instances) {
      expect(silentFor(instance)).toBe(0);
      expect(judge(cluster, instance, now, false)).toEqual({ kind: 'fine' });
    }
    expect(instances[0]!.switchedAt).toBe(now);
    expect(told).toEqual([expect.stringContaining('every agent gets its time to report again')]);
    later(11_500, instances.slice(1));
    expect(judge(cluster, instances[0]!, now, false)).toEqual({ kind: 'fine' });
    later(500, instances.slice(1));
    expect(judge(cluster, instances[0]!, now, false)).toMatchObject({ kind: 'silent' });
    expect(judge(cluster, instances[1]!, now, false)).toEqual({ kind: 'fine' });
  });

  test('is the broker’s, too, for as long as it lasts; who was unreachable before is not heard by it', () => {
    const [{ cluster, instances }] = clusters(2) as [ReturnType<typeof clusters>[number]];
    instances[0]!.record = { ...instances[0]!.record, unreachable: true };
    later(20_000, []);
    connected = false;
    later(120_000, []);
    for (const instance of instances) expect(silentFor(instance)).toBeLessThan(1500);
    expect(judge(cluster, instances[1]!, now, true)).toEqual({ kind: 'fine' });
    expect(judge(cluster, instances[0]!, now, true)).toMatchObject({ kind: 'silent' });
    connected = true;
    silence.waitAnew();
    later(12_500, instances.slice(1));
    expect(judge(cluster, instances[1]!, now, false)).toEqual({ kind: 'fine' });
  });

  test('is none where the looks come as they do under load', () => {
    const [{ instances }] = clusters(1) as [ReturnType<typeof clusters>[number]];
    for (let look = 0; look < 5; look += 1) {
      now += 2500;
      monotonic += 2500;
      silence.look();
    }
    expect(silentFor(instances[0]!)).toBe(12_500);
  });
});
