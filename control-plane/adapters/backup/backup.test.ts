import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { copyFile, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { create, extract } from 'tar';
import { newUid } from '../../../schema/ids.ts';
import { newTenant } from '../../app/tenants/quota.ts';
import { clusterOf } from '../../app/testing/records.ts';
import { lockDataFolder } from '../database/data-folder-lock.ts';
import { copyDatabaseFile } from '../database/snapshot.ts';
import { openStore } from '../database/store.ts';
import type { DatabaseStore } from '../database/store.ts';
import { Folder } from '../database/testing/folder.ts';
import { event, instance } from '../database/testing/records.ts';
import type { BackupManifest } from './manifest.ts';
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

describe('which tenant has which user id', () => {
  const usersIn = async (directory: string): Promise<unknown> =>
    (JSON.parse(await readFile(join(directory, 'tenant-users.json'), 'utf8')) as { users: unknown }).users;
  const give = (directory: string, users: Readonly<Record<string, number>>): Promise<void> =>
    writeFile(join(directory, 'tenant-users.json'), JSON.stringify({ v: 1, users }), { mode: 0o600 });
  /** A backup of a folder with two tenants, of which one has a service cluster. */
  const saved = async (): Promise<void> => {
    const store = await openStore({ directory: data });
    for (const name of ['acme', 'rival'])
      await store.tenants.save({ ...newTenant(name, { now: 0, newUid }), uid: `uid-of-${name}` });
    await store.clusters.save({ ...clusterOf().record, uid: 'cluster-1', tenant: 'acme' });
    await give(data, { 'uid-of-acme': 210_000, 'uid-of-rival': 210_001 });
    await save(store);
    await store.close();
  };
  const runsHere = async (directory: string, cluster: string, user: number): Promise<void> => {
    await mkdir(join(directory, 'instances', 'i-1'), { recursive: true });
    await writeFile(join(directory, 'instances', 'i-1', 'instance.json'), JSON.stringify({ cluster, user }));
  };

  test('goes to another machine with the rest, for its owner only', async () => {
    await saved();
    const elsewhere = folder.file('elsewhere');
    expect((await restore(elsewhere)).refusedUsers).toEqual([]);
    expect(await usersIn(elsewhere)).toEqual({ 'uid-of-acme': 210_000, 'uid-of-rival': 210_001 });
    expect((await stat(join(elsewhere, 'tenant-users.json'))).mode & 0o777).toBe(0o600);
  });

  test('is as the machine has it, where that says something else', async () => {
    await saved();
    await give(data, { 'uid-of-third': 210_001, 'uid-of-acme': 210_007 });
    expect((await restore()).refusedUsers).toEqual([{ tenant: 'uid-of-rival', user: 210_001 }]);
    expect(await usersIn(data)).toEqual({ 'uid-of-third': 210_001, 'uid-of-acme': 210_007 });
  });

  test('follows the instances that run, where the machine’s file is lost or damaged', async () => {
    await saved();
    for (const lose of [
      () => rm(join(data, 'tenant-users.json')),
      () => writeFile(join(data, 'tenant-users.json'), '{"v":1,"users":{"a":210000,"b":210000}}'),
    ]) {
      await lose();
      await runsHere(data, 'cluster-1', 210_001);
      expect((await restore()).refusedUsers).toEqual([{ tenant: 'uid-of-rival', user: 210_001 }]);
      expect(await usersIn(data)).toEqual({ 'uid-of-acme': 210_001 });
    }
    expect(await readFile(join(data, 'tenant-users.json.damaged'), 'utf8')).toContain('"b":210000');
  });

  test('gives nobody the id of an instance that the backup does not know', async () => {
    await saved();
    await rm(join(data, 'tenant-users.json'));
    await runsHere(data, 'a-later-cluster', 210_000);
    expect((await restore()).refusedUsers).toEqual([{ tenant: 'uid-of-acme', user: 210_000 }]);
    expect(await usersIn(data)).toEqual({ 'uid-of-rival': 210_001 });
  });

  test('is refused with all of the backup that gives an id twice, and none is taken of such a folder', async () => {
    await saved();
    const inside = folder.file('inside');
    await mkdir(inside);
    await extract({ cwd: inside, file: archive });
    const users = '{"v":1,"users":{"uid-of-acme":210000,"uid-of-rival":210000}}';
    await writeFile(join(inside, 'tenant-users.json'), users);
    const manifest = JSON.parse(await readFile(join(inside, 'manifest.json'), 'utf8')) as BackupManifest;
    const sha256 = createHash('sha256').update(users).digest('hex');
    const files = manifest.files.map((file) =>
      file.path === 'tenant-users.json' ? { path: file.path, bytes: users.length, sha256 } : file,
    );
    await writeFile(join(inside, 'manifest.json'), JSON.stringify({ ...manifest, files }));
    await create({ cwd: inside, file: archive, portable: true }, ['manifest.json', ...files.map(({ path }) => path)]);
    const before = await contents(data);
    await expect(restore()).rejects.toThrow('the user id 210000 to the tenants');
    expect(await contents(data)).toEqual(before);

    await writeFile(join(data, 'tenant-users.json'), users);
    const store = await openStore({ directory: data });
    await expect(save(store)).rejects.toMatchObject({ code: 'TENANT_USERS_DAMAGED' });
    await store.close();
  });
});
