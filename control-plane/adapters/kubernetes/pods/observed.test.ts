import { describe, expect, test } from '@jest/globals';
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
  expect(observedOf(deployment, { instance: 'i' }, { pod: undefined, ports: [] }).objects).toEqual([whole]);
  expect(observedOf(deployment, { instance: 'i', pod: 'u' }, { pod: pod(), ports: [] }).objects).toEqual([
    whole,
    { kind: 'Pod', name, detail: 'Pending, on no node yet' },
  ]);
  expect(observedOf(deployment, { instance: 'i', pod: 'u' }, { pod: pod('node-1'), ports: [] }).objects?.[1]).toEqual({
    kind: 'Pod',
    name,
    detail: 'Pending on node-1',
  });
});

describe('an instance with volumes', () => {
  const template = (name: string) => ({ metadata: { name: `volume-${name}` }, spec: {} });
  const statefulSet = {
    metadata: { namespace: 'cartwright-acme', name: 'shop-db-2a' },
    spec: {
      serviceName: 'shop-db-2a',
      selector: {},
      template: {},
      volumeClaimTemplates: ['data', 'log'].map(template),
    },
  };
  const slot = { instance: 'i', pod: 'u', ordinal: 1 };
  const bound = { status: { phase: 'Bound', capacity: { storage: '1Gi' } } };

  test('shows the claims of its number, with their sizes and whether they are bound', () => {
    const claimOf = (name: string) => (name === 'volume-data-shop-db-2a-1' ? bound : undefined);
    const seen = observedOf(statefulSet, slot, { pod: pod(), ports: [], claimOf });
    expect(seen.ordinal).toBe(1);
    expect(seen.objects?.slice(2)).toEqual([
      {
        kind: 'PersistentVolumeClaim',
        name: 'cartwright-acme/volume-data-shop-db-2a-1',
        detail: 'data, 1024 MiB, Bound',
      },
      { kind: 'PersistentVolumeClaim', name: 'cartwright-acme/volume-log-shop-db-2a-1', detail: 'log, not made yet' },
    ]);
  });

  test('waits for the next pod where it has lost one, until it is to end', () => {
    const without = { pod: undefined, ports: [] };
    expect(observedOf(statefulSet, slot, without).state).toBe('starting');
    expect(observedOf(statefulSet, { ...slot, leaving: true as const }, without).state).toBe('gone');
    expect(observedOf(deployment, { instance: 'i', pod: 'u' }, without).state).toBe('gone');
  });
});
