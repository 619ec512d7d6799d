import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { chmod, copyFile, mkdir, open, readFile, readdir, stat, truncate, writeFile } from 'node:fs/promises';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../store.ts';
import { Folder } from '../testing/folder.ts';
import { instance } from '../testing/records.ts';
import { openSqliteEngine } from './engine.ts';

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(() => folder.close());

/** Opens and must fail: one line, that says which file and what to do. */
async function refusal(file: string): Promise<unknown> {
  const error: unknown = await openStore({ file, patienceMilliseconds: 100 }).then(
    async (store) => {
      await store.close();
      throw new Error('the store opened');
    },
    (reason: unknown) => reason,
  );
  const text = (error as Error).message;
  expect(text).toContain(file);
  expect(text.split('\n')).toHaveLength(1);
  return error;
}

async function closedStore(): Promise<string> {
  const store = await folder.open();
  await Promise.all(Array.from({ length: 200 }, () => store.instances.save(instance())));
  await store.close();
  return folder.file('cartwright.db');
}

test('entities and migrations agree', async () => {
  const engine = await openSqliteEngine(folder.file('x.db'));
  try {
    expect(await engine.orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
    expect(await engine.orm.migrator.getPending()).toEqual([]);
  } finally {
    await engine.close();
  }
});

test('the file is in WAL mode, only its owner may read it, and it is one file when it is closed', async () => {
  const file = folder.file('below/further/x.db');
  const store = await openStore({ file });
  await store.settings.save({ uid: 'a', value: 1 });
  expect((await readdir(folder.file('below/further'))).sort()).toEqual(['x.db', 'x.db-shm', 'x.db-wal']);
  for (const suffix of ['', '-wal', '-shm']) expect((await stat(file + suffix)).mode & 0o077).toBe(0);
  await store.close();
  expect(await readdir(folder.file('below/further'))).toEqual(['x.db']);
});

describe('what cannot be opened is refused and left as it is', () => {
  test('a database that a newer program has migrated', async () => {
    const file = await closedStore();
    const database = new DatabaseSync(file);
    database.exec("insert into migration (name, executed_at) values ('9999-from-the-future', 0)");
    database.close();
    expect(await refusal(file)).toMatchObject({ code: 'DATABASE_NEWER' });
  });

  test("another program's database", async () => {
    const file = folder.file('other.db');
    const database = new DatabaseSync(file);
    database.exec('create table bookmark (url text)');
    database.close();
    const before = await readFile(file);
    expect(await refusal(file)).toMatchObject({ code: 'DATABASE_FOREIGN' });
    expect(before.equals(await readFile(file))).toBe(true);
  });

  test('a file that is no database', async () => {
    const file = folder.file('notes.txt');
    await writeFile(file, 'not a database at all, but long enough to be looked at '.repeat(100));
    expect(await refusal(file)).toMatchObject({ code: 'DATABASE_INVALID' });
  });

  test.each([
    ['cut off', (file: string, size: number) => truncate(file, size / 2)],
    ['overwritten in the middle', (file: string, size: number) => overwrite(file, size / 2, 8192)],
  ])('a database that is damaged: %s', async (_name, damage) => {
    const file = await closedStore();
    await damage(file, Math.floor((await stat(file)).size / 8192) * 8192);
    const damaged = folder.file('damaged.db');
    await copyFile(file, damaged);
    expect(await refusal(damaged)).toMatchObject({ code: 'DATABASE_CORRUPT' });
  });

  test('a folder in place of the file, and a file in place of the folder', async () => {
    await mkdir(folder.file('folder'));
    expect(await refusal(folder.file('folder'))).toMatchObject({ code: 'DATABASE_NOT_WRITABLE' });
    await writeFile(folder.file('file'), '');
    expect(await refusal(folder.file('file/x.db'))).toMatchObject({ code: 'DATABASE_NOT_WRITABLE' });
  });

  test('a file or a folder that this user may not write', async () => {
    const file = await closedStore();
    await chmod(folder.path, 0o555);
    await chmod(file, 0o666);
    await asOrdinaryUser(async () => {
      expect(await refusal(folder.file('new.db'))).toMatchObject({ code: 'DATABASE_NOT_WRITABLE' });
      expect(await refusal(file)).toMatchObject({ code: 'DATABASE_READ_ONLY' });
    });
    await chmod(folder.path, 0o777);
    await chmod(file, 0o444);
    await asOrdinaryUser(async () => {
      expect(await refusal(file)).toMatchObject({ code: 'DATABASE_READ_ONLY' });
    });
  });
});

test('damage that is met while running is told, and nothing more is written', async () => {
  const file = await closedStore();
  const store = await folder.open();
  await overwrite(file, 8192, (await stat(file)).size - 8192);
  const corrupt = { code: 'DATABASE_CORRUPT' };
  expect(store.writeFailure).toBeNull();
  await expect(store.instances.find({})).rejects.toMatchObject(corrupt);
  // Told at once, whoever has met it: nobody may have anything to store.
  expect(store.writeFailure).toMatchObject(corrupt);
  await expect(store.instances.save(instance())).rejects.toMatchObject(corrupt);
  const before = await readFile(file);
  await expect(store.settings.save({ uid: 'a', value: 1 })).rejects.toMatchObject(corrupt);
  await expect(store.transaction(async () => 1)).rejects.toMatchObject(corrupt);
  expect(before.equals(await readFile(file))).toBe(true);
});

async function overwrite(file: string, from: number, bytes: number): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.write(Buffer.alloc(bytes, 0xa5), 0, bytes, from);
  } finally {
    await handle.close();
  }
}

/** Root may write everything; the test's process gives that up for a moment. */
async function asOrdinaryUser(work: () => Promise<void>): Promise<void> {
  const isRoot = process.getuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  try {
    await work();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}
