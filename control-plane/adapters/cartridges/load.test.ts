import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { CartridgeError, loadCartridges } from './load.ts';
import { createRuntimes } from './runtimes.ts';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cartridges-'));
});
afterEach(() => rm(root, { recursive: true }));

async function cartridge(name: string, spec = '', metadataName = name): Promise<string> {
  const folder = join(root, name);
  await mkdir(join(folder, 'hooks'), { recursive: true });
  await writeFile(join(folder, 'hooks/start'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(
    join(folder, 'cartridge.yaml'),
    `apiVersion: cartwright.dev/v1\nkind: Cartridge\nmetadata: {name: ${metadataName}}\n` +
      `spec:\n  version: "1"\n  category: framework\n  runtimes: [process]\n  hooks: {start: hooks/start}\n${spec}`,
  );
  return folder;
}

async function problems(): Promise<string> {
  const error: unknown = await loadCartridges(root).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(CartridgeError);
  return (error as Error).message.replaceAll(`${root}/`, '');
}

test('every folder with a manifest is a cartridge, others are not', async () => {
  await cartridge('two');
  await cartridge('one');
  await mkdir(join(root, 'notes'));
  await writeFile(join(root, 'README.md'), '');
  const loaded = await loadCartridges(root);
  expect(loaded.map(({ directory, manifest }) => [directory, manifest.metadata.name])).toEqual([
    [join(root, 'one'), 'one'],
    [join(root, 'two'), 'two'],
  ]);
});

test('a file in the folder hooks that has a hook’s name is that hook, unless the manifest names another', async () => {
  const folder = await cartridge('one');
  await writeFile(join(folder, 'hooks/cleanup'), '#!/bin/sh\n', { mode: 0o755 });
  await writeFile(join(folder, 'hooks/begin'), '#!/bin/sh\n', { mode: 0o755 });
  await mkdir(join(folder, 'hooks/build'));
  const [loaded] = await loadCartridges(root);
  expect(loaded!.manifest.spec.hooks).toEqual({ start: 'hooks/start', cleanup: 'hooks/cleanup' });
  await chmod(join(folder, 'hooks/cleanup'), 0o644);
  expect(await problems()).toBe(
    'one/cartridge.yaml: spec.hooks.cleanup: hooks/cleanup is not executable; run chmod +x on it',
  );
});

test('the platform’s own cartridges are all right, and this machine has what those need that come with Node', async () => {
  const loaded = await loadCartridges(join(import.meta.dirname, '../../../cartridges'));
  const runtimes = createRuntimes(`${dirname(process.execPath)}:${process.env.PATH}`);
  for (const name of ['lb', 'nodejs', 'static']) {
    const found = loaded.find(({ manifest }) => manifest.metadata.name === name);
    expect(await runtimes.whyUnusable(found!.manifest)).toBeUndefined();
  }
});

describe('errors name the file', () => {
  test('of a manifest, with line and field', async () => {
    await cartridge('one', '  startSecond: 3\n');
    expect(await problems()).toBe(
      'one/cartridge.yaml:9:3: spec.startSecond: unknown field "startSecond"; did you mean "startSeconds"?',
    );
  });

  test('of another kind', async () => {
    const folder = await cartridge('one');
    await writeFile(join(folder, 'cartridge.yaml'), 'apiVersion: cartwright.dev/v1\nkind: Application\n');
    expect(await problems()).toMatch(/^one\/cartridge.yaml:2:7: kind: expected Cartridge, found "Application"/);
  });

  test('of hooks that are missing, not executable, folders or outside; all of them at once', async () => {
    const folder = await cartridge('one');
    await writeFile(
      join(folder, 'cartridge.yaml'),
      'apiVersion: cartwright.dev/v1\nkind: Cartridge\nmetadata: {name: one}\nspec:\n  version: "1"\n  category: framework\n' +
        '  runtimes: [process]\n  hooks: {start: hooks/none, build: hooks/start, after-start: hooks, cleanup: hooks/out}\n',
    );
    await chmod(join(folder, 'hooks/start'), 0o644);
    await symlink('/bin/true', join(folder, 'hooks/out'));
    await cartridge('two', '', 'other');
    expect((await problems()).split('\n')).toEqual([
      'one/cartridge.yaml: spec.hooks.start: hooks/none does not exist',
      'one/cartridge.yaml: spec.hooks.build: hooks/start is not executable; run chmod +x on it',
      'one/cartridge.yaml: spec.hooks.after-start: hooks is not a file',
      'one/cartridge.yaml: spec.hooks.cleanup: hooks/out leads out of the cartridge’s folder',
      'two/cartridge.yaml: metadata.name: expected the name of the folder, "two", found "other"',
    ]);
  });

  test('of a folder that is not there', async () => {
    await expect(loadCartridges(join(root, 'none'))).rejects.toThrow(
      'none: the folder of the cartridges cannot be read',
    );
  });
});
