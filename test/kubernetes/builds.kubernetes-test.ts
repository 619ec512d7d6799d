/** Builds of a Node.js application as Jobs of a real cluster, as somebody sees them who deploys a folder, whatever becomes of the control plane. */
import { cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { parse } from 'yaml';
import { run, start, type Ended } from '../../control-plane/cli/testing/run.ts';
import type { CartridgeManifest } from '../../schema/manifests/cartridge.ts';
import { eventually } from '../support/eventually.ts';
import { ROOT } from '../support/root.ts';
import { kubectl } from './cluster.ts';
import { pushedImages } from './image-set.ts';
import { Marks } from './marks.ts';
import { KubernetesWorld, LIMIT, REF } from './world.ts';

jest.setTimeout(900_000);

const SAMPLE = join(ROOT, 'cartridges/nodejs/sample');
const SHORT_SECONDS = 40;
const MEMORY_MIB = 320;

let world: KubernetesWorld;
let marks: Marks;
let folder: string;

beforeAll(async () => {
  marks = await Marks.open();
  world = await KubernetesWorld.open({
    name: 'builds',
    settings: { CARTWRIGHT_BUILD_MEMORY_MIB: `${MEMORY_MIB}`, CARTWRIGHT_BUILD_CPU: '0.8' },
  });
  // On a machine that is busy a cluster that has just begun does not answer in time.
  await eventually('the host cluster is taken', async () => (await world.register('here')) === undefined, LIMIT);
});
afterAll(() => marks[Symbol.asyncDispose]());
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-builds-'));
});
afterEach(() => rm(folder, { recursive: true }));

const SERVER = `import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import 'pathways';
createServer((_, response) => response.end(readFileSync('made.json'))).listen(process.env.PORT, process.env.HOST);
`;

/** What a build leaves says where it ran, and with what. */
const made = (version: string): string => `import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
writeFileSync('made.json', JSON.stringify({ version: '${version}', host: hostname(), names: Object.keys(process.env) }));
`;
const tell = (what: string): string => `await fetch('${marks.url}/${what}');\n`;

/** The sample with a lock file and a dependency of its own, a program of these lines as its script \`build\`, and a manifest. */
async function written(program: string, cartridge = 'nodejs'): Promise<void> {
  await cp(SAMPLE, folder, { recursive: true });
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as { scripts: object };
  const scripts = { ...manifest.scripts, build: 'node build.js' };
  const component = {
    ...{ kind: 'cartridge', alias: 'web', cartridge, environment: { COLOUR: 'green' } },
    resources: { cpuCores: 0.05, memoryBytes: '160Mi' },
    autoscaling: { minimum: 1, maximum: 1 },
  };
  const files = {
    'package.json': JSON.stringify({ ...manifest, scripts }),
    'build.js': program,
    'server.js': SERVER,
    'cartwright.yaml': JSON.stringify({
      ...{ apiVersion: 'cartwright.dev/v1', kind: 'Application', metadata: { name: 'shop' } },
      spec: { components: [component] },
    }),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

const surroundings = () => ({ cwd: folder, env: { ...world.platform.environment } as Record<string, string> });
const deploy = (): Promise<Ended> => run(['deploy'], surroundings());
/** Nobody follows it: the command line gives up after a minute, and a busy machine may take longer to start a control plane. */
async function deployLater(): Promise<void> {
  const { code, stderr } = await run(['deploy', '--no-wait'], surroundings());
  expect([code, stderr]).toEqual([0, expect.stringContaining('build ')]);
}

async function served(): Promise<{ version: string; host: string; names: string[] }> {
  const url = await world.url();
  return (await (await fetch(url)).json()) as Awaited<ReturnType<typeof served>>;
}

/** Neither in the cluster nor in the control plane's folder. */
async function nothingIsLeft(): Promise<void> {
  await eventually(
    'nothing of the build is left in the cluster',
    async () => {
      const left = await world.objects('jobs', 'pods', 'networkpolicies');
      return !left.some((one) => one.includes('/build-') || one.startsWith('job'));
    },
    LIMIT,
  );
  for (const one of ['build-exchange', 'build-output', 'builds/scratch'])
    expect(await readdir(join(world.platform.data, one)).catch(() => [])).toEqual([]);
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly resources: { readonly limits: Record<string, string>; readonly requests: Record<string, string> };
}

interface BuildPod {
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly spec: { readonly automountServiceAccountToken: boolean; readonly containers: readonly Container[] };
}

async function buildPod(): Promise<BuildPod> {
  const argv = ['get', 'pods', '-l', 'cartwright.dev/build', '-o', 'json'];
  const { items } = JSON.parse(await kubectl('-n', world.namespace, ...argv)) as { items: BuildPod[] };
  expect(items).toHaveLength(1);
  return items[0]!;
}

async function builds(): Promise<{ state: string; release: number | null }[]> {
  const { serviceCluster } = await world.platform.ask<{
    serviceCluster: {
      builds: { edges: { node: { uid: string; state: string } }[] };
      releases: { edges: { node: { number: number; build: { uid: string } | null } }[] };
    };
  }>(
    `query ($ref: ServiceClusterRef!) { serviceCluster(ref: $ref) {
      builds(first: 50) { edges { node { uid state } } } releases(first: 50) { edges { node { number build { uid } } } } } }`,
    { ref: REF },
  );
  const releases = serviceCluster.releases.edges.map(({ node }) => node);
  return serviceCluster.builds.edges.map(({ node: { uid, state } }) => {
    const own = releases.filter(({ build }) => build?.uid === uid);
    expect(own.length).toBeLessThan(2);
    return { state, release: own[0]?.number ?? null };
  });
}

test('deploy shows a build while it runs in a pod of the image of its cartridge, within limits and without rights', async () => {
  await written(`console.log('making one');\n${tell('hold')}${made('one')}console.log('made one');\n`);
  const running = start(['deploy'], surroundings());
  await eventually('its first line, while it runs', () => running.stderr().includes('  making one\n'), LIMIT);
  await eventually('it waits', () => marks.waiting === 1, LIMIT);
  expect(running.stderr()).not.toContain('made one');
  const { metadata, spec } = await buildPod();
  const [container] = spec.containers;
  expect(spec.automountServiceAccountToken).toBe(false);
  expect(container!.image).toBe((await pushedImages(['nodejs'])).get('nodejs'));
  expect(container!.resources.limits).toMatchObject({ cpu: '800m', memory: `${MEMORY_MIB * 2 ** 20}` });
  expect(container!.resources.requests).toMatchObject({ cpu: '80m', memory: `${MEMORY_MIB * 2 ** 20}` });
  expect(metadata.labels).not.toHaveProperty(['cartwright.dev/application']);
  marks.letGo();
  const { code, stderr, stdout } = await running.ended;
  expect(stderr).toMatch(/ {2}nodejs: npm ci --include=dev\n[^]* {2}making one\n[^]* {2}made one\n/);
  expect([code, stdout.trim()]).toEqual([0, await world.url()]);
  const { version, host, names } = await served();
  expect([version, host]).toEqual(['one', metadata.name]);
  expect(names).not.toContain('COLOUR');
  await nothingIsLeft();
});

test('a build that fails says why in the lines of deploy, and what runs is left alone', async () => {
  await written(`console.error('no such module: price');\nprocess.exit(3);\n`);
  const { code, stderr } = await deploy();
  expect(code).toBe(1);
  expect(stderr).toMatch(/ {2}no such module: price\n/);
  expect(stderr).toMatch(/the build failed \(BUILD_FAILED\): the build ended with exit code 3/);
  expect((await served()).version).toBe('one');
  await nothingIsLeft();
});

test('one that uses more memory than it may says so', async () => {
  await written(`const all = [];\nfor (;;) all.push(Buffer.alloc(2 ** 24, 1));\n`);
  const { code, stderr } = await deploy();
  expect([code, stderr]).toEqual([1, expect.stringMatching(/BUILD_OUT_OF_MEMORY.*320 MiB/)]);
  expect((await served()).version).toBe('one');
  await nothingIsLeft();
});

test('one that takes longer than its cartridge allows is ended', async () => {
  const text = await readFile(join(ROOT, 'cartridges/nodejs/cartridge.yaml'), 'utf8');
  const { spec, ...cartridge } = parse(text) as CartridgeManifest;
  await world.platform.apply({
    ...{ ...cartridge, metadata: { name: 'nodejs-short' } },
    spec: {
      ...{ ...spec, detect: undefined, runtimes: ['container'], image: (await pushedImages(['nodejs'])).get('nodejs') },
      build: { ...spec.build, timeoutSeconds: SHORT_SECONDS },
    },
  });
  await written(`console.log('hanging');\nsetInterval(() => undefined, 1000);\n`, 'nodejs-short');
  const name = ['deploy', '--name', 'short'];
  await writeFile(
    join(folder, 'cartwright.yaml'),
    (await readFile(join(folder, 'cartwright.yaml'), 'utf8')).replace('"shop"', '"short"'),
  );
  const { code, stderr } = await run(name, surroundings());
  expect([code, stderr]).toEqual([1, expect.stringContaining(`within ${SHORT_SECONDS} s and was stopped`)]);
  expect(stderr).toContain('BUILD_TIMED_OUT');
  await nothingIsLeft();
});

test('a control plane that is killed goes on with the build that is there, and makes one release of it', async () => {
  const before = (await builds()).length;
  await written(`${tell('begun-two')}${tell('hold')}${made('two')}`);
  await deployLater();
  await eventually('it waits', () => marks.waiting === 1, LIMIT);
  await world.platform.end('SIGKILL');
  await world.platform.run();
  marks.letGo();
  await eventually('its release serves', async () => (await served()).version === 'two', LIMIT);
  expect(marks.times('begun-two')).toBe(1);
  const all = await builds();
  expect(all).toHaveLength(before + 1);
  expect(all.filter(({ release }) => release === 2)).toEqual([{ state: 'SUCCEEDED', release: 2 }]);
  await nothingIsLeft();
});

test('one that ends while nobody is there to take its result is not made again either', async () => {
  await written(`${tell('begun-three')}${tell('hold')}${made('three')}${tell('done-three')}`);
  await deployLater();
  await eventually('it waits', () => marks.waiting === 1, LIMIT);
  await world.platform.end('SIGKILL');
  marks.letGo();
  await eventually('it is made', () => marks.times('done-three') === 1, LIMIT);
  await world.platform.run();
  await eventually('its release serves', async () => (await served()).version === 'three', LIMIT);
  expect(marks.times('begun-three')).toBe(1);
  expect((await builds()).filter(({ release }) => release === 3)).toEqual([{ state: 'SUCCEEDED', release: 3 }]);
  await nothingIsLeft();
});
