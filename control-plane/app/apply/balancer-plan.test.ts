import { describe, expect, test } from '@jest/globals';
import type { DeploymentPolicySpec } from '../../../schema/manifests/policy.ts';
import { planBalancers } from './balancer-plan.ts';

const over = (...hostClusters: string[]): DeploymentPolicySpec => ({
  algorithm: 'one-after-another',
  partitions: hostClusters.map((hostCluster, index) => ({ name: `part-${index}`, hostCluster, maximum: 3 })),
});

describe('the load balancers of an application', () => {
  test('are two where no deployment policy says where its instances go', () => {
    expect(planBalancers([null])).toEqual({ instances: 2, placement: null });
  });

  test('are two in each host cluster that its instances may be in, however many of its partitions are there', () => {
    expect(planBalancers([over('home', 'home', 'cloud')])).toEqual({
      instances: 4,
      placement: {
        algorithm: 'round-robin',
        partitions: [
          { name: 'default', hostCluster: 'home' },
          { name: 'default', hostCluster: 'cloud' },
        ],
      },
    });
  });

  test('are counted once for a host cluster that several components share', () => {
    expect(planBalancers([over('home'), over('home', 'cloud'), over('cloud')]).instances).toBe(4);
  });

  test('are anywhere where one component is, as its instances may be in any host cluster', () => {
    expect(planBalancers([over('home', 'cloud'), null])).toEqual({ instances: 2, placement: null });
  });
});
