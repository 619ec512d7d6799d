import { expect, test } from '@jest/globals';
import { Registry } from 'prom-client';
import { READING } from '../../app/testing/host-clusters.ts';
import { hostClusterGauges, type WatchedHostCluster } from './host-cluster-metrics.ts';

test('each host cluster has its figures as far as they are known, and none when it is gone', async () => {
  const failure = { code: 'HOST_CLUSTER_TIMEOUT', message: 'it did not answer in time', since: 0 };
  let watched: WatchedHostCluster[] = [
    { name: 'new', status: { kind: 'unknown' } },
    {
      name: 'near',
      status: { kind: 'reachable', since: 0, checkedAt: 0, latencyMilliseconds: 12, reading: READING, failure: null },
    },
    { name: 'far', status: { kind: 'unreachable', since: 0, checkedAt: 0, failure, reading: READING } },
  ];
  const registry = new Registry();
  hostClusterGauges([registry], 'cartwright_', () => watched);
  const text = await registry.metrics();
  expect(text).toContain('cartwright_host_cluster_up{host_cluster="near"} 1\n');
  expect(text).toContain('cartwright_host_cluster_up{host_cluster="far"} 0\n');
  expect(text).toContain('cartwright_host_cluster_latency_seconds{host_cluster="near"} 0.012\n');
  expect(text).not.toContain('latency_seconds{host_cluster="far"}');
  expect(text).toContain('cartwright_host_cluster_room_pods{host_cluster="far"} 210\n');
  expect(text).not.toContain('host_cluster="new"');
  watched = [];
  expect(await registry.metrics()).not.toContain('host_cluster="');
});
