import { describe, expect, test } from '@jest/globals';
import type { ClampCode } from '../autoscaling/decision.ts';
import { attentionOf } from './attention.ts';
import type { Condition } from './condition.ts';

const NOW = Date.parse('2027-01-15T08:00:00Z');
const COUNTS = { wanted: 3, active: 3, starting: 0, leaving: 0, faulty: 0, unreachable: 0 };
const WELL: Condition = {
  ...{ alias: 'web', now: NOW, counts: COUNTS, isLoadBalancer: false },
  ...{ blocked: null, faultyReason: null, startFailure: null, noPlace: null, silentHosts: [], silenced: false },
  ...{ sampleAgeSeconds: 0, staleSeconds: 15, clamps: [], override: null, saturated: false, queued: 0 },
  ...{ errorShare: 0, rollout: null, returned: null, waitsSeconds: 0, sourceProblem: null },
};

const clamped = (code: ClampCode, from: number, to: number): Partial<Condition> => ({
  clamps: [{ code, from, to, detail: 'a detail' }],
});

test('a service cluster that is well needs nobody', () => {
  expect(attentionOf(WELL)).toEqual([]);
});

describe('a person is told', () => {
  test.each<[what: string, change: Partial<Condition>, expected: readonly string[]]>([
    [
      'that its application is blocked',
      { blocked: 'the cartridge php is not installed' },
      [
        'critical blocked: nothing of it is started or stopped until this is mended: the cartridge php is not installed',
      ],
    ],
    [
      'of faulty instances with their reason',
      { counts: { ...COUNTS, active: 1, faulty: 2 }, faultyReason: 'the application ended with code 1' },
      ['warning faulty: 2 instances are faulty: the application ended with code 1'],
    ],
    [
      'of a faulty instance as critical where none serves',
      { counts: { ...COUNTS, active: 0, faulty: 1 } },
      ['critical faulty: 1 instance is faulty; none serves'],
    ],
    [
      'of starts that fail',
      { startFailure: { failures: 3, reason: 'its image is not there' } },
      ['warning start-failed: an instance failed to start 3 times in a row: its image is not there'],
    ],
    [
      'of the first start that failed',
      { counts: { ...COUNTS, active: 0 }, startFailure: { failures: 1, reason: 'no port' } },
      ['critical start-failed: an instance failed to start: no port; none serves'],
    ],
    [
      'that there is no place for an instance',
      { noPlace: 'default on frankfurt is full (5 of 5)' },
      ['warning no-place: an instance that is wanted has no place: default on frankfurt is full (5 of 5)'],
    ],
    [
      'of host clusters that do not answer',
      { silentHosts: [{ name: 'frankfurt', instances: 2 }] },
      ['critical host-cluster-unreachable: a host cluster does not answer: frankfurt (2 instances)'],
    ],
    [
      'of several host clusters at once',
      {
        silentHosts: [
          { name: 'frankfurt', instances: 2 },
          { name: 'paris', instances: 1 },
        ],
      },
      ['critical host-cluster-unreachable: host clusters do not answer: frankfurt (2 instances), paris (1 instance)'],
    ],
    [
      'of instances that are not heard of',
      { counts: { ...COUNTS, unreachable: 1 } },
      ['warning unreachable: nothing is heard of 1 instance; what is not heard of for a minute is replaced'],
    ],
    [
      'of all of them as critical',
      { counts: { ...COUNTS, unreachable: 3 } },
      ['critical unreachable: nothing is heard of 3 instances; what is not heard of for a minute is replaced'],
    ],
    [
      'that the platform itself is at fault, and not of each instance besides',
      { silenced: true, counts: { ...COUNTS, unreachable: 3 } },
      [
        'critical silenced: many instances fell silent at once, which is the platform’s fault: none is replaced, and the number is held',
      ],
    ],
    [
      'that nothing fresh was reported',
      { sampleAgeSeconds: 30 },
      ['warning no-fresh-data: nothing was reported for 30 s: it is not scaled down until something is'],
    ],
    [
      'of an old report in minutes',
      { sampleAgeSeconds: 300 },
      ['warning no-fresh-data: nothing was reported for 5 minutes: it is not scaled down until something is'],
    ],
    ['of requests that fail', { errorShare: 0.12 }, ['warning errors-high: 12 % of requests fail']],
    ['of most requests failing', { errorShare: 0.5 }, ['critical errors-high: 50 % of requests fail']],
    [
      'that it is at its maximum while more is needed',
      clamped('maximum', 7, 5),
      ['warning at-maximum: 7 instances would be needed; the policy’s maximum is 5'],
    ],
    [
      'of a maximum as critical where requests queue',
      { ...clamped('maximum', 7, 5), saturated: true, queued: 12.4 },
      [
        'critical at-maximum: 7 instances would be needed; the policy’s maximum is 5',
        'warning queueing: requests queue: 12 wait',
      ],
    ],
    [
      'that the quota is used up',
      clamped('quota', 7, 5),
      ['warning at-quota: 7 instances would be needed; the tenant’s quota allows 5'],
    ],
    [
      'that the partitions are full',
      clamped('room', 7, 5),
      ['warning no-room: 7 instances would be needed; the partitions have room for 5'],
    ],
    [
      'that it is paused with more load than it can carry',
      clamped('paused', 5, 3),
      ['warning paused: 5 instances would be needed instead of 3, but autoscaling is paused'],
    ],
    [
      'that the platform is frozen with more load than it can carry',
      clamped('frozen', 5, 3),
      ['warning frozen: 5 instances would be needed instead of 3, but the whole platform is frozen'],
    ],
    [
      'that its number is pinned below what is needed',
      clamped('pin', 5, 3),
      ['warning pinned: 5 instances would be needed instead of 3, but the number is pinned'],
    ],
    [
      'of shadow mode, which somebody chose',
      clamped('shadow', 5, 3),
      ['info shadow: 5 instances would be needed instead of 3, but it is in shadow mode'],
    ],
    ['of shed requests', { saturated: true }, ['warning queueing: requests queue, or are shed']],
    [
      'that more instances do not help',
      clamped('no-gain', 9, 8),
      ['warning no-gain: more instances have not answered more requests: the bottleneck is elsewhere'],
    ],
    [
      'of a roll-out that is taken back',
      { rollout: { state: 'returning', to: 4, reason: 'its readiness check failed' } },
      ['warning rollout-returning: the roll-out of release 4 is taken back: its readiness check failed'],
    ],
    [
      'of a roll-out that was taken back',
      { returned: { at: NOW - 60_000, reason: 'its readiness check failed' } },
      ['warning rollout-returned: the last roll-out was taken back: its readiness check failed'],
    ],
    [
      'that what was decided waits for the database',
      { waitsSeconds: 8 },
      [
        'critical waits-for-database: what was decided cannot be stored, so it is not acted on: the database does not answer',
      ],
    ],
    [
      'of a Git source that cannot be read',
      { sourceProblem: 'the repository has no branch "main"' },
      ['warning source-unreadable: its Git source cannot be read: the repository has no branch "main"'],
    ],
    [
      'that a manual number is about to end',
      { override: { kind: 'pin', instances: 4, expiresAt: NOW + 240_000 } },
      ['info override-ends: the pin at 4 instances ends at 08:04 UTC'],
    ],
    [
      'that a floor is about to end',
      { override: { kind: 'floor', instances: 1, expiresAt: NOW + 240_000 } },
      ['info override-ends: at least 1 instance ends at 08:04 UTC'],
    ],
  ])('%s', (_what, change, expected) => {
    const told = attentionOf({ ...WELL, ...change });
    expect(told.map(({ code, severity, sentence }) => `${severity} ${code}: ${sentence}`)).toEqual(expected);
  });
});

describe('nobody is told', () => {
  test.each<[what: string, change: Partial<Condition>]>([
    ['of a clamp that lets grow', clamped('minimum', 1, 2)],
    ['of a pause that only keeps instances', clamped('paused', 2, 3)],
    ['of a load balancer’s maximum, which nobody chose', { ...clamped('maximum', 3, 1), isLoadBalancer: true }],
    ['of a report of as long ago as healthy agents have', { sampleAgeSeconds: 15 }],
    ['of no report where no instance would send one', { sampleAgeSeconds: null }],
    ['of single failures', { errorShare: 0.04 }],
    ['of a manual number that lasts', { override: { kind: 'pin', instances: 4, expiresAt: NOW + 600_000 } }],
    ['of a manual number that is over', { override: { kind: 'pin', instances: 4, expiresAt: NOW } }],
    ['of a roll-out that goes on', { rollout: { state: 'running', to: 4, reason: null } }],
    ['of a return of long ago', { returned: { at: NOW - 25 * 3_600_000, reason: null } }],
    [
      'of a return before the roll-out that is under way',
      { returned: { at: NOW - 60_000, reason: null }, rollout: { state: 'running', to: 4, reason: null } },
    ],
    ['of a write that takes its time', { waitsSeconds: 2 }],
  ])('%s', (_what, change) => {
    expect(attentionOf({ ...WELL, ...change })).toEqual([]);
  });
});

test('the most urgent comes first, and what is as urgent in a fixed order', () => {
  const told = attentionOf({
    ...WELL,
    ...clamped('maximum', 7, 5),
    override: { kind: 'pin', instances: 4, expiresAt: NOW + 60_000 },
    counts: { ...COUNTS, faulty: 1 },
    blocked: 'it is',
    errorShare: 0.9,
  });
  expect(told.map(({ code }) => code)).toEqual(['blocked', 'errors-high', 'faulty', 'at-maximum', 'override-ends']);
});
