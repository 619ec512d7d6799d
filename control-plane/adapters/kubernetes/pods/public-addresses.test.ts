import type { V1Node, V1Service } from '@kubernetes/client-node';
import { expect, test } from '@jest/globals';
import { balancerUrl, nodeUrl } from './public-addresses.ts';

const node = (name: string, isReady: boolean, ...addresses: [string, string][]): V1Node => ({
  metadata: { name },
  status: {
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
    addresses: addresses.map(([type, address]) => ({ type, address })),
  },
});
const service = (changes: Partial<V1Service> = {}): V1Service => ({
  spec: { ports: [{ port: 80, nodePort: 30123 }] },
  ...changes,
});

test('a NodePort is reached at a node that is ready, by an outer address where one has it', () => {
  const nodes = [
    node('c', true, ['InternalIP', '10.0.0.3']),
    node('a', false, ['ExternalIP', '192.0.2.1']),
    node('b', true, ['Hostname', 'b'], ['InternalIP', '10.0.0.2']),
  ];
  expect(nodeUrl(service(), nodes)).toBe('http://10.0.0.2:30123/');
  expect(nodeUrl(service(), [...nodes, node('d', true, ['ExternalIP', '2001:db8::1'])])).toBe(
    'http://[2001:db8::1]:30123/',
  );
  expect([nodeUrl(service(), []), nodeUrl({ spec: { ports: [{ port: 80 }] } }, nodes)]).toEqual([undefined, undefined]);
});

test('a LoadBalancer is reached at what the host cluster has given it, once it has', () => {
  const given = (ingress: { ip?: string; hostname?: string }) =>
    service({ status: { loadBalancer: { ingress: [ingress] } } });
  expect(balancerUrl(service())).toBeUndefined();
  expect(balancerUrl(given({ ip: '192.0.2.7' }))).toBe('http://192.0.2.7/');
  expect(balancerUrl(given({ hostname: 'lb.example.org', ip: '192.0.2.7' }))).toBe('http://lb.example.org/');
});
