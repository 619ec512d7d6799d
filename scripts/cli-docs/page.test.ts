import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Command } from 'commander';
import { pathOf } from '../../control-plane/cli/commands/prints-names.ts';
import { createProgram } from '../../control-plane/cli/program.ts';
import { ioOf } from '../../control-plane/cli/testing/run.ts';
import { cliPage } from './page.ts';
import { prose, sentence } from './prose.ts';

const ROOT = join(import.meta.dirname, '../..');
const HIDDEN = ['__complete'];

let folder: string;
let front: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cartwright-cli-docs-'));
  front = await readFile(join(import.meta.dirname, 'front.md'), 'utf8');
});
afterAll(() => rm(folder, { recursive: true }));

const programOf = (): Promise<Command> => createProgram(ioOf(), () => undefined);

/** Commands that do something, without those that only have others below them. */
function leaves(command: Command): Command[] {
  return command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
}

async function documented(): Promise<readonly Command[]> {
  return leaves(await programOf()).filter((command) => !HIDDEN.includes(command.name()));
}

function sectionOf(page: string, path: string): string {
  return new RegExp(`^#+ ${path}\n(.*?)(?=^#+ |$(?![\\s\\S]))`, 'ms').exec(page)?.[1] ?? '';
}

test('every command is on the page, with each of its arguments and options, what they are, and an example', async () => {
  const page = cliPage(await programOf(), front);
  const commands = await documented();
  expect(commands.length).toBeGreaterThan(80);
  for (const command of commands) {
    const path = pathOf(command);
    const section = sectionOf(page, path);
    expect({ path, section }).toEqual({ path, section: expect.stringContaining(`\`cartwright ${path.split(' ')[0]}`) });
    expect(section).toContain(sentence(command.description()));
    for (const { flags, description } of command.options)
      expect(section).toContain(`| \`${flags}\` | ${prose(description).replaceAll('|', '\\|')}`);
    for (const argument of command.registeredArguments)
      expect({ path, section }).toEqual({ path, section: expect.stringMatching(`\\| \`${argument.name()}\` \\| \\S`) });
    expect({ path, section }).toEqual({ path, section: expect.stringMatching(/```sh\n.*cartwright /) });
  }
});

test('what is hidden is not on the page', async () => {
  const page = cliPage(await programOf(), front);
  for (const name of HIDDEN) expect(page).not.toContain(name);
});

test('every example is a command line that is understood', async () => {
  const page = cliPage(await programOf(), front);
  const lines = [...page.matchAll(/^```sh\n(.*?)^```/gms)].flatMap(([, text = '']) => text.trim().split('\n'));
  expect(lines.length).toBeGreaterThan(100);
  for (const words of lines.flatMap(wordsOf)) {
    const program = await programOf();
    const meant: string[] = [];
    for (const command of leaves(program)) command.action(() => void meant.push(pathOf(command)));
    await program.parseAsync(words, { from: 'user' });
    expect({ words, meant }).toEqual({ words, meant: [expect.any(String)] });
  }
});

/** Of each `cartwright` of a line of a shell, without what the shell takes for itself. */
function wordsOf(line: string): string[][] {
  return line
    .replace(/^[A-Z]+=\$\((.*)\)$/, '$1')
    .split(' | ')
    .filter((part) => part.startsWith('cartwright '))
    .map((part) =>
      [...part.replace(/ [<>] \S+$/, '').matchAll(/"([^"]*)"|(\S+)/g)]
        .slice(1)
        .map(([, quoted, bare]) => quoted ?? bare!),
    );
}

test('every link leads somewhere', async () => {
  const page = cliPage(await programOf(), front);
  const links = new Set(
    [...page.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)].map(([, file, anchor]) => `${file}#${anchor ?? ''}`),
  );
  expect(links.size).toBeGreaterThan(80);
  for (const link of links) {
    const [file = '', anchor = ''] = link.split('#');
    const text = file === '' ? page : await readFile(join(ROOT, 'docs', file), 'utf8');
    if (anchor !== '')
      expect({ link, anchors: anchorsOf(text) }).toEqual({ link, anchors: expect.arrayContaining([anchor]) });
  }
});

function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

test('a command that is in no group, or says nothing of itself, is refused by its name', async () => {
  const lost = await programOf();
  lost.command('juggle').description('keep several instances in the air');
  expect(() => cliPage(lost, front)).toThrow('"juggle" is in none of the groups');
  const silent = await programOf();
  silent.commands.find((command) => command.name() === 'scale')?.description('');
  expect(() => cliPage(silent, front)).toThrow('the command "scale" has no description');
});

test('another description makes another page, and --check fails until it is written', async () => {
  const program = await programOf();
  const before = cliPage(await programOf(), front);
  program.commands.find((command) => command.name() === 'resume')?.description('go on');
  const after = cliPage(program, front);
  expect(after).not.toBe(before);
  expect(after).toContain('\nGo on.\n');

  const file = join(folder, 'cli.md');
  const script = (...options: string[]) =>
    promisify(execFile)(process.execPath, [join(ROOT, 'scripts/write-cli-docs.ts'), '--to', file, ...options]);
  await writeFile(file, after);
  const line = before.split('\n').findIndex((text, index) => text !== after.split('\n')[index]) + 1;
  await expect(script('--check')).rejects.toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`first difference in line ${line}): run "node scripts/write-cli-docs.ts"`),
  });
  expect(await readFile(file, 'utf8')).toBe(after);
  await script();
  await script('--check');
  expect(await readFile(file, 'utf8')).toBe(before);
});

test.each([
  ['see "cartwright context"', 'see `cartwright context`'],
  ['with --to N and -o json', 'with `--to N` and `-o json`'],
  ['more: docs/tasks.md#the-hook-release', 'more: [the hook release](tasks.md#the-hook-release)'],
  ['docs/cli.md#watching', '[watching](#watching)'],
  ['APPLICATION[/ALIAS] <name> *.yaml', '`APPLICATION[/ALIAS]` \\<name> \\*.yaml'],
  ['{url, expiresAt}', '`{url, expiresAt}`'],
  ['a roll-out, fail-fast', 'a roll-out, fail-fast'],
])('%s', (text, markdown) => expect(prose(text)).toBe(markdown));
