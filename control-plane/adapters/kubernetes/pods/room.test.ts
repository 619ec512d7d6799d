import { describe, expect, test } from '@jest/globals';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { memoryOf, roomIn } from './room.ts';

const GIBIBYTE = 2 ** 30;
const node = (name: string, memory: string, changes: Partial<V1Node> = {}): V1Node => ({
  metadata: { name },
  status: { allocatable: { memory, pods: '110' }, conditions: [{ type: 'Ready', status: 'True' }] },
  ...changes,
});
const pod = (nodeName: string | undefined, memory: string, phase = 'Running'): V1Pod => ({
  spec: {
    ...(nodeName === undefined ? {} : { nodeName }),
    containers: [{ name: 'c', resources: { requests: { memory } } }],
  },
  status: { phase },
});

describe('room for instances', () => {
  test('is what pods leave of each node, in whole instances', () => {
    const nodes = [node('a', '3Gi'), node('b', '3221225472')];
    expect(roomIn(nodes, [], [], 2 * GIBIBYTE)).toBe(2);
    expect(roomIn(nodes, [pod('a', '512Mi'), pod('b', '2Gi')], [], GIBIBYTE)).toBe(3);
    expect(roomIn(nodes, [pod('a', '4Gi')], [], GIBIBYTE)).toBe(3);
  });

  test('is none on nodes that take no pods, and none for pods beyond what a node may have', () => {
    expect(roomIn([node('a', '3Gi', { spec: { unschedulable: true } })], [], [], GIBIBYTE)).toBe(0);
    const away = {
      status: { allocatable: { memory: '3Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'Unknown' }] },
    };
    expect(roomIn([node('a', '3Gi', away)], [], [], GIBIBYTE)).toBe(0);
    const full = { status: { ...node('a', '3Gi').status, allocatable: { memory: '3Gi', pods: '1' } } };
    expect(roomIn([node('a', '3Gi', full)], [], [], GIBIBYTE)).toBe(1);
  });

  test('is not taken by pods that have ended, and taken by instances that are on no node yet', () => {
    const nodes = [node('a', '4Gi')];
    expect(roomIn(nodes, [pod('a', '2Gi', 'Succeeded')], [], GIBIBYTE)).toBe(4);
    expect(roomIn(nodes, [pod(undefined, '2Gi', 'Pending')], [2 * GIBIBYTE], GIBIBYTE)).toBe(2);
    expect(roomIn(nodes, [], [9 * GIBIBYTE], GIBIBYTE)).toBe(0);
  });

  test('counts what a pod requests in whatever unit it says', () => {
    const bytes = (text: string) => memoryOf(pod('a', text).spec);
    expect([bytes('64Mi'), bytes('1500M'), bytes('2e9'), bytes('1k'), bytes('nothing')]).toEqual([
      64 * 2 ** 20,
      1.5e9,
      2e9,
      1000,
      0,
    ]);
  });
});
