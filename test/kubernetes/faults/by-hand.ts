/** What people and their tools do to the objects of a host cluster, and what a host cluster refuses. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from '@jest/globals';
import { eventually } from '../../support/eventually.ts';
import { getText } from '../../support/steady-load.ts';
import { testAccount, testCluster } from '../accounts.ts';
import { applyObjects, kubectl } from '../cluster.ts';
import { LIMIT, type KubernetesWorld } from '../world.ts';
import { through } from '../proxied.ts';
import { atRest, AT_REST, failedDuring, type Fault } from './fault.ts';
import { spread } from './spread.ts';

interface Change {
  readonly kind: string;
  readonly fields: readonly string[];
  readonly isReverted: boolean;
}

export const BY_HAND: readonly Fault[] = [
  {
    name: 'pods that are deleted by hand, one after the other: others take their place, and no request fails',
    async run({ world }) {
      const failed = await failedDuring(world, async () => {
        for (const { name } of await world.places()) {
          await kubectl('-n', world.namespace, 'delete', 'pod', name, '--wait=false');
          await eventually('it is gone', async () => !(await podNames(world)).includes(name), LIMIT);
          await atRest(world);
        }
      });
      expect(failed).toEqual([]);
    },
  },
  {
    name: 'a Deployment that is deleted by hand is made again, and somebody is told',
    async run({ world }) {
      const before = await world.pods('web');
      await kubectl('-n', world.namespace, 'delete', 'deployment', await deploymentName(world), '--wait=false');
      await eventually('others', async () => (await world.pods('web')).every((uid) => !before.includes(uid)), LIMIT);
      await atRest(world);
      const changes = await world.events<Change>('host-cluster.object-changed');
      expect(changes.filter(({ kind, fields }) => kind === 'Deployment' && fields.length === 0)).not.toEqual([]);
    },
  },
  {
    name: 'fields that are edited by hand are put back, and the pods stay',
    async run({ world }) {
      const before = await world.pods('web');
      const deployment = await deploymentName(world);
      const failed = await failedDuring(world, async () => {
        await kubectl('-n', world.namespace, 'scale', 'deployment', deployment, '--replicas=4');
        await kubectl('-n', world.namespace, 'set', 'image', `deployment/${deployment}`, 'instance=somebody-elses:1');
        await eventually('both are told', () => toldOf(world, ['image', 'replicas']), LIMIT);
        await atRest(world);
      });
      expect(failed).toEqual([]);
      expect(await world.pods('web')).toEqual(before);
    },
  },
  {
    name: 'a node that is emptied by the book: its instances serve until others do, and no request fails',
    needs: 'nodes',
    async run({ world }) {
      const name = await spread(world);
      const failed = await failedDuring(world, async () => {
        try {
          const ours = '--pod-selector=app.kubernetes.io/managed-by=cartwright';
          await kubectl('drain', name, '--ignore-daemonsets', '--delete-emptydir-data', ours, '--timeout=240s');
          await atRest(world);
        } finally {
          await kubectl('uncordon', name);
        }
      });
      expect(failed).toEqual([]);
    },
  },
  {
    name: 'a quota of the namespace that is used up is the reason of what waits, and it comes when there is room',
    async run({ world }) {
      const pods = String((await world.pods()).length);
      const metadata = { name: 'somebody-elses', namespace: world.namespace };
      await applyObjects([{ apiVersion: 'v1', kind: 'ResourceQuota', metadata, spec: { hard: { pods } } }]);
      await world.scale(AT_REST + 1);
      await eventually('its reason', () => hasReason(world, 'quota-exceeded'), LIMIT);
      await kubectl('-n', world.namespace, 'delete', 'resourcequota', metadata.name);
      await world.scaled(AT_REST + 1);
      await world.scaled(AT_REST);
    },
  },
  {
    name: 'an instance over its memory is ended by the kernel and says so, the other serves, and two do in the end',
    async run({ world }) {
      const url = await world.url();
      await getText(`${url}eat`).catch(() => undefined);
      await eventually('its reason', () => hasFailed(world, 'out-of-memory'), LIMIT);
      await atRest(world);
      expect(await failedDuring(world, () => delay(2000))).toEqual([]);
    },
  },
  {
    name: 'a credential that is worth nothing any more: all serves on, and with another one what was asked for is done',
    async run({ world, proxy }) {
      const account = await testAccount(testCluster(), `${world.prefix}-next`);
      try {
        const failed = await failedDuring(world, async () => {
          await world.change('rotateHostCluster', 'RotateHostClusterInput', {
            name: 'here',
            kubeconfig: through(proxy, account.kubeconfig),
          });
          await account.revoke();
          await eventually('it is told', () => isUnauthorized(world), LIMIT);
          await world.scale(AT_REST + 1);
          await world.change('rotateHostCluster', 'RotateHostClusterInput', {
            name: 'here',
            kubeconfig: through(proxy, world.account.kubeconfig),
          });
          await world.scaled(AT_REST + 1);
        });
        expect(failed).toEqual([]);
        const ended = await world.events<{ reason?: { code: string } | null }>('instance.faulty');
        // What nobody foresaw, and people are told nothing of.
        expect(ended.map(({ reason }) => reason?.code)).not.toContain('provider-failed');
        await world.scaled(AT_REST);
      } finally {
        await account[Symbol.asyncDispose]();
      }
    },
  },
];

/** Those that are on their way out included. */
async function podNames(world: KubernetesWorld): Promise<string[]> {
  return namesOf(world, 'pods');
}

async function deploymentName(world: KubernetesWorld): Promise<string> {
  return (await namesOf(world, 'deployments'))[0]!;
}

async function namesOf(world: KubernetesWorld, kind: string): Promise<string[]> {
  const path = 'jsonpath={range .items[*]}{.metadata.name} {end}';
  const text = await kubectl('-n', world.namespace, 'get', kind, '-l', 'cartwright.dev/alias=web', '-o', path);
  return text.trim().split(' ');
}

async function toldOf(world: KubernetesWorld, parts: readonly string[]): Promise<boolean> {
  const changes = await world.events<Change>('host-cluster.object-changed');
  const fields = changes.flatMap((change) => (change.isReverted ? change.fields : []));
  return parts.every((part) => fields.some((field) => field.includes(part)));
}

async function hasReason(world: KubernetesWorld, code: string): Promise<boolean> {
  return (await world.instances()).some(({ reason }) => reason?.code === code);
}

async function hasFailed(world: KubernetesWorld, code: string): Promise<boolean> {
  const faults = await world.events<{ reason?: { code: string } }>('instance.faulty');
  return faults.some(({ reason }) => reason?.code === code);
}

async function isUnauthorized(world: KubernetesWorld): Promise<boolean> {
  const { hostCluster } = await world.platform.ask<{ hostCluster: { status: { failure: { code: string } | null } } }>(
    '{ hostCluster(name: "here") { status { failure { code } } } }',
  );
  return hostCluster.status.failure?.code === 'HOST_CLUSTER_UNAUTHORIZED';
}
