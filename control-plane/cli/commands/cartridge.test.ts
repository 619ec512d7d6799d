import { chmod, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { StandInBuilder } from '../images/testing/stand-in.ts';
import { startControlPlane, type TestControlPlane } from '../testing/control-plane.ts';
import { run } from '../testing/run.ts';

const DIGEST = `sha256:${'5'.repeat(64)}`;
const AGENT = '--agent example/agent:1';

let folder: string;
let standIn: StandInBuilder;
let registry: Server;
let host: string;
/** Paths of the manifests that the registry has. */
let has: Set<string>;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-cartridge-'));
  standIn = await StandInBuilder.make(folder);
  has = new Set();
  registry = createServer(({ url }, response) => {
    if (url === '/v2/') response.end();
    else if (has.has(url!)) response.writeHead(200, { 'docker-content-digest': DIGEST }).end('{}');
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', resolve));
  host = `127.0.0.1:${(registry.address() as AddressInfo).port}`;
});
afterEach(async () => {
  registry.closeAllConnections();
  await new Promise((resolve) => registry.close(resolve));
  await rm(folder, { recursive: true });
});

const cli = (line: string, env: Record<string, string> = {}) =>
  run(line.split(' '), { env: { ...standIn.env, ...env }, cwd: folder });

describe('init', () => {
  test('writes a folder that builds as it is', async () => {
    expect(await cli('cartridge init deno')).toMatchObject({ code: 0, stdout: '' });
    expect((await readdir(join(folder, 'deno'))).sort()).toEqual([
      ...['.dockerignore', 'Dockerfile', 'README.md', 'cartridge.yaml', 'hooks'],
    ]);
    expect((await stat(join(folder, 'deno/hooks/start'))).mode & 0o111).not.toBe(0);
    const { code, stdout } = await cli(`cartridge build deno ${AGENT}`);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^deno +1\.0\.0-[0-9a-f]{16} +sha256:/m);
    const [built] = await standIn.calls();
    expect(built).toContain('--build-arg AGENT_IMAGE=example/agent:1');
    expect(built).toContain('--label dev.cartwright.cartridge.name=deno');
  });

  test('leaves what is there alone, and takes no name that is none', async () => {
    await cli('cartridge init deno');
    expect(await cli('cartridge init deno')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is not empty'),
    });
    expect(await cli('cartridge init ../deno')).toMatchObject({ code: 2 });
    expect(await cli('cartridge init Deno')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('found "Deno"'),
    });
  });
});

describe('what makes no image is told at once, with all that is wrong:', () => {
  test('a Dockerfile without the agent, a hook that cannot be run, another runtime', async () => {
    await cli('cartridge init deno');
    await writeFile(join(folder, 'deno/Dockerfile'), 'FROM debian:bookworm-slim\n');
    await chmod(join(folder, 'deno/hooks/start'), 0o644);
    const manifest = join(folder, 'deno/cartridge.yaml');
    await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('[container]', '[process]'));
    const { code, stderr } = await cli('cartridge build deno');
    expect(code).toBe(1);
    expect(stderr).toContain('deno/Dockerfile: does not take the agent in: expected "ARG AGENT_IMAGE"');
    expect(stderr).toContain('deno/hooks/start: is not executable; run chmod +x on it');
    expect(stderr).toContain('deno/cartridge.yaml: spec.runtimes: expected container among them, found process');
    expect(await standIn.calls()).toEqual([]);
  });

  test('no folder, and a manifest that is none', async () => {
    expect((await cli('cartridge build none')).stderr).toContain('none/cartridge.yaml cannot be read (ENOENT)');
    await cli('cartridge init deno');
    await writeFile(join(folder, 'deno/cartridge.yaml'), 'kind: Cartridge\n');
    expect(await cli('cartridge build deno')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('deno/cartridge.yaml:1:1: apiVersion'),
    });
  });
});

test('a build that fails is told with its last lines', async () => {
  await cli('cartridge init deno');
  const dockerfile = join(folder, 'deno/Dockerfile');
  await writeFile(dockerfile, `${await readFile(dockerfile, 'utf8')}RUN false\n`);
  const { code, stderr } = await cli(`cartridge build deno ${AGENT}`);
  expect(code).toBe(1);
  expect(stderr).toMatch(/deno was not built: buildah ended with code 1\n {2}\| STEP 2: RUN false/);
});

test('push prints the image by its digest, and does nothing where the registry has it', async () => {
  await cli('cartridge init deno');
  const pushed = await cli(`cartridge push deno ${AGENT} --registry ${host}/team -o json`);
  expect(pushed.code).toBe(0);
  const image = JSON.parse(pushed.stdout) as { tag: string; reference: string };
  expect(image.reference).toBe(`${host}/team/deno@sha256:${'9'.padStart(64, '0')}`);
  has.add(`/v2/team/deno/manifests/${image.tag}`);
  const again = await cli(`cartridge push deno ${AGENT}`, { CARTWRIGHT_REGISTRY: `${host}/team/` });
  expect([again.code, again.stdout]).toEqual([0, `${host}/team/deno@${DIGEST}\n`]);
  expect((await standIn.calls()).filter((call) => call.startsWith('push'))).toHaveLength(1);
  expect(await cli(`cartridge push deno ${AGENT}`)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('name the registry'),
  });
});

describe('apply', () => {
  let controlPlane: TestControlPlane;
  beforeEach(async () => {
    controlPlane = await startControlPlane();
    await cli('cartridge init deno');
  });
  afterEach(() => controlPlane.close());

  const apply = (line: string) =>
    cli(`cartridge apply ${line}`, { CARTWRIGHT_URL: controlPlane.url, CARTWRIGHT_TOKEN: 'operator-token' });
  const sent = () =>
    controlPlane
      .calls('apply')
      .map(([input]) => (input as { manifests: string }).manifests)
      .map((text) => JSON.parse(text) as { spec: unknown });

  test('sends the manifest with the image of the folder as it is, and the hooks that it has', async () => {
    const pushed = await cli(`cartridge push deno ${AGENT} --registry ${host} -o json`);
    const { tag } = JSON.parse(pushed.stdout) as { tag: string };
    has.add(`/v2/deno/manifests/${tag}`);
    const { code, stdout } = await apply(`deno ${AGENT} --registry ${host}`);
    expect(code).toBe(0);
    expect(stdout).toContain(`${host}/deno@${DIGEST}`);
    expect(sent()).toMatchObject([
      { kind: 'Cartridge', spec: { image: `${host}/deno@${DIGEST}`, hooks: { start: 'hooks/start' } } },
    ]);
  });

  test('says to push what the registry has not', async () => {
    const { code, stderr } = await apply(`deno ${AGENT} --registry ${host}`);
    expect(code).toBe(1);
    expect(stderr).toContain(`run "cartwright cartridge push deno --registry ${host}" first`);
    expect(sent()).toEqual([]);
  });

  test('takes an image by its digest without asking a registry', async () => {
    expect((await apply(`deno --image example/deno@${DIGEST} --dry-run`)).code).toBe(0);
    expect(sent()).toMatchObject([{ spec: { image: `example/deno@${DIGEST}` } }]);
  });
});
