/** The cartridge `base`: what a tree of its own start script is refused for, and its sample through the whole platform. */
import { execFile, execFileSync } from 'node:child_process';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { CARTRIDGES, CartridgeTrial, ended, json } from '../support/cartridge.ts';
import { eventually } from '../support/eventually.ts';
import { Platform } from '../support/platform.ts';
import { PRESENT } from '../support/program.ts';

const SAMPLE = join(CARTRIDGES, 'base/sample');
const LIMIT = 60_000;

describe('a source', () => {
  let trial: CartridgeTrial;
  beforeEach(async () => void (trial = await CartridgeTrial.create('base')));
  afterEach(() => trial[Symbol.asyncDispose]());

  async function write(files: Readonly<Record<string, string | Buffer>>, mode = 0o755): Promise<void> {
    await mkdir(trial.source, { recursive: true });
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(trial.source, name)), { recursive: true });
      await writeFile(join(trial.source, name), content);
      await chmod(join(trial.source, name), mode);
    }
  }

  test.each([
    ['cartwright/start', { 'cartwright/start': '#!/bin/sh\necho one', start: '#!/bin/sh\necho two' }, 'one'],
    ['start', { start: '#!/bin/sh\necho two', 'start.sh': '#!/bin/sh\necho three' }, 'two'],
    ['start.sh', { 'start.sh': '#!/usr/bin/env -S LANG=C sh -u\necho three' }, 'three'],
  ])('is started by %s, in the place of the hook', async (name, files, said) => {
    await write(files);
    expect(await trial.build()).toEqual([`base: starts with ${name}`]);
    const { child, output } = await trial.start((await trial.pack()).tree);
    expect(await ended(child)).toBe(0);
    expect(output()).toBe(`${said}\n`);
  });

  test('may have a program in the place of a script, and a folder of that name', async () => {
    await mkdir(join(trial.source, 'start'), { recursive: true });
    await write({ 'start.sh': await readFile('/bin/true') });
    expect(await trial.build()).toEqual(['base: starts with start.sh']);
  });

  test('may make its start script by its own build', async () => {
    await write({
      'cartwright/build': '#!/bin/sh\nprintf "#!/bin/sh\\nexit 9\\n" >start\nchmod +x start\necho made it',
    });
    expect(await trial.build()).toEqual(['base: cartwright/build', 'made it', 'base: starts with start']);
    const { child } = await trial.start(trial.source);
    expect(await ended(child)).toBe(9);
  });

  test('needs none where the manifest has a start command', async () => {
    await write({ 'server.js': '' });
    expect(await trial.build({ start: ['node', 'server.js'] })).toEqual([
      'base: starts with the command of the manifest',
    ]);
  });

  test('without a start script is refused with what was looked for and what to do', async () => {
    await write({ 'readme.txt': 'hello' });
    await expect(trial.build()).rejects.toMatchObject({
      code: 'BUILD_FAILED',
      message:
        'the build ended with exit code 1: base: there is no start script: looked for cartwright/start, start and start.sh at the top of the source; add one, or set "start" of the component in the manifest',
    });
    const { child, output } = await trial.start(trial.source);
    expect(await ended(child)).toBe(1);
    expect(output()).toMatch(/^base: there is no start script: [^\n]*\n$/);
  });

  const otherMachine = async (): Promise<Buffer> => {
    const program = await readFile('/bin/true');
    program[18] = program[18] === 0x3e ? 0xb7 : 0x3e;
    return program;
  };
  test.each<[string, () => string | Buffer | Promise<Buffer>, string]>([
    ['without a first line', () => 'echo hello\n', 'start has no first line that says what runs it'],
    ['with Windows line ends', () => '#!/bin/sh\r\necho\r\n', 'start has Windows line ends (CRLF)'],
    ['with a byte order mark', () => '\uFEFF#!/bin/sh\n', 'start begins with a byte order mark'],
    ['in UTF-16', () => Buffer.from('\uFEFF#!/bin/sh\n', 'utf16le'), 'start is a text in UTF-16'],
    ['that is empty', () => '', 'start is empty'],
    ['for nothing', () => '#!\n', 'start names nothing after #!'],
    ['for a program that is not there', () => '#!/opt/deno\n', 'start is to be run by /opt/deno, which is not on this'],
    ['for env alone', () => '#!/usr/bin/env -S A=1\n', 'start names no program after env'],
    ['for env with arguments', () => '#!/usr/bin/env sh -u\n', 'write #!/usr/bin/env -S sh -u'],
    ['for a program that env does not find', () => '#!/usr/bin/env den\n', 'is to be run by den, which is not on this'],
    ['of another machine', otherMachine, 'start is a program for another kind of processor'],
  ])('with a start script %s is refused in one sentence', async (_name, content, sentence) => {
    await write({ start: await content() });
    const refused = trial.build();
    await expect(refused).rejects.toThrow(sentence);
    await expect(refused).rejects.toThrow(/^the build ended with exit code 1: base: [^|]*$/);
  });

  test('with a hook that cannot be run is refused, too; a name that is no hook is told', async () => {
    await write({ 'cartwright/before-start': '#!/bin/sh\n' }, 0o644);
    await write({ start: '#!/bin/sh\n', 'cartwright/before_stop': '#!/bin/sh\n' });
    await expect(trial.build()).rejects.toThrow(
      'cartwright/before-start is not executable: run "chmod +x cartwright/before-start"',
    );
    await chmod(join(trial.source, 'cartwright/before-start'), 0o755);
    expect(await trial.build()).toEqual([
      'base: starts with start',
      expect.stringMatching(
        /^base: cartwright\/before_stop is not run by the platform, .*: start build .* before-stop/,
      ),
    ]);
    await rm(join(trial.source, 'start'));
    await symlink('gone', join(trial.source, 'start'));
    await expect(trial.build()).rejects.toThrow('start is a link that leads to nothing');
  });

  test('the program that the sample installs is made of the source beside it', async () => {
    await mkdir(join(trial.root, 'unpacked'));
    execFileSync('tar', ['-xzf', join(SAMPLE, 'vendor/almanac-1.0.0.tar.gz'), '-C', join(trial.root, 'unpacked')]);
    const read = (folder: string): Promise<string> => readFile(join(folder, 'almanac/almanac.mjs'), 'utf8');
    expect(await read(join(trial.root, 'unpacked'))).toBe(await read(join(SAMPLE, 'vendor')));
  });
});

describe('through the whole platform', () => {
  let platform: Platform;
  beforeAll(async () => void (platform = await Platform.start()));
  afterAll(() => platform[Symbol.asyncDispose]());

  const cartwright = async (...argv: string[]): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)(process.execPath, [join(PRESENT, 'dist/control-plane/cli/bin.js'), ...argv], {
      env: platform.environment,
    });

  test('the sample is found to be of this cartridge, installs what it has with it, and its hooks run', async () => {
    const { stdout, stderr } = await cartwright('deploy', SAMPLE, '--name', 'days');
    expect(stderr).toContain('web on the cartridge base');
    const url = stdout.trim();
    expect(await json(`${url}day/2028-02-29`)).toEqual({
      status: 200,
      date: '2028-02-29',
      weekday: 'Tuesday',
      dayOfYear: 60,
    });
    const { installedIn, builtWith } = await json(url);
    expect(builtWith).toMatch(/^Linux /);
    expect(installedIn).toMatch(/\/home\/almanac-1\.0\.0$/);
    const logs = await eventually(
      'its log',
      async () => {
        const { stdout: text } = await cartwright('logs', 'days');
        return text.includes('of the almanac serves on port') && text;
      },
      LIMIT,
    );
    expect(logs).toContain('installing almanac 1.0.0');
  }, 60_000);

  test(
    'a source that cannot be started is refused where it is deployed',
    async () => {
      const folder = join(platform.directory, 'wrong');
      await mkdir(folder);
      await writeFile(join(folder, 'start'), '#!/bin/sh\r\n', { mode: 0o755 });
      await expect(cartwright('deploy', folder)).rejects.toMatchObject({
        stderr: expect.stringMatching(/base: start has Windows line ends \(CRLF\)/) as unknown,
      });
    },
    LIMIT,
  );
});
