import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ArtifactStore } from '../../app/ports/artifacts.ts';
import { createArtifactStore } from '../artifacts/store.ts';
import { loadCartridges } from './load.ts';
import { CartridgeVersions, type CartridgeVersion } from './versions.ts';

describe('versions of a cartridge', () => {
  let folder: string;
  let artifacts: ArtifactStore;
  let versions: CartridgeVersions;
  const cartridges = () => join(folder, 'package');
  const cobol = (...path: string[]) => join(cartridges(), 'cobol', ...path);
  const kept = (...path: string[]) => join(folder, 'kept', 'cobol', ...path);

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cartwright-versions-'));
    artifacts = await createArtifactStore({ directory: join(folder, 'artifacts') });
    await mkdir(cobol('hooks'), { recursive: true });
    await mkdir(cobol('sample'));
    await mkdir(join(folder, 'bundles/cobol'), { recursive: true });
    await writeFile(
      cobol('cartridge.yaml'),
      'apiVersion: cartwright.dev/v1\nkind: Cartridge\nmetadata: {name: cobol}\nspec:\n  version: "1"\n  category: framework\n  runtimes: [process]\n',
    );
    await writeFile(cobol('hooks/start'), 'echo one\n', { mode: 0o755 });
    await writeFile(cobol('sample/program.cob'), 'a sample');
    await writeFile(join(folder, 'bundles/cobol/run.mjs'), 'a bundle');
    await reopen();
  });
  afterEach(() => rm(folder, { recursive: true }));

  async function reopen(): Promise<void> {
    versions = new CartridgeVersions({ directory: join(folder, 'kept'), artifacts, bundles: join(folder, 'bundles') });
    await versions.open();
  }

  async function keep(start?: string): Promise<CartridgeVersion> {
    if (start !== undefined) await writeFile(cobol('hooks/start'), start, { mode: 0o755 });
    return versions.keep((await loadCartridges(cartridges()))[0]!);
  }
  const startOf = (path: string) => readFile(join(path, 'hooks/start'), 'utf8');

  test('are folders with all that an instance runs from, which everybody may read', async () => {
    const before = process.umask(0o077);
    try {
      const version = await keep();
      const place = versions.folderOf(version);
      expect(place).toBe(kept(version.digest));
      expect((await readdir(place)).sort()).toEqual(['cartridge.yaml', 'hooks', 'run.mjs']);
      const modes = await Promise.all(['', 'hooks', 'hooks/start', 'run.mjs'].map((path) => stat(join(place, path))));
      expect(modes.map(({ mode }) => (mode & 0o777).toString(8))).toEqual(['755', '755', '755', '644']);
    } finally {
      process.umask(before);
    }
  });

  test('are one as long as nothing of it changes; a changed one stands beside the one before', async () => {
    const one = await keep();
    expect(await keep()).toEqual(one);
    const two = await keep('echo two\n');
    expect(two.digest).not.toBe(one.digest);
    expect(await startOf(versions.folderOf(one))).toBe('echo one\n');
    expect(await startOf(versions.presentOf('cobol'))).toBe('echo two\n');
    // Only who may execute what is changed.
    await chmod(cobol('cartridge.yaml'), 0o755);
    expect((await keep()).digest).not.toBe(two.digest);
    await chmod(cobol('cartridge.yaml'), 0o644);
    expect(await keep()).toEqual(two);
    // What is no part of it makes no version.
    await writeFile(cobol('sample/program.cob'), 'another sample');
    expect(await keep()).toEqual(two);
    // Back again, as after a downgrade.
    expect(await keep('echo one\n')).toEqual(one);
    expect(await realpath(versions.presentOf('cobol'))).toBe(await realpath(versions.folderOf(one)));
  });

  test('go when nothing needs them, and come back from their archives', async () => {
    const one = await keep();
    const two = await keep('echo two\n');
    await versions.keepOnly([two]);
    expect((await readdir(kept())).sort()).toEqual(['present', two.digest]);
    expect(await versions.restore(one)).toBe(true);
    expect(await startOf(versions.folderOf(one))).toBe('echo one\n');
    expect((await stat(join(versions.folderOf(one), 'hooks/start'))).mode & 0o777).toBe(0o755);
    await versions.keepOnly([two]);
    await rm((await artifacts.path(one.digest))!);
    expect(await versions.restore(one)).toBe(false);
  });

  test('are packed again where the archive of the present one is lost', async () => {
    const one = await keep();
    await rm((await artifacts.path(one.digest))!);
    expect(await keep()).toEqual(one);
    expect(await artifacts.path(one.digest)).toBeDefined();
  });

  test('that a crash left half made are removed as it is opened again', async () => {
    await mkdir(join(folder, 'kept', '.incoming-1'));
    await reopen();
    expect(await readdir(join(folder, 'kept'))).toEqual([]);
  });
});
