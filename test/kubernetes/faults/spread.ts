/** The nodes of the cluster, and instances on each of two. */
import { eventually } from '../../support/eventually.ts';
import { kubectl } from '../cluster.ts';
import { LIMIT, type KubernetesWorld } from '../world.ts';
import { atRest } from './fault.ts';

export interface Node {
  readonly metadata: { readonly name: string };
  readonly status: { readonly conditions: readonly { readonly type: string; readonly status: string }[] };
}

/** In the order of their names. */
export async function nodes(): Promise<Node[]> {
  const { items } = JSON.parse(await kubectl('get', 'nodes', '-o', 'json')) as { items: Node[] };
  return items.sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
}

/** The name of the second node, on which there is an instance, as there is on the first. */
export async function spread(world: KubernetesWorld): Promise<string> {
  const [first, second] = (await nodes()).map(({ metadata }) => metadata.name) as [string, string];
  for (const [empty, other] of [
    [first, second],
    [second, first],
  ] as const) {
    const there = await world.places();
    if (there.some(({ node }) => node === empty)) continue;
    await kubectl('cordon', other);
    try {
      await kubectl('-n', world.namespace, 'delete', 'pod', there[0]!.name, '--wait=false');
      await eventually('one is there', async () => (await world.places()).some(({ node }) => node === empty), LIMIT);
    } finally {
      await kubectl('uncordon', other);
    }
    await atRest(world);
  }
  return second;
}
