import { expect, test } from '@jest/globals';
import { observedOf } from './observed.ts';

const deployment = { metadata: { namespace: 'cartwright-acme', name: 'shop-web-1f' } };
const pod = (node?: string) => ({
  metadata: { namespace: 'cartwright-acme', name: 'shop-web-1f-x' },
  spec: { containers: [], ...(node === undefined ? {} : { nodeName: node }) },
  status: { phase: 'Pending' },
});

test('an instance is its Deployment, and its pod with its phase and node as soon as there is one', () => {
  const whole = { kind: 'Deployment', name: 'cartwright-acme/shop-web-1f' };
  const name = 'cartwright-acme/shop-web-1f-x';
  expect(observedOf(deployment, { instance: 'i' }, undefined, []).objects).toEqual([whole]);
  expect(observedOf(deployment, { instance: 'i', pod: 'u' }, pod(), []).objects).toEqual([
    whole,
    { kind: 'Pod', name, detail: 'Pending, on no node yet' },
  ]);
  expect(observedOf(deployment, { instance: 'i', pod: 'u' }, pod('node-1'), []).objects?.[1]).toEqual({
    kind: 'Pod',
    name,
    detail: 'Pending on node-1',
  });
});
