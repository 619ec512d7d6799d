import { expect, test } from '@jest/globals';
import { releaseDocument } from '../../../../schema/agent/release-document.ts';
import type { KeptRelease, KeptTarget } from '../../../app/ports/provider.ts';
import { balancingOf } from './balancing.ts';
import { LABELS } from './names.ts';
import { clusterService, membersService } from './service.ts';

const lb = { tenant: 'acme', application: 'shop', alias: 'lb', cluster: '01k0000000000000000000000b' };
const web = { ...lb, alias: 'web', cluster: '01k0000000000000000000000c' };
const ports = [
  { name: 'metrics', protocol: 'tcp' },
  { name: 'http', protocol: 'http' },
] as const;

function target(alias: string, uid: string, named: KeptTarget['ports']): KeptTarget {
  return {
    alias,
    topology: { v: 1, uid, epoch: 0, generation: 0, routes: [{ path: '/' }], concurrency: 8 },
    ports: named,
  };
}

const kept = (balancing?: readonly KeptTarget[]) =>
  ({ identity: lb, ...(balancing === undefined ? {} : { balancing }) }) as KeptRelease;

test('a target is found at the port that requests are for, by the name of its service', () => {
  const found = balancingOf(kept([target('web', web.cluster, [...ports])]), 'here')!;
  const numbers = [
    { name: 'metrics', protocol: 'tcp', port: 8080 },
    { name: 'http', protocol: 'http', port: 8081 },
  ] as const;
  const request = { platform: 'p1', namespace: 'cartwright-acme', identity: web, ports: numbers };
  const service = membersService({ ...request, type: 'ClusterIP' })!;
  expect(releaseDocument.shape.balancing.parse(found)).toEqual(found);
  expect(found.hostCluster).toBe('here');
  expect(found.targets[0]!.members).toEqual({ service: service.metadata!.name, port: 8081 });
  expect(service.spec).toMatchObject({ clusterIP: 'None', selector: { [LABELS.cluster]: web.cluster } });
  expect(service.metadata!.name).not.toBe(clusterService({ ...request, type: 'ClusterIP' })!.metadata!.name);
  expect(membersService({ ...request, type: 'NodePort' })).toBeUndefined();
});

test('nobody is looked for of the balancer itself, and of what has no port', () => {
  const { targets } = balancingOf(
    kept([target('lb', lb.cluster, [...ports]), target('worker', web.cluster, [])]),
    'here',
  )!;
  expect(targets.map(({ alias, members }) => [alias, members])).toEqual([
    ['lb', undefined],
    ['worker', undefined],
  ]);
});

test('what is no load balancer balances nothing', () => {
  expect(balancingOf(kept(), 'here')).toBeUndefined();
});
