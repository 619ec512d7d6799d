/** The whole way on a real cluster: from a registered host cluster and a commit to pods that serve, and to their end. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { CRASHING, WORKING, type Repository } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';
import { KubernetesWorld, LIMIT, REF } from './world.ts';

jest.setTimeout(900_000);

let world: KubernetesWorld;
let repository: Repository;

beforeAll(async () => {
  world = await KubernetesWorld.open({ name: 'whole' });
});

afterAll(() => world[Symbol.asyncDispose]());

test('without a host cluster nothing can be started, and that is said at the start', async () => {
  expect(await world.platform.log()).toContain('no host cluster is registered, so no instance can be started');
});

test('a host cluster is registered with the rights of the ClusterRole and no more', async () => {
  await world.register('here');
});

test('a commit becomes pods that are reached through the load balancers in the cluster', async () => {
  repository = await world.deploy(WORKING('one'));
  await eventually('one instance', async () => (await world.active()).length === 1, LIMIT);
  await eventually('two load balancers', async () => (await world.active('lb')).length === 2, LIMIT);
  const url = await world.url();
  expect(url).toMatch(/^http:\/\/\d+\.\d+\.\d+\.\d+:3\d{4}\/$/);
  await eventually('an answer', async () => (await getText(url).catch(() => '')) === 'one', LIMIT);
});

test('a number that somebody sets is the number of pods', async () => {
  await world.scaled(3);
  await world.scaled(1);
});

test('another commit is rolled out without a request that fails', async () => {
  const url = await world.url();
  await world.scaled(2);
  const load = steadyLoad(url, 2);
  await repository.commit(WORKING('two'), 'second');
  await eventually('the second', async () => (await getText(url)) === 'two', LIMIT);
  await eventually('all of them on it', () => world.isOn(2), LIMIT);
  const { sent, failed } = await load.stop();
  expect(sent).toBeGreaterThan(10);
  expect(failed).toEqual([]);
});

test('a commit that does not start is returned from by itself, and any release can be gone back to, without a request that fails', async () => {
  const url = await world.url();
  const load = steadyLoad(url, 2);
  await repository.commit(CRASHING, 'third');
  await eventually('its return', async () => (await rolloutOf()) === 'RETURNED', LIMIT);
  await eventually('all of them on the one before', () => world.isOn(2), LIMIT);
  await world.change('rollback', 'RollbackInput', { ref: REF, releaseNumber: 1 });
  await eventually('the first', async () => (await getText(url)) === 'one', LIMIT);
  await eventually('an end', async () => (await rolloutOf()) === 'SUCCEEDED', LIMIT);
  const { failed } = await load.stop();
  expect(failed).toEqual([]);
});

test('a control plane that is killed and started again finds the same pods', async () => {
  await eventually('they are at rest', () => world.isAtRest(2), LIMIT);
  const before = await present();
  await world.platform.end('SIGKILL');
  expect(await getText(before.url)).toBe('one');
  await world.platform.run();
  await eventually('they are active', () => world.isAtRest(2), LIMIT);
  await eventually('and the balancers', async () => (await world.active('lb')).length === 2, LIMIT);
  expect(await present()).toEqual(before);
  expect(await getText(before.url)).toBe('one');
});

test('a deleted application leaves nothing', async () => {
  await world.change('deleteApplication', 'DeleteApplicationInput', { name: 'shop' });
  await eventually(
    'nothing of it',
    async () => (await world.objects('deployments', 'pods', 'services', 'poddisruptionbudgets')).length === 0,
    LIMIT,
  );
  const { application } = await world.platform.ask<{ application: object | null }>(
    '{ application(name: "shop") { uid } }',
  );
  expect(application).toBeNull();
});

async function present() {
  return {
    pods: await world.pods(),
    web: await world.active(),
    lb: await world.active('lb'),
    url: await world.url(),
  };
}

async function rolloutOf(): Promise<string | undefined> {
  const { serviceCluster } = await world.platform.ask<{
    serviceCluster: { rollouts: { edges: readonly { node: { state: string } }[] } };
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) { rollouts(last: 1) { edges { node { state } } } } }`,
    { ref: REF },
  );
  return serviceCluster.rollouts.edges[0]?.node.state;
}
