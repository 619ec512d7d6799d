/** The platform's framework cartridges as they are used: built, packed, unpacked, started, asked, ended. No network. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createArtifactStore } from '../../control-plane/adapters/artifacts/store.ts';
import { createBuilder } from '../../control-plane/adapters/builder/builder.ts';
import { newUid } from '../../schema/ids.ts';
import { eventually } from '../support/eventually.ts';

const cartridges = join(import.meta.dirname, '../../cartridges');
/** Nobody listens there: whatever needs the network fails at once. */
const NO_NETWORK = { npm_config_registry: 'http://127.0.0.1:1/', npm_config_fetch_retries: '0' };

let root: string;
let source: string;
const started: ChildProcess[] = [];

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cartridge-'));
  source = join(root, 'source');
});
afterEach(async () => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
  await rm(root, { recursive: true, force: true });
});

async function build(cartridge: string): Promise<string[]> {
  const lines: string[] = [];
  await mkdir(join(root, 'cache'), { recursive: true });
  await createBuilder({ environment: NO_NETWORK }).run(
    {
      build: newUid(),
      directory: source,
      cartridgeDirectory: join(cartridges, cartridge),
      hook: 'hooks/build',
      environment: { NODE_ENV: 'production' },
      cacheDirectory: join(root, 'cache'),
      timeoutSeconds: 60,
      maximumBytes: 100_000_000,
    },
    (line) => lines.push(line),
    new AbortController().signal,
  );
  return lines;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

interface Started {
  readonly child: ChildProcess;
  readonly url: string;
  readonly output: () => string;
}

async function start(cartridge: string, cwd: string, environment: Record<string, string> = {}): Promise<Started> {
  const port = await freePort();
  const child = spawn(join(cartridges, cartridge, 'hooks/start'), [], {
    cwd,
    env: {
      PATH: `${dirname(process.execPath)}:${process.env.PATH}`,
      PORT: String(port),
      HOST: '127.0.0.1',
      CARTWRIGHT_INSTANCE: 'i1',
      ...environment,
    },
  });
  started.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  return { child, url: `http://127.0.0.1:${port}`, output: () => output };
}

async function json(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { headers: { connection: 'close' } });
  return { status: response.status, ...((await response.json()) as object) };
}

function ended(child: ChildProcess): Promise<number | NodeJS.Signals | undefined> {
  return eventually('the end of the process', () => child.exitCode !== null || child.signalCode !== null, 10_000).then(
    () => child.exitCode ?? child.signalCode ?? undefined,
  );
}

describe('nodejs', () => {
  test('builds its sample without a network, serves it and ends it gracefully', async () => {
    await cp(join(cartridges, 'nodejs/sample'), source, { recursive: true });
    expect((await build('nodejs'))[0]).toBe('nodejs: npm ci --omit=dev');
    const store = await createArtifactStore({ directory: join(root, 'store') });
    const { digest } = await store.pack(source);
    const tree = join(root, 'tree');
    await mkdir(tree);
    await store.unpack(digest, tree, 100_000_000);
    const { child, url, output } = await start('nodejs', tree);
    const home = await eventually('the application answers', () => json(`${url}/`), 10_000);
    expect(home).toMatchObject({ status: 200, version: '1.0.0', commit: null, instance: 'i1' });
    expect(await json(`${url}/healthz`)).toEqual({ status: 200, healthy: true });
    expect(await json(`${url}/nothing`)).toEqual({ status: 404, error: 'nothing at /nothing' });
    expect(await json(`${url}/work?milliseconds=x`)).toMatchObject({ status: 400 });
    expect(await readFile(`/proc/${child.pid}/cmdline`, 'utf8')).toBe('node\0server.js\0');

    const working = json(`${url}/work?milliseconds=400&limit=100`);
    await eventually('work in flight', async () => (await json(`${url}/`)).inFlight === 2);
    child.kill('SIGTERM');
    expect(await working).toMatchObject({ status: 200, primes: 25 });
    expect(await ended(child)).toBe(0);
    await eventually('the goodbye', () => output().includes('SIGTERM: 1 requests in flight'));
    await expect(fetch(url)).rejects.toThrow();
  }, 60_000);

  test('the same source gives the same artifact', async () => {
    await cp(join(cartridges, 'nodejs/sample'), source, { recursive: true });
    await build('nodejs');
    const store = await createArtifactStore({ directory: join(root, 'store') });
    const once = await store.pack(source);
    await rm(source, { recursive: true });
    await cp(join(cartridges, 'nodejs/sample'), source, { recursive: true });
    await build('nodejs');
    expect(await store.pack(source)).toEqual(once);
  }, 60_000);

  test('the vendored dependency is what `npm pack` makes of the source beside it', async () => {
    const vendor = join(cartridges, 'nodejs/sample/vendor');
    await mkdir(join(root, 'packed'));
    execFileSync('tar', ['-xzf', join(vendor, 'pathways-1.0.0.tgz'), '-C', join(root, 'packed')]);
    const packed = join(root, 'packed/package');
    expect((await readdir(packed)).sort()).toEqual((await readdir(join(vendor, 'pathways'))).sort());
    for (const name of await readdir(packed))
      expect(await readFile(join(packed, name), 'utf8')).toBe(await readFile(join(vendor, 'pathways', name), 'utf8'));
  });

  test('a build script has its development dependencies, the artifact has not', async () => {
    await cp(join(cartridges, 'nodejs/sample'), source, { recursive: true });
    await rm(join(source, 'package-lock.json'));
    const file = join(source, 'package.json');
    const manifest = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    const development = {
      ...manifest,
      dependencies: {},
      devDependencies: manifest.dependencies,
      scripts: { build: `node -e "import('pathways').then(() => require('fs').writeFileSync('built', 'yes'))"` },
    };
    await writeFile(file, JSON.stringify(development));
    const lines = await build('nodejs');
    expect(lines[0]).toMatch(/no package-lock.json: .*npm install --include=dev/);
    expect(await readFile(join(source, 'built'), 'utf8')).toBe('yes');
    expect(await readdir(join(source, 'node_modules')).catch(() => [])).not.toContain('pathways');
  }, 60_000);

  test('a source without package.json, or with a broken one, is explained', async () => {
    await mkdir(source);
    await expect(build('nodejs')).rejects.toThrow(/there is no package.json in the source's folder/);
    await writeFile(join(source, 'package.json'), '{');
    await expect(build('nodejs')).rejects.toThrow(/package.json cannot be read/);
  });

  describe('starts', () => {
    async function outcome(
      manifest: object,
      files: Record<string, string> = {},
    ): Promise<{ code: unknown; output: string }> {
      await rm(source, { recursive: true, force: true });
      await mkdir(source);
      await writeFile(join(source, 'package.json'), JSON.stringify(manifest));
      for (const [name, content] of Object.entries(files)) await writeFile(join(source, name), content);
      const { child, output } = await start('nodejs', source);
      const code = await ended(child);
      await eventually('the output', () => child.stdout?.closed && child.stderr?.closed);
      return { code, output: output() };
    }
    const saying = (what: string) =>
      `console.log(${JSON.stringify(what)}, process.ppid === ${process.pid}, process.env.MODE)`;

    test.each<[string, object, Record<string, string>, string]>([
      ['the start script', { scripts: { start: 'node a.js' } }, { 'a.js': saying('a') }, 'a true undefined'],
      ['with variables', { scripts: { start: 'MODE=fast node a.js' } }, { 'a.js': saying('a') }, 'a true fast'],
      [
        'with a quoted variable',
        { scripts: { start: 'MODE="very fast" node a.js' } },
        { 'a.js': saying('a') },
        ' very fast',
      ],
      [
        'several commands',
        { scripts: { start: 'echo first && node a.js' } },
        { 'a.js': saying('a') },
        'first\na false',
      ],
      [
        'prestart first',
        { scripts: { prestart: 'echo before', start: 'node a.js' } },
        { 'a.js': saying('a') },
        'before\na true',
      ],
      ['server.js', {}, { 'server.js': saying('server') }, 'server true'],
      ['main', { main: "it's.js" }, { "it's.js": saying('main') }, 'main true'],
      ['index.js', {}, { 'index.js': saying('index') }, 'index true'],
    ])('%s', async (_name, manifest, files, expected) => {
      const { code, output } = await outcome(manifest, files);
      expect(output).toContain(expected);
      expect(code).toBe(0);
    });

    test('nothing, with a clear word, where there is nothing', async () => {
      expect(await outcome({})).toEqual({
        code: 1,
        output: expect.stringMatching(/^nodejs: nothing to start: .*add a start script\n$/) as unknown,
      });
      expect(await outcome({ scripts: { start: 'exit 7' } })).toMatchObject({ code: 7 });
      expect((await outcome({ scripts: { prestart: 'exit 5', start: 'true' } })).code).toBe(5);
    });
  });
});

test('static serves its sample', async () => {
  const { child, url } = await start('static', join(cartridges, 'static/sample'));
  const page = await eventually(
    'the site answers',
    async () => (await fetch(url, { headers: { connection: 'close' } })).text(),
    10_000,
  );
  expect(page).toContain('It works.');
  child.kill('SIGTERM');
  expect(await ended(child)).toBe(0);
});
