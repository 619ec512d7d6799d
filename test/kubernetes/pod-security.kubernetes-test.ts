/** A cartridge that runs as root, on a cluster that enforces the Pod Security Standards: only where an operator allows it to the tenant. */
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { eventually } from '../support/eventually.ts';
import { getText } from '../support/steady-load.ts';
import { kubectl } from './cluster.ts';
import { derived, pushedImages } from './image-set.ts';
import { podsIn } from './pods.ts';
import { KubernetesWorld, LIMIT, REF } from './world.ts';

jest.setTimeout(900_000);

/** Says who it is, and what it may: write to its image's files, and give them to another user. */
const PROGRAM = `
const { chownSync, writeFileSync } = require('node:fs');
const outcome = (work) => { try { work(); return 'done'; } catch (error) { return error.code; } };
require('node:http').createServer((_, response) => response.end(JSON.stringify({
  user: process.getuid(),
  written: outcome(() => writeFileSync('/opt/file', 'x')),
  given: outcome(() => chownSync('/opt/file', 1, 1)),
}))).listen(process.env.PORT, process.env.HOST);
`;
const AS_ROOT = { user: 0, written: 'done', given: 'done' };
const ALLOWANCE = 'CARTWRIGHT_POD_SECURITY';

let world: KubernetesWorld;
let usual: string;
let asRoot: string;

beforeAll(async () => {
  usual = (await pushedImages(['nodejs'])).get('nodejs')!;
  asRoot = await derived('as-root', usual, 'USER 0:0');
  world = await KubernetesWorld.open({ name: 'security', cartridges: [] });
  await world.register('here');
  await world.platform.apply(cartridge('plain', usual));
  await world.platform.apply(cartridge('rooted', asRoot, 'baseline'));
  await world.platform.apply(cartridge('mighty', asRoot, 'privileged'));
  await world.platform.apply(application({ plain: 'plain' }));
  await eventually('the plain one serves', async () => (await world.active('plain')).length === 1, LIMIT);
});
afterAll(() => world[Symbol.asyncDispose]());

function cartridge(name: string, image: string, podSecurity?: string): object {
  return {
    ...{ apiVersion: 'cartwright.dev/v1', kind: 'Cartridge', metadata: { name } },
    spec: {
      ...{ version: '1', category: 'data', runtimes: ['container'], image, artifact: { required: false } },
      ports: [{ name: 'main', protocol: 'tcp' }],
      readiness: { tcp: { port: 'main' }, intervalSeconds: 0.2 },
      ...{ drainSeconds: 1, startSeconds: 3, resources: { cpuCores: 0.05, memoryBytes: '128Mi' } },
      ...(podSecurity === undefined ? {} : { podSecurity }),
    },
  };
}

/** `shop`, with a component of each alias on the cartridge. */
function application(components: Readonly<Record<string, string>>): object {
  return {
    ...{ apiVersion: 'cartwright.dev/v1', kind: 'Application', metadata: { name: REF.application } },
    spec: {
      components: Object.entries(components).map(([alias, name]) => ({
        ...{ kind: 'cartridge', alias, cartridge: name, start: ['node', '-e', PROGRAM] },
        autoscaling: { minimum: 1, maximum: 3 },
      })),
    },
  };
}

async function restart(allowed: string | undefined): Promise<void> {
  await world.platform.end('SIGTERM');
  world.platform.environment[ALLOWANCE] = allowed ?? '';
  await world.platform.run();
}

/** What each pod of the alias says. */
async function answers(alias: string): Promise<unknown[]> {
  const pods = await podsIn(world.namespace, `cartwright.dev/alias=${alias}`);
  return Promise.all(
    pods.map(async ({ status }) => JSON.parse(await getText(`http://${status.podIP}:8080/`)) as unknown),
  );
}

async function levels(): Promise<string[]> {
  const labels = ['enforce', 'warn'].map((mode) => `{.metadata.labels.pod-security\\.kubernetes\\.io/${mode}}`);
  return (await kubectl('get', 'namespace', world.namespace, '-o', `jsonpath=${labels.join(' ')}`)).split(' ');
}

test('what is not allowed is refused by its name, and the namespace enforces restricted', async () => {
  await expect(world.platform.apply(application({ plain: 'plain', web: 'rooted' }))).rejects.toThrow(
    /rooted needs Pod Security baseline, and the tenant default may have restricted.*CARTWRIGHT_POD_SECURITY=default=baseline.*"FORBIDDEN"/,
  );
  expect(await levels()).toEqual(['restricted', 'restricted']);
  expect(await answers('plain')).toEqual([{ user: 10_001, written: 'EROFS', given: 'ENOENT' }]);
});

test('where an operator allows baseline its pods run as root, others stay restricted, and more is still refused', async () => {
  const before = await world.pods('plain');
  await restart('default=baseline');
  await expect(world.platform.apply(application({ plain: 'plain', web: 'mighty' }))).rejects.toThrow(
    /mighty needs Pod Security privileged, and the tenant default may have baseline.*"FORBIDDEN"/,
  );
  await world.platform.apply(application({ plain: 'plain', web: 'rooted' }));
  await eventually('it serves', () => world.isAtRest(1), LIMIT);
  expect(await answers('web')).toEqual([AS_ROOT]);
  expect(await levels()).toEqual(['baseline', 'baseline']);
  // None was replaced; a busy machine may have asked for one more.
  expect(await world.pods('plain')).toEqual(expect.arrayContaining(before));
});

test('a pod that the cluster makes in the place of one of them runs as root, too', async () => {
  await kubectl('-n', world.namespace, 'delete', 'pods', '-l', 'cartwright.dev/alias=web');
  await eventually('another serves', () => world.isAtRest(1), LIMIT);
  expect(await answers('web')).toEqual([AS_ROOT]);
});

test('taken away again, what runs goes on, nothing more of it begins, and the namespace enforces restricted', async () => {
  const before = await world.pods('web');
  await restart(undefined);
  await eventually('restricted', async () => (await levels()).every((level) => level === 'restricted'), LIMIT);
  await world.scale(2);
  await eventually(
    'it is said why',
    async () =>
      (await world.events<{ message: string }>('instance.start-failed')).some(({ message }) =>
        message.includes('the cartridge rooted needs Pod Security baseline'),
      ),
    LIMIT,
  );
  expect(await world.pods('web')).toEqual(before);
  expect(await answers('web')).toEqual([AS_ROOT]);
});
