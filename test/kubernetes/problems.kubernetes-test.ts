/** What Kubernetes says is wrong with an instance is what its provider says, long before anybody would give it up. */
import { expect, jest, test } from '@jest/globals';
import type { ObservedInstance } from '../../control-plane/app/ports/provider.ts';
import { eventually } from '../support/eventually.ts';
import { kubectl } from './cluster.ts';
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
