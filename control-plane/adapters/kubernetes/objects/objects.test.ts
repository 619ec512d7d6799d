/** The objects, whole: what changes in them changes in clusters. */
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { V1NetworkPolicy } from '@kubernetes/client-node';
import { cartridgeSpec, type CartridgeSpec } from '../../../../schema/manifests/cartridge.ts';
import { NAME_PATTERN } from '../../../../schema/ids.ts';
import { workloadName } from './names.ts';
import { tenantRules } from './network.ts';
import { tenantObjects } from './tenant.ts';
import { claimsOf, isStateful, ordinalOf } from './volumes.ts';
import { workloadObjects, portsIn, type WorkloadRequest } from './workload.ts';

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
const request: WorkloadRequest = {
  ...{ platform: 'p1', namespace: 'cartwright-acme', partition: 'default', audience: 'https://paas.example' },
  identity,
  cartridge: 'nodejs',
  spec,
  image: `registry.example/nodejs@sha256:${'0a'.repeat(32)}`,
  exchange: { controlPlane: 'https://paas.example', hostCluster: '01k0000000000000000000000h' },
};
const workload = workloadObjects(request);

test('a tenant has a namespace of its own, restricted, closed to the inside of the network, and an account without rights', () => {
  expect(tenantObjects({ platform: 'p1', namespace: 'cartwright-acme', tenant: 'acme' })).toMatchSnapshot();
});

test('the authorities of a host cluster lie in the namespace, where it has any', () => {
  const objects = tenantObjects({ platform: 'p1', namespace: 'cartwright-acme', tenant: 'acme', ca: 'PEM' });
  expect(objects.filter(({ kind }) => kind === 'ConfigMap')).toEqual([
    expect.objectContaining({
      metadata: expect.objectContaining({ name: 'cartwright-authorities', namespace: 'cartwright-acme' }),
      data: { 'ca.pem': 'PEM' },
    }),
  ]);
});

test('a tenant’s share of the host cluster is twice its quota: what leaves still counts; builds have room beside it', () => {
  const share = { instances: 20, memoryBytes: 2 ** 30, buildsAtOnce: 2 };
  const tenant = { platform: 'p1', namespace: 'cartwright-acme', tenant: 'acme', share };
  const quotaOf = (builds: { buildMemoryBytes?: number }) =>
    tenantObjects({ ...tenant, ...builds }).find(({ kind }) => kind === 'ResourceQuota');
  expect(quotaOf({})).toMatchObject({ spec: { hard: { pods: '43', 'limits.memory': `${2 ** 31 + 200_000_000}` } } });
  expect(quotaOf({ buildMemoryBytes: 2 ** 28 })).toMatchObject({
    spec: { hard: { pods: '43', 'limits.memory': `${2 ** 31 + 2 ** 29 + 200_000_000}` } },
  });
});

describe('Pod Security', () => {
  const run = (podSecurity?: CartridgeSpec['podSecurity']) => {
    const [{ metadata, spec: made }] = workloadObjects({
      ...request,
      spec: { ...spec, ...(podSecurity === undefined ? {} : { podSecurity }) },
    });
    const { securityContext, containers } = made!.template.spec!;
    return { name: metadata!.name, pod: securityContext, container: containers[0]!.securityContext };
  };

  test('is restricted where a cartridge says nothing else', () => {
    expect(run()).toEqual(run('restricted'));
    expect(run().pod).toMatchObject({ runAsNonRoot: true });
    expect(run().container).toMatchObject({ readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] } });
  });

  test('lets a container have what its level lets it have, in a Deployment of its own', () => {
    expect(run('baseline')).toMatchObject({ pod: { seccompProfile: { type: 'RuntimeDefault' } }, container: {} });
    expect(run('baseline').pod).not.toHaveProperty('runAsNonRoot');
    expect(run('baseline').container).toEqual({});
    expect(run('privileged').container).toEqual({ privileged: true });
    expect(new Set([run(), run('baseline'), run('privileged')].map(({ name }) => name)).size).toBe(3);
  });

  test('is enforced by the namespace, as the tenant may have it', () => {
    const labels = (podSecurity?: 'baseline') =>
      tenantObjects({
        ...{ platform: 'p1', namespace: 'cartwright-acme', tenant: 'acme' },
        ...(podSecurity === undefined ? {} : { podSecurity }),
      })[0]!.metadata!.labels!['pod-security.kubernetes.io/enforce'];
    expect([labels(), labels('baseline')]).toEqual(['restricted', 'baseline']);
  });
});

describe('policies of the network', () => {
  const egressTo = (...platform: string[]) => tenantRules({ platform, apiServer: 'https://203.0.113.9:6443' })!.egress!;
  const clusterRules = (changes: Partial<CartridgeSpec>) => {
    const policy = workloadObjects({ ...request, spec: { ...spec, ...changes } }).at(-1) as V1NetworkPolicy;
    return policy.spec!;
  };
  const application = { 'cartwright.dev/application': 'shop' };

  test('let instances out to the platform where it has a number, or is a Service of the cluster', () => {
    expect(egressTo('mqtts://10.0.0.7', 'http://[fd00::7]:8080').slice(2)).toEqual([
      { to: [{ ipBlock: { cidr: '10.0.0.7/32' } }], ports: [{ protocol: 'TCP', port: 8883 }] },
      { to: [{ ipBlock: { cidr: 'fd00::7/128' } }], ports: [{ protocol: 'TCP', port: 8080 }] },
    ]);
    expect(egressTo('https://cartwright.paas.svc.cluster.local:8080').slice(2)).toEqual([
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'paas' } } }],
        ports: [{ protocol: 'TCP' }],
      },
    ]);
    expect(egressTo('mqtts://broker.example.org', 'nonsense')).toHaveLength(2);
  });

  test('keep an API server with a public address out of reach', () => {
    expect(egressTo()[1]!.to![0]!.ipBlock!.except).toContain('203.0.113.9/32');
  });

  test.each([
    [
      'framework',
      undefined,
      [{ podSelector: { matchLabels: { ...application, 'cartwright.dev/category': 'load-balancer' } } }],
    ],
    ['framework', { from: 'application', to: [] }, [{ podSelector: { matchLabels: application } }]],
    ['data', undefined, [{ podSelector: { matchLabels: application } }]],
    ['load-balancer', undefined, undefined],
  ] as const)('let into a cartridge of the category %s with %j: %j', (category, network, from) => {
    const { ingress } = clusterRules({
      category,
      ...(network === undefined ? {} : { network: { ...network, to: [] } }),
    });
    expect(ingress).toEqual([
      {
        ...(from === undefined ? {} : { _from: from }),
        ports: [8080, 8081].map((port) => ({ protocol: 'TCP', port })),
      },
    ]);
  });

  test('let nobody into a cartridge without ports', () => {
    const rules = clusterRules({ ports: [] });
    expect(rules.policyTypes).toContain('Ingress');
    expect(rules.ingress).toBeUndefined();
  });

  test('open the private networks that a cartridge names', () => {
    expect(clusterRules({ network: { to: ['10.4.0.0/16'] } }).egress).toEqual([
      { to: [{ podSelector: { matchLabels: application } }] },
      { to: [{ ipBlock: { cidr: '10.4.0.0/16' } }] },
    ]);
  });
});

test('a partition is the nodes with its labels', () => {
  const nodeSelector = { 'topology.kubernetes.io/zone': 'a' };
  expect(workloadObjects({ ...request, nodeSelector })[0].spec?.template.spec?.nodeSelector).toEqual(nodeSelector);
  expect(workload[0].spec?.template.spec).not.toHaveProperty('nodeSelector');
});

test('a service cluster has a Deployment without a number of replicas, and a budget for disruptions and a policy for the network', () => {
  expect(workload).toMatchSnapshot();
  expect(workload[0].spec).not.toHaveProperty('replicas');
  expect(portsIn(workload[0])).toEqual([
    { name: 'http', protocol: 'http', port: 8080 },
    { name: 'admin', protocol: 'tcp', port: 8081 },
  ]);
});

describe('with volumes', () => {
  const volumes: CartridgeSpec['volumes'] = [
    { name: 'data', mountPath: 'data', sizeBytes: 2 ** 30 },
    { name: 'log', mountPath: '/var/lib/log', sizeBytes: 2 ** 20, storageClass: 'fast' },
  ];
  const numbered = workloadObjects({ ...request, spec: { ...spec, category: 'data', volumes } });

  test('a service cluster has a StatefulSet with claims, and a service in which its pods have names', () => {
    expect(numbered).toMatchSnapshot();
    expect(numbered[0].spec).not.toHaveProperty('replicas');
  });

  test('the claims of a number have the names that Kubernetes gives them', () => {
    const [statefulSet] = numbered;
    if (!isStateful(statefulSet)) throw new Error('expected a StatefulSet');
    const { name } = statefulSet.metadata!;
    expect(claimsOf(statefulSet, 2)).toEqual([
      { volume: 'data', claim: `volume-data-${name}-2` },
      { volume: 'log', claim: `volume-log-${name}-2` },
    ]);
    expect(ordinalOf({ metadata: { name: `${name}-12` } })).toBe(12);
    expect(ordinalOf({ metadata: { name: `${name}-x` } })).toBeUndefined();
    expect(isStateful(workload[0])).toBe(false);
  });
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
    expect(workloadName(identity, 'east', 'one')).not.toBe(workloadName(identity, 'east', 'two'));
    expect(workloadName(identity, 'east')).not.toBe(workloadName(identity, 'west'));
  });
});
