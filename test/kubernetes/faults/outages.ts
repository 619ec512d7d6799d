/** Parts of a host cluster that are away for a while: its API server, a kubelet, a node, the way to it; and the control plane itself. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { kubectl } from '../cluster.ts';
import { LIMIT, type KubernetesWorld } from '../world.ts';
import { atRest, AT_REST, failedDuring, type Fault } from './fault.ts';
import { connected, program } from './programs.ts';
import { nodes, spread, type Node } from './spread.ts';

const OUTAGE_MILLISECONDS = 60_000;
const MOMENTS = 12;
/** By then a pass that writes to the host cluster is over. */
const PASS_MILLISECONDS = 1500;

export const OUTAGES: readonly Fault[] = [
  {
    name: 'an API server that was killed for a minute: all goes on, and what is asked for meanwhile is done once',
    needs: 'programs',
    run: ({ world }) =>
      withoutApiServer(
        world,
        () => program('kill', 'apiserver'),
        () => program('start', 'apiserver'),
      ),
  },
  {
    name: 'an API server that hangs for a minute: all goes on, and what is asked for meanwhile is done once',
    needs: 'programs',
    run: ({ world }) =>
      withoutApiServer(
        world,
        () => program('freeze', 'apiserver'),
        () => program('thaw', 'apiserver'),
      ),
  },
  {
    name: 'a kubelet that hangs: its pods serve on until others do',
    needs: 'nodes',
    run: ({ world }) =>
      withoutNode(world, program.bind(null, 'freeze', 'kubelet-2'), program.bind(null, 'thaw', 'kubelet-2'), true),
  },
  {
    name: 'a node that is lost: others take over, and when it is back nothing is there twice',
    needs: 'nodes',
    // What was in flight there, and what is sent there before anybody can know, is lost with it.
    run: ({ world }) =>
      withoutNode(
        world,
        () => connected(2, false),
        () => connected(2, true),
        false,
      ),
  },
  {
    name: 'connections that are cut every second: what is asked for is done all the same, once',
    async run({ world, proxy }) {
      const cutting = setInterval(() => proxy.cut(), 1000);
      try {
        const failed = await failedDuring(world, async () => {
          await world.scaled(4);
          await world.scaled(AT_REST);
        });
        expect(failed).toEqual([]);
      } finally {
        clearInterval(cutting);
      }
      await atRest(world);
    },
  },
  {
    name: 'a control plane that stands still for a minute with its broker: nothing of it is started anew',
    async run({ world }) {
      const before = await present(world);
      const failed = await failedDuring(world, async () => {
        world.platform.signal('SIGSTOP');
        try {
          await delay(OUTAGE_MILLISECONDS);
        } finally {
          world.platform.signal('SIGCONT');
        }
        await atRest(world);
      });
      expect(failed).toEqual([]);
      expect(await present(world)).toEqual(before);
    },
  },
  {
    name: 'a control plane that is killed at a dozen moments of a reconcile: the number that was asked for, once',
    async run({ world, random }) {
      const failed = await failedDuring(world, async () => {
        for (let moment = 0; moment < MOMENTS; moment++) {
          await world.scale(moment % 2 === 0 ? AT_REST + 1 : AT_REST);
          await delay(random() * PASS_MILLISECONDS);
          await world.platform.end('SIGKILL');
          await world.platform.run();
        }
        await world.scaled(AT_REST);
      });
      expect(failed).toEqual([]);
      await atRest(world);
    },
  },
];

async function present(world: KubernetesWorld) {
  return { pods: await world.pods(), web: await world.active(), lb: await world.active('lb') };
}

async function withoutApiServer(world: KubernetesWorld, begin: () => void, end: () => void): Promise<void> {
  const before = await present(world);
  const failed = await failedDuring(world, async () => {
    const began = performance.now();
    begin();
    try {
      await eventually('it is told', async () => (await statusOf(world)) === 'UNREACHABLE', LIMIT);
      await world.scale(AT_REST + 1);
      await delay(Math.max(0, OUTAGE_MILLISECONDS - (performance.now() - began)));
      expect(await world.active()).toEqual(before.web);
    } finally {
      end();
    }
    await atRest(world, AT_REST + 1);
  });
  expect(failed).toEqual([]);
  expect(await world.pods()).toEqual(expect.arrayContaining(before.pods));
  expect(await world.active()).toEqual(expect.arrayContaining(before.web));
  await world.scaled(AT_REST);
}

async function withoutNode(
  world: KubernetesWorld,
  begin: () => void,
  end: () => void,
  isServing: boolean,
): Promise<void> {
  const name = await spread(world);
  const failed = await failedDuring(world, async () => {
    begin();
    try {
      await eventually('it is not ready', async () => !isReady(await nodes(), name), LIMIT);
      await eventually('all are elsewhere', async () => (await podsOn(world, name)) === 0, LIMIT);
      await eventually('enough serve', async () => (await world.active()).length >= AT_REST, LIMIT);
    } finally {
      end();
    }
    await eventually('it is ready', async () => isReady(await nodes(), name), LIMIT);
    await atRest(world);
  });
  if (isServing) expect(failed).toEqual([]);
  // Whatever was lost: it is over.
  expect(await failedDuring(world, () => delay(2000))).toEqual([]);
}

function isReady(all: readonly Node[], name: string): boolean {
  const conditions = all.find(({ metadata }) => metadata.name === name)?.status.conditions ?? [];
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
}

/** Those that are to stay. */
async function podsOn(world: KubernetesWorld, node: string): Promise<number> {
  const text = await kubectl(
    '-n',
    world.namespace,
    'get',
    'pods',
    '--field-selector',
    `spec.nodeName=${node}`,
    '-o',
    'json',
  );
  const { items } = JSON.parse(text) as { items: { metadata: { deletionTimestamp?: string } }[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).length;
}

async function statusOf(world: KubernetesWorld): Promise<string> {
  const { hostCluster } = await world.platform.ask<{ hostCluster: { status: { state: string } } }>(
    '{ hostCluster(name: "here") { status { state } } }',
  );
  return hostCluster.status.state;
}
