import { expect, test } from '@jest/globals';
import { placeIn } from './observed-object.ts';

const workload = { kind: 'StatefulSet', name: 'acme/shop-web', detail: null };
const pod = { kind: 'Pod', name: 'acme/shop-web-0', detail: 'Running on node-1' };
const claim = { kind: 'PersistentVolumeClaim', name: 'acme/data-shop-web-0', detail: 'data, 100 MiB, Bound' };
const process = { kind: 'Process', name: '4711', detail: null };

test('an instance is where its pod is, though its volumes stand behind it', () => {
  expect(placeIn([workload, pod, claim])).toBe(pod);
});

test('without a pod it is what is known of it', () => {
  expect(placeIn([process])).toBe(process);
  expect(placeIn([workload])).toBe(workload);
  expect(placeIn([])).toBeNull();
});
