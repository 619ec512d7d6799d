import { beforeEach, expect, test } from '@jest/globals';
import type { Happening } from '../events.ts';
import type { ClusterState } from '../fleet/cluster-state.ts';
import type { DecisionRecord } from '../records/decisions.ts';
import { clusterOf } from '../testing/records.ts';
import { Alarms } from './alarms.ts';

let told: Happening[];
let now: number;
let alarms: Alarms;
let web: ClusterState;
beforeEach(() => {
  [told, now, web] = [[], 0, clusterOf('web')];
  alarms = new Alarms({
    events: { record: (happening) => void told.push(happening) },
    clock: { monotonic: () => now },
  });
});
const types = () => told.splice(0).map(({ type }) => type);
const decided = (...clamps: { code: string; from: number; to: number; detail: string }[]): void => {
  web.lastDecision = { decision: { clamps } } as unknown as DecisionRecord;
  alarms.ceiling(web);
};
const MAXIMUM = { code: 'maximum', from: 12, to: 10, detail: 'maximum 10' };

test('a ceiling is told once, with what was needed, and when it is not reached for a minute', () => {
  decided();
  decided({ code: 'minimum', from: 0, to: 1, detail: '' });
  expect(types()).toEqual([]);
  decided(MAXIMUM);
  decided(MAXIMUM);
  expect(told).toMatchObject([{ type: 'cluster.at-maximum', data: { reason: 'maximum', needed: 12, allowed: 10 } }]);
  now += 59_000;
  decided();
  decided({ ...MAXIMUM, code: 'quota' });
  now += 59_000;
  decided();
  expect(types()).toEqual(['cluster.at-maximum']);
  now += 1000;
  decided();
  decided();
  expect(types()).toEqual(['cluster.below-maximum']);
});

test('no ceiling of a load balancer is told: the platform chose it', () => {
  web = clusterOf('lb', 'lb');
  decided(MAXIMUM);
  now += 61_000;
  decided();
  expect(types()).toEqual([]);
});

test('lost telemetry is told when it begins and when it ends', () => {
  for (const isLost of [false, true, true, false, false]) alarms.telemetry(web, isLost);
  expect(types()).toEqual(['cluster.telemetry-lost', 'cluster.telemetry-back']);
});
