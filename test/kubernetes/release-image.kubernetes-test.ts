/** A release keeps its image: whatever the catalogue says by then, and back again, without a request that fails. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { WORKING, type Repository } from '../support/repository.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';
import { kubectl } from './cluster.ts';
import { pushedImages, relabelled } from './image-set.ts';
import { KubernetesWorld, LIMIT, REF } from './world.ts';

jest.setTimeout(600_000);

let world: KubernetesWorld;
let repository: Repository;
let first: string;
let second: string;

beforeAll(async () => {
  first = (await pushedImages(['nodejs'])).get('nodejs')!;
  second = await relabelled(first);
  world = await KubernetesWorld.open({ name: 'image' });
  await world.register('here');
  repository = await world.deploy(WORKING('one'));
  await eventually('one instance', async () => (await world.active()).length === 1, LIMIT);
  await world.scaled(2);
});
afterAll(() => world[Symbol.asyncDispose]());

const jsonPath = async (kind: string, path: string, alias = 'web'): Promise<string[]> =>
  (await kubectl('-n', world.namespace, 'get', kind, '-l', `cartwright.dev/alias=${alias}`, '-o', `jsonpath={${path}}`))
    .split(' ')
    .filter((text) => text !== '');
const images = (alias?: string): Promise<string[]> => jsonPath('pods', '.items[*].spec.containers[*].image', alias);

async function areAll(image: string, text: string): Promise<void> {
  await eventually(
    `two that serve ${text} from ${image}`,
    async () => (await world.isAtRest(2)) && (await images()).every((one) => one === image),
    LIMIT,
  );
  expect(await getText(await world.url())).toBe(text);
  await eventually(
    'their Deployment alone',
    async () => (await jsonPath('deployments', '.items[*].metadata.name')).length === 1,
    LIMIT,
  );
}

test('another image in the catalogue changes nothing of what runs, nor of what joins it', async () => {
  await eventually('an answer', async () => (await getText(await world.url()).catch(() => '')) === 'one', LIMIT);
  await world.takeImage('nodejs', second);
  await world.scaled(3);
  expect(await images()).toEqual([first, first, first]);
  await world.scaled(2);
});

test('the next release brings it, one instance after another, and a rollback brings the first one back', async () => {
  await eventually('the balancers', async () => (await world.active('lb')).length === 2, LIMIT);
  const load = steadyLoad(await world.url(), 2);
  await repository.commit(WORKING('two'), 'second');
  await areAll(second, 'two');
  await world.change('rollback', 'RollbackInput', { ref: REF, releaseNumber: 1 });
  await areAll(first, 'one');
  const { sent, failed } = await load.stop();
  expect(sent).toBeGreaterThan(10);
  expect(failed).toEqual([]);
});

test('load balancers follow the platform to another image, one after another, and no request fails meanwhile', async () => {
  const [former] = await images('lb');
  const next = await relabelled(former!);
  const load = steadyLoad(await world.url(), 2);
  await world.takeImage('lb', next);
  await eventually(
    'two balancers of the present image alone',
    async () => {
      const present = await images('lb');
      return (
        (await world.active('lb')).length === 2 && present.length === 2 && present.every((image) => image === next)
      );
    },
    LIMIT,
  );
  const { sent, failed } = await load.stop();
  expect(sent).toBeGreaterThan(10);
  expect(failed).toEqual([]);
  expect(await images()).toEqual([first, first]);
});
