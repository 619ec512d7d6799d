import { lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { newUid } from '../../../schema/ids.ts';
import { eventually } from '../../../test/support/eventually.ts';
import { ProcessFixture } from './testing/fixture.ts';
import { writeStandIn } from './testing/stand-in-agent.ts';
import { VolumeFolders } from './volumes.ts';

const data = { name: 'data', mountPath: 'data', sizeBytes: 1024 };

describe('folders of volumes', () => {
  let root: string;
  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'volumes-'));
  });
  afterEach(async () => {
    await rm(root, { recursive: true, force: true });
  });

  test('what a crash left half deleted goes at the start, and nothing else does', async () => {
    await mkdir(join(root, '.trash-c-1234/0/data'), { recursive: true });
    await mkdir(join(root, 'c/0/data'), { recursive: true });
    await new VolumeFolders(root).open();
    expect(await readdir(root)).toEqual(['c']);
  });

  test('a service cluster cannot be called what leads elsewhere', async () => {
    const folders = new VolumeFolders(root);
    await expect(folders.make('../x', 0, [data], undefined)).rejects.toMatchObject({ code: 'INSTANCE_ID_INVALID' });
    await expect(folders.removeCluster('..')).rejects.toMatchObject({ code: 'INSTANCE_ID_INVALID' });
  });

  if (process.getuid?.() === 0)
    test('a volume is its tenant’s, with what lies in it, also where the tenant got a user of its own since', async () => {
      const folders = new VolumeFolders(root);
      const [made] = await folders.make('c', 0, [data], undefined);
      await writeFile(join(made!.path, 'note'), 'kept');
      await folders.make('c', 0, [data], 210_777);
      for (const path of [made!.path, join(made!.path, 'note')])
        expect(await lstat(path)).toMatchObject({ uid: 210_777, gid: 210_777 });
      expect((await lstat(made!.path)).mode & 0o777).toBe(0o700);
      expect((await lstat(join(root, 'c'))).uid).toBe(0);
      expect(await readFile(join(made!.path, 'note'), 'utf8')).toBe('kept');
    });
  else
    test('without root no volume can be given to a user of its own, and nothing begins on one that was not', async () => {
      const given = new VolumeFolders(root).make('c', 0, [data], 210_777);
      await expect(given).rejects.toThrow(/Operation not permitted/);
    });
});

test('one that does not end keeps its volume from everybody else', async () => {
  const mark = newUid().slice(-8);
  const fixture = await ProcessFixture.open();
  try {
    await writeStandIn(fixture.directory, 'agent', { onTerm: 'ignore' });
    const ask = (word: string) =>
      fixture.provider.create(fixture.request(`${word}-${mark}`, { cluster: `c-${mark}`, hasVolume: true }));
    await ask('one');
    await eventually('it runs', async () => (await fixture.provider.list())[0]?.state === 'running');
    const stopping = fixture.provider.stop(`one-${mark}`, 3600);
    expect(await ask('two')).toMatchObject({ ordinal: 1 });
    await fixture.provider.remove(`one-${mark}`);
    await stopping;
    expect(await ask('three')).toMatchObject({ ordinal: 0 });
  } finally {
    await fixture.close();
  }
});
