import { describe, expect, test } from '@jest/globals';
import type { KubernetesObject, V1Deployment, V1NetworkPolicy, V1ResourceQuota } from '@kubernetes/client-node';
import { cartridgeSpec } from '../../../../schema/manifests/cartridge.ts';
import { appliedOn, differences, managerOf, withApplied } from './drift.ts';
import { APPLIED_ANNOTATION } from './names.ts';
import { tenantObjects } from './tenant.ts';
import { workloadObjects } from './workload.ts';

const identity = { tenant: 'acme', application: 'shop', alias: 'web', cluster: '01k0000000000000000000000c' };
const spec = cartridgeSpec.parse({
  ...{ version: '1', category: 'framework', runtimes: ['container'] },
  ports: [{ name: 'http', protocol: 'http' }],
});
const [deployment, budget, policy] = workloadObjects({
  ...{
    platform: 'p1',
    namespace: 'cartwright-acme',
    partition: 'default',
    audience: 'a',
    identity,
    cartridge: 'nodejs',
  },
  ...{ spec, image: 'nodejs:1' },
});
const share = { instances: 2, memoryBytes: 256_000_000, buildsAtOnce: 1 };
const tenant = tenantObjects({ platform: 'p1', namespace: 'cartwright-acme', tenant: 'acme', share });

/** As it comes from a watch: with the wire's names of fields. */
function wire<T extends KubernetesObject>(object: KubernetesObject): T {
  return JSON.parse(JSON.stringify(object).replaceAll('"_from"', '"from"').replaceAll('"_default"', '"default"')) as T;
}

describe('what is no longer as it was applied', () => {
  test.each([deployment, budget!, policy!, ...tenant].map((object) => [object.kind, object] as const))(
    'is nothing of a %s that is as it was',
    (_kind, object) => {
      expect(differences(object, wire(object))).toEqual([]);
    },
  );

  test('is nothing that the API server adds, or that somebody else does', () => {
    const present = wire<V1Deployment>(deployment);
    present.status = { replicas: 3 };
    present.spec!.replicas = 3;
    present.metadata!.annotations!.team = 'payments';
    const pod = present.spec!.template.spec!;
    pod.dnsPolicy = 'ClusterFirst';
    pod.containers[0]!.imagePullPolicy = 'Always';
    pod.containers.unshift({ name: 'sidecar', image: 'proxy:1' });
    expect(differences(deployment, present)).toEqual([]);
  });

  test('is nothing that is written in other words', () => {
    const quota = tenant.find(({ kind }) => kind === 'ResourceQuota')!;
    const present = wire<V1ResourceQuota>(quota);
    present.spec!.hard!['limits.memory'] = '712M';
    expect(differences(quota, present)).toEqual([]);
    present.spec!.hard!['limits.memory'] = '713M';
    expect(differences(quota, present)).toEqual(['spec.hard.limits.memory']);
  });

  test('is nothing where a date came as a text, or a field with the name that the client gives it', () => {
    const made = new Date('2026-01-02T03:04:05.000Z');
    const dated = (creationTimestamp: unknown): KubernetesObject =>
      ({ kind: 'Pod', metadata: { creationTimestamp } }) as KubernetesObject;
    expect(differences(dated(made), dated(made.toJSON()))).toEqual([]);
    expect(differences(dated(made.toJSON()), dated(made))).toEqual([]);
    expect(differences(dated(made), dated('2026-01-02T03:04:06.000Z'))).toEqual(['metadata.creationTimestamp']);
    expect(differences(policy!, policy!)).toEqual([]);
  });

  test('is each field that has another value or is gone, by its path', () => {
    const present = wire<V1Deployment>(deployment);
    const pod = present.spec!.template.spec!;
    const [container] = pod.containers;
    container!.image = 'nodejs:2';
    container!.volumeMounts = container!.volumeMounts!.slice(1);
    pod.terminationGracePeriodSeconds = 1;
    delete present.metadata!.labels!['cartwright.dev/tenant'];
    expect(differences(deployment, present)).toEqual([
      'metadata.labels.cartwright.dev/tenant',
      'spec.template.spec.terminationGracePeriodSeconds',
      'spec.template.spec.containers[instance].image',
      'spec.template.spec.containers[instance].volumeMounts[data]',
    ]);
  });

  test('is a rule of a policy that was opened', () => {
    const opened = (ingress: readonly object[]) => {
      const present = wire<V1NetworkPolicy>(policy!);
      return { ...present, spec: { ...present.spec, ingress } } as KubernetesObject;
    };
    expect(differences(policy!, opened([{}]))).toEqual(['spec.ingress[0].from', 'spec.ingress[0].ports']);
    expect(differences(policy!, opened([...wire<V1NetworkPolicy>(policy!).spec!.ingress!, {}]))).toEqual([
      'spec.ingress',
    ]);
  });
});

describe('what was applied', () => {
  const owned = (manager: string, object: KubernetesObject): KubernetesObject => ({
    ...object,
    metadata: {
      ...object.metadata,
      managedFields: [
        { manager, fieldsV1: { 'f:metadata': { 'f:annotations': { [`f:${APPLIED_ANNOTATION}`]: {} } } } },
      ],
    },
  });

  test('is read from the object itself, by any control plane', () => {
    expect(differences(appliedOn(owned('cartwright', withApplied(policy!)))!, wire(policy!))).toEqual([]);
  });

  test('is not believed when somebody else has written it, nor when it is none', () => {
    expect(appliedOn(owned('kubectl-edit', withApplied(budget!)))).toBeUndefined();
    expect(managerOf(owned('kubectl-edit', budget!), ['metadata', 'annotations', APPLIED_ANNOTATION])).toBe(
      'kubectl-edit',
    );
    expect(appliedOn(budget!)).toBeUndefined();
    const broken = { ...budget!, metadata: { ...budget!.metadata, annotations: { [APPLIED_ANNOTATION]: '{' } } };
    expect(appliedOn(owned('cartwright', broken))).toBeUndefined();
  });
});
