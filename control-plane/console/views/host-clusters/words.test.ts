import { expect, test } from '@jest/globals';
import { meaningOf, roomShares, stateWords, type HostCluster } from './words.ts';

const status: HostCluster['status'] = {
  state: 'REACHABLE',
  since: null,
  checkedAt: null,
  latencyMilliseconds: null,
  version: null,
  nodes: 2,
  usableNodes: 2,
  capacity: { cpuCores: 8, memoryBytes: 8 * 1024 ** 3, pods: 0 },
  room: { cpuCores: 2, memoryBytes: 6 * 1024 ** 3, pods: 0 },
  failure: null,
};

test('what is left is told in quantities and as a share', () => {
  expect(roomShares(status)).toEqual([
    { name: 'CPU', left: 0.25, text: '2 of 8 cores' },
    { name: 'Memory', left: 0.75, text: '6 GiB of 8 GiB' },
    { name: 'Pods', left: 0, text: '0 of 0' },
  ]);
  expect(roomShares({ ...status, room: null })).toBeNull();
});

test('each thing that matters of its state has a word', () => {
  const cluster = { status, drainingSince: '2026-01-01T00:00:00Z', isReadable: false } as HostCluster;
  expect(stateWords(cluster)).toEqual([
    ['good', 'reachable'],
    ['warning', 'draining'],
    ['bad', 'key lost'],
  ]);
});

test('a code that nobody has heard of has no meaning here', () => {
  expect(meaningOf('PROBE_DNS')).toContain('looked up');
  expect(meaningOf('PROBE_MOON')).toBe('');
});
