/** Completion in a real bash: the script of the compiled program, names of a control plane that runs. */
import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Platform } from '../support/platform.ts';
import { ROOT } from '../support/root.ts';

const run = promisify(execFile);
let platform: Platform;
let folder: string;
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  platform = await Platform.start();
  for (const name of ['shop', 'shed'])
    await platform.apply({
      ...{ apiVersion: 'cartwright.dev/v1', kind: 'Application', metadata: { name } },
      spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'static' }] },
    });
  folder = await mkdtemp(join(tmpdir(), 'cartwright-bash-'));
  const program = join(folder, 'cartwright');
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${join(ROOT, 'dist/control-plane/cli/bin.js')} "$@"\n`);
  await chmod(program, 0o755);
  env = { ...platform.environment, PATH: `${folder}:${process.env.PATH}` };
  const { stdout } = await run('cartwright', ['completion', 'bash'], { env });
  await writeFile(join(folder, 'completion.bash'), stdout);
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** What bash would offer, the words being taken apart as it does (at : and =). */
async function offered(...words: string[]): Promise<string[]> {
  const script = `
    source ${join(folder, 'completion.bash')}
    [[ $(complete -p cartwright) == *'-F _cartwright cartwright' ]] || exit 9
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
    _cartwright cartwright "\${COMP_WORDS[COMP_CWORD]}" ''
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr } = await run('bash', ['--norc', '-c', script, 'bash', 'cartwright', ...words], { env });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

test.each([
  [['desc'], ['describe']],
  [['cluster', 'dr'], ['drain']],
  [['--context', 'local', 'pol'], ['policy']],
  [['get', '--sel'], ['--selector']],
  [['get', 'applications', '--wat'], ['--watch']],
  [['-o', 'y'], ['yaml']],
  [
    ['describe', 'application', 'sh'],
    ['shop', 'shed'],
  ],
  [['describe', 'application/sho'], ['application/shop']],
  [['scale', 'shop/'], ['shop/web']],
  [['quota', 'de'], ['default', 'describe'].slice(0, 1)],
  [['quota', 's'], ['set']],
  [['route', 'shed/'], ['shed/web']],
  // As bash has it after `--context=lo`, and after a name with a colon.
  [['context', 'use', 'lo'], ['local']],
  [['describe', 'nothing', 'x'], []],
])('bash offers for %j just %j', async (words, expected) => {
  expect((await offered(...words)).toSorted()).toEqual(expected.toSorted());
});

test('a name with a colon is completed from its colon on, as bash wants it', async () => {
  const token = platform.token;
  const config = join(folder, 'contexts.json');
  await writeFile(
    config,
    JSON.stringify({ version: 1, current: null, contexts: { 'paas.example:4747': { url: platform.url, token } } }),
  );
  const before = env;
  env = { ...env, CARTWRIGHT_CONFIG: config };
  expect(await offered('context', 'use', 'paas.example', ':', '47')).toEqual(['4747']);
  expect(await offered('context', 'use', 'paas')).toEqual(['paas.example:4747']);
  env = before;
});

test('names are never read as commands of the shell', async () => {
  const evil = join(folder, 'evil');
  await writeFile(evil, `#!/bin/sh\nprintf '%s\\n' '$(touch ${join(folder, 'touched')})' 'x y' good\n`);
  await chmod(evil, 0o755);
  const script = `source ${join(folder, 'completion.bash')}; COMP_WORDS=(${evil} scale ''); COMP_CWORD=2; _cartwright; printf '[%s]' "\${COMPREPLY[@]}"; ls ${folder}`;
  const { stdout } = await run('bash', ['--norc', '-c', script], { env });
  expect(stdout).toContain(`[$(touch ${join(folder, 'touched')})][x y][good]`);
  expect(stdout).not.toMatch(/^touched$/m);
});
