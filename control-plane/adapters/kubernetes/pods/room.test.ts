import { describe, expect, test } from '@jest/globals';
import type { V1Node, V1Pod } from '@kubernetes/client-node';
import { needsOf } from '../host-clusters/resources.ts';
import { roomIn } from './room.ts';

const GIBIBYTE = 2 ** 30;
const of = (memoryBytes: number, cpuCores = 0) => ({ memoryBytes, cpuCores });
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
    expect(roomIn(nodes, [], [], of(2 * GIBIBYTE))).toBe(2);
    expect(roomIn(nodes, [pod('a', '512Mi'), pod('b', '2Gi')], [], of(GIBIBYTE))).toBe(3);
    expect(roomIn(nodes, [pod('a', '4Gi')], [], of(GIBIBYTE))).toBe(3);
  });

  test('is none on nodes that take no pods, and none for pods beyond what a node may have', () => {
    expect(roomIn([node('a', '3Gi', { spec: { unschedulable: true } })], [], [], of(GIBIBYTE))).toBe(0);
    const tainted = { spec: { taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] } };
    expect(roomIn([node('a', '3Gi', tainted)], [], [], of(GIBIBYTE))).toBe(0);
    const away = {
      status: { allocatable: { memory: '3Gi', pods: '110' }, conditions: [{ type: 'Ready', status: 'Unknown' }] },
    };
    expect(roomIn([node('a', '3Gi', away)], [], [], of(GIBIBYTE))).toBe(0);
    const full = { status: { ...node('a', '3Gi').status, allocatable: { memory: '3Gi', pods: '1' } } };
    expect(roomIn([node('a', '3Gi', full)], [], [], of(GIBIBYTE))).toBe(1);
  });

  test('ends where the processors of a node do, of which pods request whatever their memory', () => {
    const small = (cpu: string) => ({
      status: { ...node('a', '8Gi').status, allocatable: { cpu, memory: '8Gi', pods: '110' } },
    });
    const asking = (cpu: string): V1Pod => ({
      spec: { nodeName: 'a', containers: [{ name: 'c', resources: { requests: { cpu } } }] },
      status: { phase: 'Running' },
    });
    expect(roomIn([node('a', '8Gi', small('2'))], [], [], of(GIBIBYTE, 0.5))).toBe(4);
    expect(roomIn([node('a', '8Gi', small('2'))], [asking('1250m')], [], of(GIBIBYTE, 0.5))).toBe(1);
    expect(roomIn([node('a', '8Gi', small('300m'))], [], [], of(GIBIBYTE, 0.1))).toBe(3);
    expect(roomIn([node('a', '8Gi', small('2'))], [asking('3')], [], of(GIBIBYTE, 0.5))).toBe(0);
    expect(roomIn([node('a', '8Gi', small('2'))], [], [of(GIBIBYTE, 1.5)], of(GIBIBYTE, 0.5))).toBe(1);
    expect(roomIn([node('a', '8Gi', small('100m'))], [], [], of(GIBIBYTE))).toBe(8);
  });

  test('is not taken by pods that have ended, and taken by instances that are on no node yet', () => {
    const nodes = [node('a', '4Gi')];
    expect(roomIn(nodes, [pod('a', '2Gi', 'Succeeded')], [], of(GIBIBYTE))).toBe(4);
    expect(roomIn(nodes, [pod(undefined, '2Gi', 'Pending')], [of(2 * GIBIBYTE)], of(GIBIBYTE))).toBe(2);
    expect(roomIn(nodes, [], [of(9 * GIBIBYTE)], of(GIBIBYTE))).toBe(0);
  });

  test('counts what a pod requests in whatever unit it says', () => {
    const bytes = (text: string) => needsOf(pod('a', text).spec).memoryBytes;
    expect([bytes('64Mi'), bytes('1500M'), bytes('2e9'), bytes('1k'), bytes('nothing')]).toEqual([
      64 * 2 ** 20,
      1.5e9,
      2e9,
      1000,
      0,
    ]);
  });
});
