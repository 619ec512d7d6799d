/** One of two host clusters that is lost under load: its API server, and all of its network. */
import { expect } from '@jest/globals';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from '../../support/eventually.ts';
import { WORKING } from '../../support/repository.ts';
import { getText } from '../../support/steady-load.ts';
import { KubernetesWorld, LIMIT } from '../world.ts';
import { failedDuring, type Fault } from './fault.ts';
import { anotherCluster, connected } from './programs.ts';

const INSTANCES = 4;

export const HOST_CLUSTER_LOST: Fault = {
  name: 'one of two host clusters that is lost under load: the other takes over, and it goes back when that is back',
  needs: 'programs',
  async run() {
    const another = anotherCluster();
    try {
      await using world = await KubernetesWorld.open({ name: 'two' });
      await world.register('here');
      await world.register('there', another.kubeconfig);
      await world.platform.apply(EVENLY);
      await world.deploy(WORKING('served'), {
        deployment: EVENLY.metadata.name,
        autoscaling: { minimum: INSTANCES, maximum: 8, factors: { loadAverage: { target: 500 } } },
      });
      await eventually('two in each', () => areThere(world, { here: 2, there: 2 }), LIMIT);
      await eventually('balancers in each', () => areThere(world, { here: 2, there: 2 }, 'lb'), LIMIT);
      const url = await world.url();
      await eventually('an answer', async () => (await getText(url)) === 'served', LIMIT);
      connected(1, false, another.name);
      try {
        await eventually('all are here', () => areThere(world, { here: INSTANCES }), LIMIT);
        // What was under way there when it was lost is over by then.
        await eventually(
          'nothing fails',
          async () => (await failedDuring(world, () => delay(2000))).length === 0,
          LIMIT,
        );
        expect(await failedDuring(world, () => delay(10_000))).toEqual([]);
      } finally {
        connected(1, true, another.name);
      }
      const failed = await failedDuring(world, () =>
        eventually(
          'two in each again, and no more',
          async () => {
            const isAsMany = (await world.active()).length === INSTANCES;
            return isAsMany && (await areThere(world, { here: 2, there: 2 }));
          },
          LIMIT,
        ),
      );
      expect(failed).toEqual([]);
      await world.change('deleteApplication', 'DeleteApplicationInput', { name: 'shop' });
      await eventually('nothing', async () => (await world.pods()).length === 0, LIMIT);
    } finally {
      another.close();
    }
  },
};

const EVENLY = {
  apiVersion: 'cartwright.dev/v1',
  kind: 'DeploymentPolicy',
  metadata: { name: 'evenly' },
  spec: {
    algorithm: 'round-robin',
    partitions: [
      { name: 'near', hostCluster: 'here' },
      { name: 'far', hostCluster: 'there' },
    ],
  },
};

/** Active instances by host cluster; those that are lost are not active. */
async function areThere(
  world: KubernetesWorld,
  wanted: Readonly<Record<string, number>>,
  alias = 'web',
): Promise<boolean> {
  const counts: Record<string, number> = {};
  for (const { state, placement } of await world.instances(alias)) {
    if (state !== 'ACTIVE' || placement === null) continue;
    counts[placement.hostCluster] = (counts[placement.hostCluster] ?? 0) + 1;
  }
  return Object.entries(wanted).every(([hostCluster, count]) => counts[hostCluster] === count);
}
