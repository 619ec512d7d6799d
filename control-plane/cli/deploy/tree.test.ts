import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { EXIT } from '../exit.ts';
import { readTree } from './tree.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'cartwright-tree-'))));
afterEach(() => rm(folder, { recursive: true }));

async function write(files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
}

const files = async (): Promise<readonly string[]> => (await readTree(folder)).files;

test('all files are listed in one order, with their size', async () => {
  await write({ 'b.js': '12', 'a/z.js': '345', 'B.js': '', 'a.js': '6' });
  expect(await readTree(folder)).toEqual({
    directory: folder,
    files: ['B.js', 'a.js', 'a/z.js', 'b.js'],
    bytes: 6,
    skipped: [],
  });
});

test('.git and node_modules are left out wherever they stand', async () => {
  await write({
    'a.js': '',
    '.git/HEAD': '',
    'node_modules/x/index.js': '',
    'lib/node_modules/y.js': '',
    'sub/.git': 'gitdir: x',
  });
  expect(await files()).toEqual(['a.js']);
});

test('.gitignore and .cartwrightignore hold for what is below them, and the deeper and the latter win', async () => {
  await write({
    '.gitignore': '*.log\n/dist/\nsecret\n',
    '.cartwrightignore': '!keep.log\nnotes/\n',
    'a.log': '',
    'keep.log': '',
    'dist/x.js': '',
    'src/dist/y.js': '',
    'src/secret': '',
    'notes/n.md': '',
    'logs/.gitignore': '!*.log\n',
    'logs/deep/b.log': '',
    'logs/secret': '',
  });
  expect(await files()).toEqual([
    '.cartwrightignore',
    '.gitignore',
    'keep.log',
    'logs/.gitignore',
    'logs/deep/b.log',
    'src/dist/y.js',
  ]);
});

test('.gitignore means the same as to git itself', async () => {
  await write({
    '.gitignore':
      'build\n!important/build\n/root-only\n*.tmp\n!/keep.tmp\ndocs/**/*.pdf\nfoo/*\n!foo/bar/\n\\#odd\nspace\\ \n',
    'build/x': '',
    'important/build/y': '',
    'root-only': '',
    'sub/root-only': '',
    'a.tmp': '',
    'keep.tmp': '',
    'sub/keep.tmp': '',
    'docs/a/b/c.pdf': '',
    'docs/readme': '',
    'foo/one': '',
    'foo/bar/two': '',
    '#odd': '',
    'sub/.gitignore': '!a.tmp\nroot-only\n',
    'sub/a.tmp': '',
  });
  const git = (...args: string[]) => promisify(execFile)('git', ['-C', folder, '-c', 'core.excludesFile=', ...args]);
  await git('init', '-q');
  const { stdout } = await git('ls-files', '-z', '--others', '--exclude-standard');
  expect(await files()).toEqual(stdout.split('\0').filter(Boolean).sort());
});

test('a link inside the folder is kept; one that leads out of it is named', async () => {
  await write({ 'lib/a.js': '' });
  await symlink('../lib/a.js', join(folder, 'lib', 'b.js'));
  expect(await files()).toEqual(['lib/a.js', 'lib/b.js']);
  await symlink('../../etc/passwd', join(folder, 'lib', 'c.js'));
  await expect(readTree(folder)).rejects.toThrow('lib/c.js links to ../../etc/passwd, outside of the folder');
  await write({ '.cartwrightignore': 'c.js' });
  expect(await files()).toContain('lib/b.js');
});

test('what is no file is skipped and told', async () => {
  await write({ 'a.js': '' });
  await promisify(execFile)('mkfifo', [join(folder, 'pipe')]);
  expect(await readTree(folder)).toMatchObject({ files: ['a.js'], skipped: ['pipe'] });
});

test('a folder that is not there, is none, or holds nothing is refused', async () => {
  await expect(readTree(join(folder, 'none'))).rejects.toMatchObject({
    exit: EXIT.usage,
    message: expect.stringContaining('there is no folder'),
  });
  await expect(readTree(folder)).rejects.toThrow('holds nothing to deploy');
  await write({ 'a.js': '' });
  await expect(readTree(join(folder, 'a.js'))).rejects.toMatchObject({ exit: EXIT.usage });
});
