import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { cartridgeSpec, type Requirement } from '../../../schema/manifests/cartridge.ts';
import { createRuntimes } from './runtimes.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runtimes-'));
});
afterEach(() => rm(folder, { recursive: true }));

const path = (): string => `${folder}${delimiter}${dirname(process.execPath)}${delimiter}/usr/bin${delimiter}/bin`;

function cartridge(requires: readonly Requirement[], runtimes: readonly string[] = ['process']) {
  const spec = cartridgeSpec.parse({ version: '1', category: 'framework', runtimes, requires });
  return { metadata: { name: 'cobol' }, spec };
}

const why = (...requires: Requirement[]) => createRuntimes(path()).whyUnusable(cartridge(requires));
const program = (name: string, text: string) => writeFile(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });

test('nothing is said of a cartridge whose programs are on the search path', async () => {
  expect(await why({ command: 'node', purpose: 'runs' }, { command: 'sh', purpose: 'starts' })).toBeUndefined();
});

test('what is missing is one sentence: what, what for, and what to install', async () => {
  const install = 'install cobol (Debian: apt-get install cobol)';
  expect(
    await why(
      { command: 'cobolc', purpose: 'compiles', install },
      { command: 'cobolx', purpose: 'runs', install },
      { command: 'sh', purpose: 'starts' },
      { file: join(folder, 'lib.so'), purpose: 'is linked' },
    ),
  ).toBe(
    `the cartridge cobol cannot be used on this machine, which lacks cobolc (compiles) and cobolx (runs) and ${folder}/lib.so (is linked): ${install}; install ${folder}/lib.so`,
  );
});

test('programs are found on the search path of the instances and nowhere else, and one that goes is missed at once', async () => {
  await program('cobolc', 'true');
  const requires: Requirement[] = [{ command: 'cobolc', purpose: 'compiles' }];
  const lacking = expect.stringContaining('lacks cobolc (compiles): install cobolc');
  expect(await createRuntimes('/usr/bin').whyUnusable(cartridge(requires))).toEqual(lacking);
  expect(await createRuntimes('').whyUnusable(cartridge(requires))).toEqual(lacking);
  const runtimes = createRuntimes(path());
  expect(await runtimes.whyUnusable(cartridge(requires))).toBeUndefined();
  await chmod(join(folder, 'cobolc'), 0o644);
  expect(await runtimes.whyUnusable(cartridge(requires))).toEqual(lacking);
  await rm(join(folder, 'cobolc'));
  expect(await runtimes.whyUnusable(cartridge(requires))).toEqual(lacking);
});

test('one of several names or files suffices', async () => {
  await program('cobol85', 'true');
  expect(await why({ command: 'cobol', alternatives: ['cobol90', 'cobol85'], purpose: 'runs' })).toBeUndefined();
  await writeFile(join(folder, 'b.jar'), '');
  const file = join(folder, 'a.jar');
  expect(await why({ file, alternatives: [join(folder, 'b.jar')], purpose: 'runs' })).toBeUndefined();
  expect(await why({ file, purpose: 'runs' })).toContain(`lacks ${file} (runs)`);
});

test('what runs in containers only is unusable where instances are processes', async () => {
  const requires: Requirement[] = [{ command: 'cobolc', purpose: 'compiles' }];
  expect(await createRuntimes('').whyUnusable(cartridge(requires, ['container', 'vm']))).toBe(
    'the cartridge cobol runs as container or vm only, and this control plane runs instances as processes of its machine: use a control plane that runs them on Kubernetes, or another cartridge',
  );
});

describe('the version that a program says', () => {
  const requirement = (minimum: string): Requirement => ({
    command: 'cobolc',
    purpose: 'compiles',
    version: { minimum, arguments: ['--version'] },
  });

  test.each([
    ['cobolc 8.1.2 (built: Jan 1)', '8.1', undefined],
    ['cobolc 8.10', '8.9', undefined],
    ['cobolc 9', '8.1', undefined],
    ['version "17.0.15" 2025-04-15', '17', undefined],
    ['version "1.8.0_402"', '17', 'is 1.8.0'],
    ['cobolc 8.0.9', '8.1', 'is 8.0.9'],
    ['no number', '8.1', 'says no version'],
  ])('"%s" where %s is needed', async (output, minimum, problem) => {
    await program('cobolc', `echo '${output}' >&2; exit 3`);
    const said = await why(requirement(minimum));
    expect(said).toEqual(
      problem &&
        `the cartridge cobol cannot be used on this machine, which lacks cobolc ${minimum} or newer (compiles; ${folder}/cobolc ${problem}): install cobolc`,
    );
  });

  test('is asked once, and again when the program has changed', async () => {
    await program('cobolc', `echo x >> ${folder}/asked; echo 8.2`);
    const runtimes = createRuntimes(path());
    const asked = cartridge([requirement('8.1')]);
    expect(await runtimes.whyUnusable(asked)).toBeUndefined();
    expect(await runtimes.whyUnusable(asked)).toBeUndefined();
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe('x\n');
    await rm(join(folder, 'cobolc'));
    await program('cobolc', 'echo 7.0 and more');
    expect(await runtimes.whyUnusable(asked)).toContain('is 7.0');
  });
});
