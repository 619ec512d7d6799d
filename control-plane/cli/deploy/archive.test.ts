import { chmod, link, mkdir, mkdtemp, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { extract, list } from 'tar';
import { packTree } from './archive.ts';
import { readTree } from './tree.ts';

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'cartwright-archive-'))));
afterEach(() => rm(folder, { recursive: true }));

async function sample(name: string): Promise<string> {
  const root = join(folder, name);
  await mkdir(join(root, 'lib'), { recursive: true });
  await writeFile(join(root, 'package.json'), '{}');
  await writeFile(join(root, 'lib', 'start'), '#!/bin/sh\n');
  await chmod(join(root, 'lib', 'start'), 0o755);
  await writeFile(join(root, '@odd name'), 'odd');
  await symlink('lib/start', join(root, 'start'));
  return root;
}

const pack = async (root: string): Promise<Buffer> => buffer(packTree(await readTree(root)));

test('the same tree gives the same bytes, whenever and in whichever order it was written', async () => {
  const first = await sample('first');
  const second = await sample('second');
  await utimes(join(second, 'package.json'), 1, 1);
  await chmod(join(second, '@odd name'), 0o664);
  expect((await pack(second)).equals(await pack(first))).toBe(true);
});

test('it unpacks to the same tree, with what is executable and what is a link', async () => {
  const root = await sample('source');
  await link(join(root, 'package.json'), join(root, 'same.json'));
  const file = join(folder, 'archive.tgz');
  await writeFile(file, await pack(root));
  const types: Record<string, string> = {};
  await list({ file, onReadEntry: (entry) => (types[entry.path] = entry.type) });
  expect(types).toEqual({
    '@odd name': 'File',
    'lib/start': 'File',
    'package.json': 'File',
    'same.json': 'File',
    start: 'SymbolicLink',
  });

  const target = join(folder, 'target');
  await mkdir(target);
  await extract({ file, cwd: target });
  expect(await readFile(join(target, '@odd name'), 'utf8')).toBe('odd');
  expect((await stat(join(target, 'start'))).mode & 0o111).toBe(0o111);
});

test('a file that vanishes meanwhile fails the archive with its name', async () => {
  const root = await sample('source');
  const tree = await readTree(root);
  await rm(join(root, 'package.json'));
  await expect(buffer(packTree(tree))).rejects.toThrow(/the folder could not be packed: .*package\.json/);
});
