import { expect, test } from '@jest/globals';
import type { V1Container, V1Node, V1Pod } from '@kubernetes/client-node';
import fc from 'fast-check';
import { quantity } from './quantity.ts';
import { nodeCapacity, podUse, readingOf } from './resources.ts';

test.each<[string | undefined, number]>([
  ['2', 2],
  ['1930m', 1.93],
  ['0.5', 0.5],
  ['7901120Ki', 7_901_120 * 1024],
  ['2Gi', 2 ** 31],
  ['1.5G', 1.5e9],
  ['1e3', 1000],
  ['12E', 12e18],
  ['100n', 1e-7],
  [undefined, 0],
  ['', 0],
  ['much', 0],
  ['5 Gi', 0],
])('%s is %d', (text, expected) => {
  expect(quantity(text)).toBeCloseTo(expected, 9);
});

const container = (cpu: string, memory: string, more: Partial<V1Container> = {}): V1Container => ({
  ...{ name: 'a', resources: { requests: { cpu, memory } } },
  ...more,
});
const pod = (spec: Partial<V1Pod['spec']>, phase = 'Running'): V1Pod => ({
  spec: { nodeName: 'one', containers: [], ...spec },
  status: { phase },
});
const node = (spec: V1Node['spec'] = {}, ready = 'True'): V1Node => ({
  spec,
  status: { allocatable: { cpu: '4', memory: '8Gi', pods: '110' }, conditions: [{ type: 'Ready', status: ready }] },
});

test('a pod takes what its containers request together', () => {
  const two = pod({ containers: [container('100m', '1Gi'), container('250m', '512Mi')] });
  expect(podUse(two)).toEqual({ node: 'one', cpuCores: 0.35, memoryBytes: 1.5 * 2 ** 30 });
});

test('containers that start first count while they run, and those that stay count beside the others', () => {
  const initContainers = [
    container('50m', '1Gi', { restartPolicy: 'Always' }),
    container('2', '1Gi'),
    container('10m', '4Gi'),
  ];
  const { cpuCores, memoryBytes } = podUse(pod({ containers: [container('1', '1Gi')], initContainers }))!;
  expect(cpuCores).toBeCloseTo(2.05, 9);
  expect(memoryBytes).toBe(5 * 2 ** 30);
});

test('what a pod costs by itself counts, too; one without a node, or that has ended, takes nothing', () => {
  expect(podUse(pod({ containers: [container('1', '0')], overhead: { cpu: '250m' } }))?.cpuCores).toBe(1.25);
  expect(podUse({ spec: { containers: [] }, status: { phase: 'Pending' } })).toBeNull();
  expect(podUse(pod({}, 'Succeeded'))).toBeNull();
  expect(podUse(pod({}, 'Failed'))).toBeNull();
});

test.each<[string, V1Node, boolean]>([
  ['a ready one', node(), true],
  ['one that is not ready', node({}, 'False'), false],
  ['one of which nothing is heard', node({}, 'Unknown'), false],
  ['a cordoned one', node({ unschedulable: true }), false],
  [
    'one of the control plane',
    node({ taints: [{ key: 'node-role.kubernetes.io/control-plane', effect: 'NoSchedule' }] }),
    false,
  ],
  ['one that pods had better not be on', node({ taints: [{ key: 'a', effect: 'PreferNoSchedule' }] }), true],
  ['one that says nothing', {}, false],
])('%s takes pods: %#', (_name, given, expected) => {
  expect(nodeCapacity(given).isUsable).toBe(expected);
});

test('room is counted node by node: what one has too little of, no other gives', () => {
  const nodes = new Map([
    ['one', nodeCapacity(node())],
    ['two', nodeCapacity(node())],
    ['gone', nodeCapacity(node({ unschedulable: true }))],
  ]);
  const pods = new Map([
    ['a', { node: 'one', cpuCores: 5, memoryBytes: 2 ** 30 }],
    ['b', { node: 'gone', cpuCores: 1, memoryBytes: 2 ** 30 }],
    ['c', { node: 'two', cpuCores: 0.1, memoryBytes: 2 ** 30 }],
  ]);
  expect(readingOf('v1', nodes, pods)).toEqual({
    ...{ version: 'v1', nodes: 3, usableNodes: 2 },
    capacity: { cpuCores: 8, memoryBytes: 16 * 2 ** 30, pods: 220 },
    room: { cpuCores: 3.9, memoryBytes: 14 * 2 ** 30, pods: 218 },
  });
});

test('whatever the pods request, room is never negative and never more than the capacity', () => {
  const uses = fc.array(
    fc.record({
      node: fc.constantFrom('one', 'two', 'three'),
      cpuCores: fc.double({ min: 0, max: 9, noNaN: true }),
      memoryBytes: fc.nat(),
    }),
  );
  fc.assert(
    fc.property(uses, (all) => {
      const nodes = new Map(['one', 'two'].map((name) => [name, nodeCapacity(node())]));
      const { room, capacity } = readingOf('v1', nodes, new Map(all.map((use, index) => [String(index), use])));
      for (const what of ['cpuCores', 'memoryBytes', 'pods'] as const) {
        expect(room[what]).toBeGreaterThanOrEqual(0);
        expect(room[what]).toBeLessThanOrEqual(capacity[what]);
      }
    }),
  );
});
