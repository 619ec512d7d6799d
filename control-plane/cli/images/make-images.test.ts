import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { findBuilder } from './builder.ts';
import { makeImages, type MakeOptions } from './make-images.ts';
import type { ImageRecipe } from './recipe.ts';
import { Registry } from './registry.ts';
import { runProgram } from './run-program.ts';
import { failureText, progressText } from './report.ts';
import { StandInBuilder } from './testing/stand-in.ts';

let folder: string;
let standIn: StandInBuilder;
let server: Server;
/** Paths of the manifests that the registry has. */
let has: Set<string>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'make-'));
  standIn = await StandInBuilder.make(folder);
  has = new Set();
  server = createServer(({ url }, response) => {
    if (url === '/v2/') response.end();
    else if (has.has(url!)) response.writeHead(200, { 'docker-content-digest': `sha256:${'5'.repeat(64)}` }).end('{}');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(folder, { recursive: true });
});

async function recipe(name: string, takesAgent: boolean, dockerfile = `FROM debian:bookworm-slim\n# ${name}\n`) {
  await mkdir(join(folder, name), { recursive: true });
  await writeFile(join(folder, name, 'Dockerfile'), dockerfile);
  const sources = [{ from: join(folder, name), to: '' }];
  return {
    name,
    repository: `cartwright-${name}`,
    version: '1',
    dockerfile: 'Dockerfile',
    sources,
    labels: {},
    takesAgent,
  };
}

async function make(recipes: readonly ImageRecipe[], agent: ImageRecipe, changes: Partial<MakeOptions> = {}) {
  const builder = await findBuilder(undefined, runProgram, { env: standIn.env });
  const options = {
    builder,
    registry: undefined,
    network: undefined,
    authorities: undefined,
    arguments: {},
    isFresh: false,
  };
  const rest = { provenance: { revision: 'abc' }, now: () => 0 };
  return makeImages(recipes, { kind: 'recipe', recipe: agent }, { ...options, ...rest, ...changes });
}

const open = () => Registry.open(`127.0.0.1:${(server.address() as AddressInfo).port}`, false, async () => undefined);

test('the agent’s image is made first and given to those that take it in; nothing is built twice', async () => {
  const [agent, php] = [await recipe('agent', false), await recipe('php', true)];
  const { made, failed } = await make([php], agent);
  expect(failed).toEqual([]);
  expect(made.map(({ name, buildSeconds, local }) => [name, buildSeconds, local])).toEqual([
    ['agent', 0, `localhost/cartwright-agent:${made[0]!.tag}`],
    ['php', 0, `localhost/cartwright-php:${made[1]!.tag}`],
  ]);
  const [, build] = await standIn.calls();
  expect(build).toContain(`--build-arg AGENT_IMAGE=localhost/cartwright-agent:${made[0]!.tag} --label revision=abc`);
  const again = await make([agent, php], agent);
  expect(again.made.map(({ tag, buildSeconds }) => [tag, buildSeconds])).toEqual(made.map(({ tag }) => [tag, null]));
  expect(await standIn.calls()).toHaveLength(2);
  expect(progressText(again.made[0]!)).toBe(`agent ${made[0]!.tag} has not changed`);
});

test('a change of the agent is one of all that take it in, and of nothing else', async () => {
  const [agent, php, other] = [await recipe('agent', false), await recipe('php', true), await recipe('other', false)];
  const before = await make([php, other], agent);
  const after = await make([php, other], await recipe('agent', false, 'FROM debian:bookworm-slim\n# newer\n'));
  const built = after.made.filter(({ buildSeconds }) => buildSeconds !== null).map(({ name }) => name);
  expect(built).toEqual(['agent', 'php']);
  expect(after.made[2]!.tag).toBe(before.made[2]!.tag);
});

test('what the registry has is neither built nor pushed', async () => {
  const [agent, php] = [await recipe('agent', false), await recipe('php', true)];
  const registry = await open();
  const first = await make([agent, php], agent, { registry });
  expect(first.made.map(({ isPushed, reference }) => [isPushed, reference])).toEqual(
    ['agent', 'php'].map((name) => [true, `${registry.prefix}/cartwright-${name}@sha256:${'9'.padStart(64, '0')}`]),
  );
  for (const { name, tag } of first.made) has.add(`/v2/cartwright-${name}/manifests/${tag}`);
  await rm(join(folder, 'images'), { recursive: true });
  const again = await make([agent, php], agent, { registry });
  expect(again.made.map(({ isPushed, local, buildSeconds }) => [isPushed, local, buildSeconds])).toEqual([
    [false, null, null],
    [false, null, null],
  ]);
  expect(again.made[1]!.reference).toBe(`${registry.prefix}/cartwright-php@sha256:${'5'.repeat(64)}`);
  expect(await standIn.calls()).toHaveLength(4);
});

test('the agent’s image is pushed where it was asked for, and else only taken in', async () => {
  const [agent, php] = [await recipe('agent', false), await recipe('php', true)];
  const { made } = await make([php], agent, { registry: await open() });
  expect(made.map(({ name, isPushed }) => [name, isPushed])).toEqual([
    ['agent', false],
    ['php', true],
  ]);
  expect((await standIn.calls()).filter((call) => call.startsWith('push'))).toHaveLength(1);
});

test('one that fails is told with its last lines, and the others are made', async () => {
  const [agent, bad, php] = [
    await recipe('agent', false),
    await recipe('bad', true, 'FROM debian\nRUN false\n'),
    await recipe('php', true),
  ];
  const { made, failed } = await make([bad, php], agent);
  expect(made.map(({ name }) => name)).toEqual(['agent', 'php']);
  expect(failed.map(failureText)).toEqual([
    'bad was not built: buildah ended with code 1\n  | STEP 2: RUN false\n  | error: building at STEP "RUN false": exit status 1',
  ]);
});

test('without the agent’s image nothing is made of those that take it in', async () => {
  const agent = await recipe('agent', false, 'FROM debian\nRUN false\n');
  const { made, failed } = await make([await recipe('php', true), await recipe('other', false)], agent);
  expect(made.map(({ name }) => name)).toEqual(['other']);
  expect(failed.map(({ error }) => error.message)).toEqual([
    'agent was not built: buildah ended with code 1',
    'php was not built: the agent’s image was not',
  ]);
});

test('built afresh, base images are fetched and nothing of an earlier build is used', async () => {
  const agent = await recipe('agent', false);
  await make([agent], agent);
  await make([agent], agent, { isFresh: true });
  const [, pull, build] = await standIn.calls();
  expect(pull).toBe('pull debian:bookworm-slim');
  expect(build).toContain('--no-cache');
});

test('a recipe without its Dockerfile is no image', async () => {
  const agent = { ...(await recipe('agent', false)), dockerfile: 'other/Dockerfile' };
  const { failed } = await make([agent], agent);
  expect(failed[0]!.error).toMatchObject({ code: 'CONTEXT_INVALID', message: 'agent: there is no other/Dockerfile' });
});
