import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { create } from 'tar';
import { lockDataFolder } from '../database/data-folder-lock.ts';
import { copyDatabaseFile } from '../database/snapshot.ts';
import { openStore } from '../database/store.ts';
import type { DatabaseStore } from '../database/store.ts';
import { Folder } from '../database/testing/folder.ts';
import { event, instance } from '../database/testing/records.ts';
import { checkRestored, restoreBackup } from './restore.ts';
import { writeBackup } from './write.ts';

const NOW = Date.UTC(2026, 10, 28, 12);

let folder: Folder;
let data: string;
let archive: string;
beforeEach(async () => {
  folder = await Folder.make();
  data = folder.file('data');
  archive = folder.file('backup.tar');
});
afterEach(() => folder.close());

async function artifact(text: string, directory = data): Promise<string> {
  const digest = createHash('sha256').update(text).digest('hex');
  await mkdir(join(directory, 'artifacts'), { recursive: true });
  await writeFile(join(directory, 'artifacts', `sha256-${digest}.tar.gz`), text);
  return `sha256-${digest}.tar.gz`;
}

async function save(store: Pick<DatabaseStore, 'snapshot'>): Promise<void> {
  await writeBackup(
    {
      dataDirectory: data,
      snapshot: (file) => store.snapshot(file),
      version: '1.2.3',
      keyReference: 'key-1',
      now: NOW,
    },
    () => createWriteStream(archive),
  );
}

/** A folder with 300 instances and 300 events, and a backup of it taken while it was open. */
async function filled(): Promise<string> {
  const store = await openStore({ directory: data });
  await Promise.all(Array.from({ length: 300 }, (_, index) => store.instances.save(instance({ uid: `i-${index}` }))));
  await store.events.append(Array.from({ length: 300 }, () => event()));
  const name = await artifact('an archive');
  await save(store);
  await store.close();
  return name;
}

const restore = (dataDirectory = data) => restoreBackup({ file: archive, dataDirectory, now: NOW });

async function contents(directory: string): Promise<Record<string, string>> {
  const files = (await readdir(directory, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  const digests = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    return [
      path,
      createHash('sha256')
        .update(await readFile(path))
        .digest('hex'),
    ] as const;
  });
  return Object.fromEntries((await Promise.all(digests)).filter(([path]) => !path.includes('lock.')));
}

describe('a backup', () => {
  test('of an open database is put back as it was when it was taken, and what it replaces is kept', async () => {
    const name = await filled();
    const store = await openStore({ directory: data });
    await store.instances.save(instance({ uid: 'later' }));
    await store.close();
    const { manifest, replaced } = await restore();
    expect(manifest).toMatchObject({ cartwright: '1.2.3', keyReference: 'key-1', rows: { instance: 300, event: 300 } });
    const restored = await openStore({ directory: data });
    expect(await restored.instances.find({})).toHaveLength(300);
    expect(await restored.instances.get('later')).toBeUndefined();
    expect((await restored.events.append([event()]))[0]?.sequence).toBe(301);
    await restored.close();
    expect(replaced).toBe(join(data, 'replaced-20261128T120000Z'));
    const kept = await openStore({ file: join(data, 'replaced-20261128T120000Z', 'cartwright.db') });
    expect(await kept.instances.get('later')).toBeDefined();
    await kept.close();
    expect(await readdir(join(data, 'artifacts'))).toEqual([name]);
    expect((await readdir(data)).filter((entry) => /^(?:backup|restore)/.test(entry))).toEqual([]);
  });

  test('goes into an empty folder, on another machine, with its artifacts, for its owner only', async () => {
    const name = await filled();
    const elsewhere = folder.file('elsewhere');
    expect((await restore(elsewhere)).replaced).toBeUndefined();
    expect(await readFile(join(elsewhere, 'artifacts', name), 'utf8')).toBe('an archive');
    expect((await stat(join(elsewhere, 'cartwright.db'))).mode & 0o077).toBe(0);
    const restored = await openStore({ directory: elsewhere });
    expect(await restored.instances.find({})).toHaveLength(300);
    await restored.close();
  });

  test('holds everything that was committed, and nothing by half, while others write', async () => {
    const store = await openStore({ directory: data });
    let stop = false;
    const writing = (async () => {
      for (let index = 0; !stop; index += 1) {
        await store.transaction(async (repositories) => {
          await repositories.instances.save(instance({ uid: `i-${index}` }));
          await repositories.events.append([event({ subject: { kind: 'Instance', uid: `i-${index}`, name: 'x' } })]);
        });
      }
    })();
    try {
      for (let round = 0; round < 5; round += 1) {
        await save(store);
        const { manifest } = await restore(folder.file(`copy-${round}`));
        expect(manifest.rows.instance).toBe(manifest.rows.event);
      }
    } finally {
      stop = true;
      await writing;
    }
    await store.close();
  });

  test('of a folder that is not open has what is in its log only', async () => {
    await filled();
    const store = await openStore({ directory: data });
    await store.instances.save(instance({ uid: 'in the log' }));
    const crashed = folder.file('crashed');
    await mkdir(crashed);
    for (const side of ['', '-wal'])
      await copyFile(join(data, `cartwright.db${side}`), join(crashed, `cartwright.db${side}`));
    await store.close();
    await copyDatabaseFile(join(crashed, 'cartwright.db'), folder.file('copy.db'));
    const copy = await openStore({ file: folder.file('copy.db') });
    expect(await copy.instances.get('in the log')).toBeDefined();
    await copy.close();
  });
});

describe('nothing is changed by a backup that', () => {
  const refused = async (code: string) => {
    const before = await contents(data);
    await expect(restore()).rejects.toMatchObject({ code });
    expect(await contents(data)).toEqual(before);
  };

  test('is cut off, wherever', async () => {
    await filled();
    const { size } = await stat(archive);
    const whole = folder.file('whole.tar');
    await copyFile(archive, whole);
    for (const bytes of [0, 1, 511, 512, 1024, 10_000, Math.floor(size / 2), size - 1024 - 512]) {
      await copyFile(whole, archive);
      await truncate(archive, bytes);
      await refused('BACKUP_INVALID');
    }
  });

  test('was changed: it is refused, or the byte meant nothing and the same is put back', async () => {
    await filled();
    const whole = await readFile(archive);
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: whole.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, by) => {
        const changed = Buffer.from(whole);
        changed[at] = changed[at]! ^ by;
        await writeFile(archive, changed);
        const target = folder.file(`changed-${at}-${by}`);
        const outcome = await restore(target).then(
          () => 'restored',
          (error: unknown) => (error as { code?: string }).code,
        );
        if (outcome !== 'restored') return void expect(['BACKUP_INVALID', 'DATABASE_NEWER']).toContain(outcome);
        const database = new DatabaseSync(join(target, 'cartwright.db'), { readOnly: true });
        expect(database.prepare('select count(*) as n from instance').get()).toEqual({ n: 300 });
        database.close();
      }),
      { numRuns: 60 },
    );
  });

  test('is no backup', async () => {
    await filled();
    await writeFile(archive, 'not an archive at all, but long enough to look like one '.repeat(100));
    await refused('BACKUP_INVALID');
    await writeFile(folder.file('stranger'), '');
    await create({ cwd: folder.path, file: archive }, ['stranger']);
    await refused('BACKUP_INVALID');
    await expect(restoreBackup({ file: folder.file('nowhere'), dataDirectory: data, now: NOW })).rejects.toMatchObject({
      code: 'BACKUP_UNREADABLE',
    });
  });

  test('a newer version has made', async () => {
    await filled();
    const database = new DatabaseSync(join(data, 'cartwright.db'));
    database.exec("insert into migration (name, executed_at) values ('9999-from-the-future', 0)");
    database.close();
    await save({ snapshot: (file) => copyDatabaseFile(join(data, 'cartwright.db'), file) });
    await refused('DATABASE_NEWER');
  });

  test('is to be restored under a control plane that runs', async () => {
    await filled();
    const lock = await lockDataFolder(data);
    await refused('DATA_FOLDER_IN_USE');
    await lock.close();
    const shared = await lockDataFolder(data, 'shared');
    await refused('DATA_FOLDER_IN_USE');
    await shared.close();
  });
});

test('a folder on which a restore was cut off is told, until it is done again', async () => {
  await filled();
  await writeFile(join(data, 'restore.unfinished'), '');
  expect(() => checkRestored(data)).toThrow('run "cartwright restore"');
  await restore();
  expect(() => checkRestored(data)).not.toThrow();
});
