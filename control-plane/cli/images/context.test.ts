import { chmod, mkdir, mkdtemp, readFile, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { layOut, readContext } from './context.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'context-'));
  await mkdir(join(folder, 'in/hooks'), { recursive: true });
  await writeFile(join(folder, 'in/hooks/start'), '#!/bin/sh\n', { mode: 0o700 });
  await writeFile(join(folder, 'in/cartridge.yaml'), 'a: 1\n', { mode: 0o600 });
  await symlink('hooks/start', join(folder, 'in/begin'));
});
afterEach(() => rm(folder, { recursive: true }));

test('files, programs and links are read in the order of their paths', async () => {
  const entries = await readContext([{ from: join(folder, 'in'), to: 'cartridges/x' }]);
  expect(entries).toEqual([
    { kind: 'link', path: 'cartridges/x/begin', target: 'hooks/start' },
    expect.objectContaining({ kind: 'file', path: 'cartridges/x/cartridge.yaml', isExecutable: false }),
    expect.objectContaining({ kind: 'file', path: 'cartridges/x/hooks/start', isExecutable: true }),
  ]);
});

test('a single file has the name that is asked for', async () => {
  const entries = await readContext([{ from: join(folder, 'in/cartridge.yaml'), to: 'other.yaml' }]);
  expect(entries.map(({ path }) => path)).toEqual(['other.yaml']);
});

test('what .dockerignore leaves out is neither read nor laid out', async () => {
  await writeFile(join(folder, 'in/.dockerignore'), 'hooks\n!hooks/keep\n.dockerignore\n');
  await writeFile(join(folder, 'in/hooks/keep'), '');
  const entries = await readContext([{ from: join(folder, 'in'), to: '' }]);
  expect(entries.map(({ path }) => path)).toEqual(['begin', 'cartridge.yaml', 'hooks/keep']);
});

test('is laid out for everybody to read, the same whoever made the files and when', async () => {
  const out = join(folder, 'out');
  const entries = await readContext([{ from: join(folder, 'in'), to: '' }]);
  await mkdir(out);
  await layOut(entries, out);
  expect((await readdir(out)).sort()).toEqual(['begin', 'cartridge.yaml', 'hooks']);
  expect(await readlink(join(out, 'begin'))).toBe('hooks/start');
  expect(await readFile(join(out, 'hooks/start'), 'utf8')).toBe('#!/bin/sh\n');
  const [program, text] = await Promise.all([stat(join(out, 'hooks/start')), stat(join(out, 'cartridge.yaml'))]);
  expect([program.mode & 0o777, text.mode & 0o777]).toEqual([0o755, 0o644]);
  expect(program.mtimeMs).toBe(text.mtimeMs);
});

test('what is not there is said by name', async () => {
  await expect(readContext([{ from: join(folder, 'none'), to: 'x' }])).rejects.toMatchObject({
    code: 'CONTEXT_INVALID',
    message: `${join(folder, 'none')} cannot be read (ENOENT)`,
  });
  await chmod(join(folder, 'in'), 0o700);
});
