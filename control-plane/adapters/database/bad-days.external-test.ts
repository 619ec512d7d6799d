/** Bad days that take a file system or a server of their own: a full disk, and an end in the middle of a transaction. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../../test/support/eventually.ts';
import { openStore } from './store.ts';
import { Child } from './testing/child.ts';
import { Folder } from './testing/folder.ts';
import { PostgresServer } from './testing/postgres-server.ts';
import { event, instance } from './testing/records.ts';

const run = promisify(execFile);

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(() => folder.close());

/** Runs testing/small-disk.ts on a file system of this size, in a mount namespace that ends with it; root is not needed. */
async function onSmallDisk(task: string, mebibytes: number): Promise<Record<string, unknown>[]> {
  const small = folder.file('small');
  const script = `mkdir ${small} && mount -t tmpfs -o size=${mebibytes}m tmpfs ${small} && exec "$0" --no-warnings "$@" ${small}`;
  const program = join(import.meta.dirname, 'testing/small-disk.ts');
  const parameters = ['--map-root-user', '--mount', 'sh', '-c', script, process.execPath, program, task];
  const { stdout } = await run('unshare', parameters);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a full disk', () => {
  test('while running: writes are told, nothing is there by half, reads go on; and writes, once there is room', async () => {
    const [filled, full, freed, after] = await onSmallDisk('fill', 4);
    expect(filled).toEqual({ filled: true, by: 'ENOSPC' });
    expect(full).toEqual({ write: 'DATABASE_FULL', transaction: 'DATABASE_FULL', read: ['before'] });
    expect(freed).toEqual({ write: 'done', close: 'done' });
    expect(after).toEqual({ rows: ['before'], large: 1 });
  });

  test('before a migration: refused, and the database is as it was', async () => {
    const [told] = await onSmallDisk('migrate', 3);
    expect(told).toMatchObject({ code: 'DATABASE_FULL', isSame: true });
    expect(told?.message).toMatch(/is to be migrated, and the disk has \d MiB free of the \d+ MiB/);
    expect((told?.files as string[]).filter((name) => name.includes('before'))).toEqual([]);
  });
});

let server: PostgresServer;
beforeAll(async () => {
  server = await PostgresServer.start();
});
afterAll(() => server.close());

test('a PostgreSQL that becomes read-only: writes are told, nothing is there by half, reads go on; and writes, once it is not', async () => {
  const store = await openStore({ postgres: await server.database() });
  const becomes = async (state: 'on' | 'off'): Promise<void> => {
    await server.sql(`alter system set default_transaction_read_only = ${state}`);
    await server.sql('select pg_reload_conf()');
  };
  try {
    await store.instances.save(instance({ uid: 'before' }));
    await becomes('on');
    const told = await eventually('a write is refused', () =>
      store.instances.save(instance({ uid: 'meanwhile' })).then(
        () => undefined,
        (error: unknown) => error as { code: string; message: string },
      ),
    );
    expect(told.code).toBe('DATABASE_READ_ONLY');
    expect(told.message).toMatch(/^the database .+ cannot be written: .*read-only/);
    const half = store.transaction(async ({ instances, settings }) => {
      await instances.save(instance({ uid: 'half' }));
      await settings.save({ uid: 'half', value: 1 });
    });
    await expect(half).rejects.toMatchObject({ code: 'DATABASE_READ_ONLY' });
    expect((await store.instances.find({})).map(({ uid }) => uid)).not.toContain('half');
    await becomes('off');
    await eventually('writes go on', async () => {
      await store.instances.save(instance({ uid: 'after' }));
      return true;
    });
    expect((await store.instances.find({})).map(({ uid }) => uid)).toEqual(expect.arrayContaining(['after', 'before']));
    expect(await store.settings.find({})).toEqual([]);
  } finally {
    await becomes('off');
    await store.close();
  }
});

describe('SIGKILL in the middle of a transaction', () => {
  test.each(['SQLite', 'PostgreSQL'])(
    'on %s: nothing of it is there, and the next one writes at once',
    async (kind) => {
      const place = kind === 'SQLite' ? { directory: folder.path } : { postgres: await server.database() };
      const child = new Child('unfinished.ts', JSON.stringify(place));
      await child.says(/^inside$/, 40_000);
      await child.kill();
      const store = await openStore(place);
      try {
        await store.instances.save(instance({ uid: 'next' }));
        expect((await store.instances.find({})).map(({ uid }) => uid)).toEqual(['next']);
        expect(await store.events.last()).toBe(0);
        await store.events.append([event()]);
      } finally {
        await store.close();
      }
    },
  );
});
