/**
 * An application in PHP, of several files and with a library that composer installs, from Git to pods; and scaled by the load of its threads
 * alone, with and without a limit of processor time.
 */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { getText, steadyLoad } from '../support/steady-load.ts';
import { applyObjects, kubectl } from './cluster.ts';
import { KubernetesWorld, LIMIT, REF } from './world.ts';

jest.setTimeout(900_000);

const CPU = '0.2';
/** At the front a controller; the library comes by composer's autoloader. */
const FILES = {
  'composer.json': JSON.stringify({
    name: 'acme/shop',
    repositories: [{ type: 'path', url: 'packages/*', options: { symlink: false } }, { packagist: false }],
    require: { 'acme/till': '*' },
    autoload: { 'psr-4': { 'Shop\\': 'src/' } },
  }),
  'packages/till/composer.json': JSON.stringify({
    name: 'acme/till',
    version: '1.0.0',
    autoload: { 'psr-4': { 'Till\\': 'src/' } },
  }),
  'packages/till/src/Sum.php': `<?php
namespace Till;
final class Sum { public static function of(int ...$prices): int { return array_sum($prices); } }
`,
  'src/Page.php': `<?php
namespace Shop;
final class Page { public static function show(): string { return 'the sum is ' . \\Till\\Sum::of(40, 2); } }
`,
  'public/index.php': `<?php
require __DIR__ . '/../vendor/autoload.php';
if ($_SERVER['REQUEST_URI'] === '/work') for ($round = 0; $round < 200000; $round++) md5((string) $round);
echo Shop\\Page::show();
`,
};

let world: KubernetesWorld;

beforeAll(async () => {
  world = await KubernetesWorld.open({ name: 'php', cartridges: ['php'] });
  await world.register('here');
});
afterAll(() => world[Symbol.asyncDispose]());

test('is built with its library, and serves behind the load balancer', async () => {
  await world.deploy(FILES, {
    cartridge: 'php',
    resources: { cpuCores: Number(CPU), memoryBytes: '256Mi' },
    autoscaling: {
      minimum: 1,
      maximum: 3,
      factors: { loadAverage: { target: 60 } },
      scaleDown: { periodSeconds: 5, regretSeconds: 5 },
    },
  });
  await eventually('it serves', async () => (await getText(await world.url())) === 'the sum is 42', LIMIT);
  await eventually('at rest', () => world.isAtRest(1), LIMIT);
  expect(await limits()).toEqual([undefined]);
});

test('is scaled by the load of its threads while there is one, and back', () => grownAndShrunk());

test('is scaled the same where its processor time is limited', async () => {
  const metadata = { name: 'somebody-elses', namespace: world.namespace };
  const spec = { limits: [{ type: 'Container', default: { cpu: CPU } }] };
  await applyObjects([{ apiVersion: 'v1', kind: 'LimitRange', metadata, spec }]);
  await kubectl('-n', world.namespace, 'delete', 'pods', '-l', 'cartwright.dev/alias=web');
  await eventually('at rest', () => world.isAtRest(1), LIMIT);
  expect(await limits()).toEqual(['200m']);
  await grownAndShrunk();
});

async function grownAndShrunk(): Promise<void> {
  const load = steadyLoad(`${await world.url()}work`, 4);
  try {
    await eventually('more serve', async () => (await world.active()).length > 1, LIMIT);
  } finally {
    await load.stop();
  }
  expect(await growth()).toBe('loadAverage');
  await eventually('one is left', () => world.isAtRest(1), LIMIT);
  expect((await load.stop()).failed).toEqual([]);
}

/** The reason of the last decision to grow. */
async function growth(): Promise<string | undefined> {
  interface Decision {
    readonly from: number;
    readonly to: number;
    readonly acted: boolean;
    readonly reasonCode: string;
  }
  const { serviceCluster } = await world.platform.ask<{
    serviceCluster: { decisions: { edges: readonly { node: Decision }[] } };
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
      decisions(last: 50) { edges { node { from to acted reasonCode } } } } }`,
    { ref: REF },
  );
  const decisions = serviceCluster.decisions.edges.map(({ node }) => node);
  return decisions.findLast(({ from, to, acted }) => acted && to > from)?.reasonCode;
}

/** Of processor time, of each instance's container. */
async function limits(): Promise<(string | undefined)[]> {
  const text = await kubectl('-n', world.namespace, 'get', 'pods', '-l', 'cartwright.dev/alias=web', '-o', 'json');
  const { items } = JSON.parse(text) as {
    items: { spec: { containers: { resources: { limits?: { cpu?: string } } }[] } }[];
  };
  return items.map(({ spec }) => spec.containers[0]?.resources.limits?.cpu);
}
