import { expect, test } from '@jest/globals';
import { IN_CLUSTER } from '../../../app/host-clusters/credential.ts';
import { hostClusterAccessOnDemand } from './on-demand.ts';

const platformId = async (): Promise<string> => 'platform';

test('what cannot be opened is told by each call, and there is nothing to close', async () => {
  const link = hostClusterAccessOnDemand(platformId).open(IN_CLUSTER);
  const signal = AbortSignal.timeout(20_000);
  await expect(link.identify(signal)).rejects.toMatchObject({ code: 'HOST_CLUSTER_NOT_IN_CLUSTER' });
  await expect(link.observe(signal)).rejects.toMatchObject({ code: 'HOST_CLUSTER_NOT_IN_CLUSTER' });
  await expect(link.close()).resolves.toBeUndefined();
});

test('a link that nobody has used reads and opens nothing', async () => {
  await expect(hostClusterAccessOnDemand(platformId).open(IN_CLUSTER).close()).resolves.toBeUndefined();
});
