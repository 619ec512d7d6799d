/** Instances with data whose release names another image: one after another, the highest number first, each the same instance with its data. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { pushedImages, relabelled } from './image-set.ts';
import { kept, note, notesApplication, notesCartridge, numberOf } from './notes.ts';
import { openVolumes } from './open-volumes.ts';
import { podsIn, type PodView } from './pods.ts';
import { KubernetesWorld, LIMIT, REF } from './world.ts';

jest.setTimeout(900_000);
const INSTANCES = 3;

let world: KubernetesWorld;
let first: string;
let second: string;

beforeAll(async () => {
  first = (await pushedImages(['nodejs'])).get('nodejs')!;
  second = await relabelled(first);
  world = await KubernetesWorld.open({ name: 'volume', cartridges: [] });
  await world.register('here');
});
afterAll(() => world[Symbol.asyncDispose]());

/** By their numbers, the lowest first. */
async function pods(): Promise<PodView[]> {
  return (await podsIn(world.namespace, 'cartwright.dev/alias=web')).sort((a, b) => numberOf(a) - numberOf(b));
}

const imageOf = ({ spec }: PodView): string => spec.containers[0]!.image;

/** All serve from the image, with their notes, and the pods came in the order of their numbers, the highest first. */
async function areOn(image: string): Promise<void> {
  await eventually(
    `all on ${image}`,
    async () => (await world.isAtRest(INSTANCES)) && (await pods()).every((pod) => imageOf(pod) === image),
    LIMIT,
  );
  const after = await pods();
  expect(after.map(numberOf)).toEqual([0, 1, 2]);
  for (const pod of after) expect(await note(pod)).toBe(kept(`of ${numberOf(pod)}`));
  const came = after.map(({ metadata }) => Date.parse(metadata.creationTimestamp));
  expect(came).toEqual([...came].sort((a, b) => b - a));
}

test('instances keep what they are given on their volumes', async () => {
  await world.platform.apply(notesCartridge(first));
  await world.platform.apply(notesApplication({ ...REF, minimum: INSTANCES }));
  await eventually('all serve', () => world.isAtRest(INSTANCES), LIMIT);
  await openVolumes(world.namespace);
  for (const pod of await pods()) expect(await note(pod, `of ${numberOf(pod)}`)).toBe(kept(`of ${numberOf(pod)}`));
});

test('another image of the cartridge is another release, and is rolled by number, never two at once', async () => {
  const before = await world.active();
  let fewest = INSTANCES;
  const watch = new AbortController();
  const watching = eventually(
    'the end',
    async () => {
      fewest = Math.min(fewest, (await world.active()).length);
      return watch.signal.aborted;
    },
    LIMIT,
  );
  await world.platform.apply(notesCartridge(second));
  await areOn(second);
  expect(await world.isOn(2)).toBe(true);
  expect(await world.active()).toEqual(before);
  watch.abort();
  await watching;
  expect(fewest).toBeGreaterThanOrEqual(INSTANCES - 1);
});

test('a rollback brings the first image back in the same way', async () => {
  await world.change('rollback', 'RollbackInput', { ref: REF, releaseNumber: 1 });
  await areOn(first);
  expect((await world.objects('persistentvolumeclaims')).filter((name) => name.includes('volume-data'))).toHaveLength(
    INSTANCES,
  );
});
