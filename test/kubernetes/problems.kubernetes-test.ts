/** What Kubernetes says is wrong with an instance is what its provider says, long before anybody would give it up. */
import { expect, jest, test } from '@jest/globals';
import type { ObservedInstance } from '../../control-plane/app/ports/provider.ts';
import { eventually } from '../support/eventually.ts';
import { kubectl } from './cluster.ts';
import { hasPrograms, withoutController } from './faults/programs.ts';
import { KubernetesFixture } from './provider-fixture.ts';
import { testRegistry } from './image-set.ts';

jest.setTimeout(300_000);

async function problemOf(fixture: KubernetesFixture, memoryBytes?: number): Promise<ObservedInstance> {
  await fixture.provider.create(fixture.request('one', memoryBytes === undefined ? {} : { memoryBytes }));
  return eventually(
    'a problem',
    async () => (await fixture.provider.list()).find(({ problem }) => problem !== undefined),
    60_000,
  );
}

async function withFixture(work: (fixture: KubernetesFixture) => Promise<void>): Promise<void> {
  const fixture = await KubernetesFixture.open(`${testRegistry()}/nothing-of-that-name:1`);
  try {
    await work(fixture);
  } finally {
    await fixture.close();
  }
}

test('an image that is not there', () =>
  withFixture(async (fixture) => {
    expect(await problemOf(fixture)).toMatchObject({
      state: 'starting',
      problem: { code: 'image-pull-failed', message: expect.stringContaining('nothing-of-that-name:1') },
    });
  }));

test('more memory than any node has', () =>
  withFixture(async (fixture) => {
    expect(await problemOf(fixture, 2 ** 50)).toMatchObject({
      state: 'starting',
      problem: { code: 'unschedulable', message: expect.stringContaining('Insufficient memory') },
    });
  }));

test('a quota that is used up, until there is room', () =>
  withFixture(async (fixture) => {
    await fixture.provider.create(fixture.request('first'));
    await kubectl('-n', fixture.namespace, 'create', 'quota', 'of-the-owner', '--hard=pods=1');
    const refused = async () =>
      (await fixture.provider.list()).find(({ problem }) => problem?.code === 'quota-exceeded');
    await fixture.provider.create(fixture.request('second'));
    expect(await eventually('the refusal', refused, 60_000)).toMatchObject({ instance: 'second', state: 'starting' });
    await kubectl('-n', fixture.namespace, 'delete', 'quota', 'of-the-owner');
    await eventually('no refusal any more', async () => (await refused()) === undefined, 120_000);
  }));

// A controller that sleeps, as it may for minutes after the API server was away, is as one that is not there.
(hasPrograms ? test : test.skip)(
  'a controller that makes no pods is called on, and until it does people are told',
  async () => {
    const stalled: object[] = [];
    const fixture = await KubernetesFixture.open(`${testRegistry()}/nothing-of-that-name:1`, {
      stallMilliseconds: 2000,
      onStall: (stall) => stalled.push(stall),
    });
    const replicaSets = (path: string) =>
      kubectl('-n', fixture.namespace, 'get', 'replicasets', '-o', `jsonpath={.items[*]${path}}`);
    const second = async () => (await fixture.provider.list()).find(({ instance }) => instance === 'second')!;
    try {
      await fixture.provider.create(fixture.request('first'));
      await eventually('the first pod', async () => (await fixture.pods()).length === 1, 60_000);
      await withoutController('replicaset-controller', async () => {
        await fixture.provider.create(fixture.request('second'));
        const told = async () => (await second()).problem?.code === 'pod-not-made';
        await eventually('people are told', told, 60_000);
        const calledOn = () => replicaSets('.metadata.annotations.cartwright\\.dev/called-on');
        const first = await eventually(
          'what makes the pods is called on',
          async () => (await calledOn()) || undefined,
          60_000,
        );
        await eventually('once more', async () => (await calledOn()) !== first, 60_000);
        expect(await second()).toMatchObject({
          state: 'starting',
          problem: {
            message: expect.stringMatching(
              /asks its host cluster for 2 pods and has had 1 since .*Z, without a reason/,
            ),
          },
        });
        expect(stalled[0]).toMatchObject({ kind: 'Deployment', namespace: fixture.namespace });
        expect(fixture.changes).toEqual([]);
      });
      await eventually('its pod', async () => (await second()).problem?.code === 'image-pull-failed', 120_000);
    } finally {
      await fixture.close();
    }
  },
);
