/** The platform's framework cartridges as they are used: built, packed, unpacked, started, asked, ended. No network. */
import { execFileSync } from 'node:child_process';
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CARTRIDGES, CartridgeTrial, ended, json } from '../support/cartridge.ts';
import { eventually } from '../support/eventually.ts';

describe('nodejs', () => {
  let trial: CartridgeTrial;
  let source: string;
  beforeEach(async () => {
    trial = await CartridgeTrial.create('nodejs');
    ({ source } = trial);
  });
  afterEach(() => trial[Symbol.asyncDispose]());

  test('builds its sample without a network, serves it and ends it gracefully', async () => {
    await trial.takeSample();
    expect((await trial.build())[0]).toBe('nodejs: npm ci --omit=dev');
    const { tree } = await trial.pack();
    const { child, url, output } = await trial.start(tree);
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
    await trial.takeSample();
    await trial.build();
    const { digest } = await trial.pack();
    await trial.takeSample();
    await trial.build();
    expect((await trial.pack()).digest).toBe(digest);
  }, 60_000);

  test('the vendored dependency is what `npm pack` makes of the source beside it', async () => {
    const vendor = join(CARTRIDGES, 'nodejs/sample/vendor');
    await mkdir(join(trial.root, 'packed'));
    execFileSync('tar', ['-xzf', join(vendor, 'pathways-1.0.0.tgz'), '-C', join(trial.root, 'packed')]);
    const packed = join(trial.root, 'packed/package');
    expect((await readdir(packed)).sort()).toEqual((await readdir(join(vendor, 'pathways'))).sort());
    for (const name of await readdir(packed))
      expect(await readFile(join(packed, name), 'utf8')).toBe(await readFile(join(vendor, 'pathways', name), 'utf8'));
  });

  test('a build script has its development dependencies, the artifact has not', async () => {
    await trial.takeSample();
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
    const lines = await trial.build();
    expect(lines[0]).toMatch(/no package-lock.json: .*npm install --include=dev/);
    expect(await readFile(join(source, 'built'), 'utf8')).toBe('yes');
    expect(await readdir(join(source, 'node_modules')).catch(() => [])).not.toContain('pathways');
  }, 60_000);

  test('a source without package.json, or with a broken one, is explained', async () => {
    await mkdir(source);
    await expect(trial.build()).rejects.toThrow(/there is no package.json in the source's folder/);
    await writeFile(join(source, 'package.json'), '{');
    await expect(trial.build()).rejects.toThrow(/package.json cannot be read/);
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
      const { child, output } = await trial.start(source);
      return { code: await ended(child), output: output() };
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
  await using trial = await CartridgeTrial.create('static');
  const { child, url } = await trial.start(join(CARTRIDGES, 'static/sample'));
  const page = await eventually(
    'the site answers',
    async () => (await fetch(url, { headers: { connection: 'close' } })).text(),
    10_000,
  );
  expect(page).toContain('It works.');
  child.kill('SIGTERM');
  expect(await ended(child)).toBe(0);
});
