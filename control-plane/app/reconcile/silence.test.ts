import { beforeEach, describe, expect, test } from '@jest/globals';
import { Fleet } from '../fleet/fleet.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { InstanceState } from '../fleet/instance-state.ts';
import { addInstance, clusterOf, NOW, seenOf } from '../testing/records.ts';
import { Silence } from './silence.ts';

let fleet: Fleet;
let now: number;
let told: string[];
let connected: boolean;
let silence: Silence;

beforeEach(() => {
  fleet = new Fleet();
  now = NOW;
  told = [];
  connected = true;
  const log = (text: string) => void told.push(text);
  silence = new Silence({
    fleet,
    isConnected: () => connected,
    logger: { warn: log, info: log },
    now: () => now,
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
  now += milliseconds;
  for (const instance of heard) instance.lastHeardAt = now;
}

describe('the platform is at fault', () => {
  test('when one instance each of many service clusters falls silent at once, too few of any for it to see', () => {
    const all = clusters(2, 2, 2, 2);
    later(
      15_000,
      all.map(({ instances }) => instances[0]!),
    );
    for (const { cluster } of all) expect(silence.platformAtFault(cluster)).toBe(true);
    expect(told).toEqual([expect.stringContaining('more than a third of all instances fell silent')]);
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
