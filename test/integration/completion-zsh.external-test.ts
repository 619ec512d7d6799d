/** Completion in a real zsh, at a terminal of its own (zsh/zpty): keys go in, the completed line comes out. */
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
  await platform.apply({
    ...{ apiVersion: 'cartwright.dev/v1', kind: 'Application', metadata: { name: 'warehouse' } },
    spec: { components: [{ kind: 'cartridge', alias: 'web', cartridge: 'static' }] },
  });
  folder = await mkdtemp(join(tmpdir(), 'cartwright-zsh-'));
  const program = join(folder, 'cartwright');
  await writeFile(program, `#!/bin/sh\nexec ${process.execPath} ${join(ROOT, 'dist/control-plane/cli/bin.js')} "$@"\n`);
  await chmod(program, 0o755);
  env = { ...platform.environment, PATH: `${folder}:${process.env.PATH}`, TERM: 'dumb' };
  const { stdout } = await run('cartwright', ['completion', 'zsh'], { env });
  await writeFile(join(folder, '_cartwright'), stdout);
  await writeFile(join(folder, 'driver.zsh'), DRIVER);
});
afterAll(async () => {
  await platform[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Types a line and the tab key; then has the line editor say what stands there, between marks. */
const DRIVER = String.raw`
zmodload zsh/zpty
zpty shell "zsh -f -i"
zpty -w shell "PS1= ; unsetopt zle_bracketed_paste 2>/dev/null; [[ $3 == found ]] && fpath=($2 \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w shell "[[ $3 == sourced ]] && source $2/_cartwright"
zpty -w shell 'tell() { print -r -- "<<<$BUFFER>>>"; BUFFER= }; zle -N tell; bindkey "^X" tell; print read""y'
zpty -r -m shell ready '*ready*'
zpty -w -n shell "$1"$'\t'$'\x18'
zpty -r -m shell line '*\<\<\<*\>\>\>*'
print -r -- "$line"
zpty -d shell
`;

async function completed(typed: string, how = 'found'): Promise<string | undefined> {
  const { stdout } = await run('zsh', ['-f', join(folder, 'driver.zsh'), typed, folder, how], { env, timeout: 60_000 });
  return /<<<(.*?)>>>/.exec(stdout)?.[1]?.trimEnd();
}

test.each([
  ['cartwright descr', 'cartwright describe'],
  ['cartwright cluster und', 'cartwright cluster undrain'],
  ['cartwright get --sel', 'cartwright get --selector'],
  ['cartwright describe application ware', 'cartwright describe application warehouse'],
  ['cartwright scale warehouse/', 'cartwright scale warehouse/web'],
  ['cartwright --tenant def', 'cartwright --tenant default'],
  ['cartwright quota de', 'cartwright quota default'],
])('zsh makes of "%s" "%s"', async (typed, expected) => {
  expect(await completed(typed)).toBe(expected);
});

test('the script may be sourced, too', async () => {
  expect(await completed('cartwright describe application ware', 'sourced')).toBe(
    'cartwright describe application warehouse',
  );
});
