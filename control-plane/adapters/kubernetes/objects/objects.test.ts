/** The objects, whole: what changes in them changes in clusters. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cartridgeSpec } from '../../../../schema/manifests/cartridge.ts';
import { NAME_PATTERN } from '../../../../schema/ids.ts';
import { workloadName } from './names.ts';
import { tenantObjects } from './tenant.ts';
import { workloadObjects, portsIn } from './workload.ts';

const identity = { tenant: 'acme', application: 'shop', alias: 'web', cluster: '01k0000000000000000000000c' };
const spec = cartridgeSpec.parse({
  version: '1',
  category: 'framework',
  runtimes: ['container'],
  ports: [
    { name: 'http', protocol: 'http' },
    { name: 'admin', protocol: 'tcp' },
  ],
  drainSeconds: 30,
  resources: { cpuCores: 0.25, memoryBytes: 134217728 },
});
const workload = workloadObjects({
  ...{ platform: 'p1', namespace: 'cartwright-acme', partition: 'default', audience: 'https://paas.example' },
  identity,
  cartridge: 'nodejs',
  spec,
  image: `registry.example/nodejs@sha256:${'0a'.repeat(32)}`,
});

test('a tenant has a namespace of its own, restricted, closed to the inside of the network, and an account without rights', () => {
  expect(tenantObjects({ platform: 'p1', namespace: 'cartwright-acme', tenant: 'acme' })).toMatchSnapshot();
});

test('a service cluster has a Deployment without a number of replicas, and a budget for disruptions', () => {
  expect(workload).toMatchSnapshot();
  expect(workload[0].spec).not.toHaveProperty('replicas');
  expect(portsIn(workload[0])).toEqual([
    { name: 'http', protocol: 'http', port: 8080 },
    { name: 'admin', protocol: 'tcp', port: 8081 },
  ]);
});

describe('names', () => {
  const name = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,38}[a-z0-9])?$/).filter((text) => NAME_PATTERN.test(text));

  test('are names of Kubernetes, and leave room for what it adds for pods', () => {
    fc.assert(
      fc.property(name, name, name, (application, alias, partition) => {
        const made = workloadName({ ...identity, application, alias }, partition);
        expect(made).toMatch(/^[a-z]([a-z0-9-]*[a-z0-9])?$/);
        expect(made.length + '-0123456789-01234'.length).toBeLessThanOrEqual(63);
      }),
    );
  });

  test('differ where parts of them look alike', () => {
    const one = workloadName({ ...identity, application: 'a-b', alias: 'c', cluster: 'x' }, 'default');
    const other = workloadName({ ...identity, application: 'a', alias: 'b-c', cluster: 'y' }, 'default');
    expect(one).not.toBe(other);
    expect(workloadName(identity, 'east')).not.toBe(workloadName(identity, 'west'));
  });
});
