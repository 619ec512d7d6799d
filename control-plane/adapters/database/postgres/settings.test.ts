import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { writeFile } from 'node:fs/promises';
import { Folder } from '../testing/folder.ts';
import { nameOf, readPostgresSettings } from './settings.ts';

let folder: Folder;
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(() => folder.close());

const SECRET = 'hunter2-geheim';

describe('a database URL', () => {
  test('says who, where and what, percent-encoded', async () => {
    const settings = await readPostgresSettings({ url: 'postgres://us%40er:pa%2Fss@127.0.0.1:6000/data%20base' });
    expect(settings).toMatchObject({
      host: '127.0.0.1',
      port: 6000,
      database: 'data base',
      user: 'us@er',
      password: 'pa/ss',
      tls: undefined,
    });
  });

  test('may name the folder of a socket', async () => {
    const settings = await readPostgresSettings({ url: 'postgresql://me@localhost/cartwright?host=/run/postgresql' });
    expect(settings).toMatchObject({ host: '/run/postgresql', port: 5432, password: undefined, tls: undefined });
    expect(nameOf(settings)).toBe('"cartwright" at /run/postgresql');
  });

  test('beyond this machine means TLS with a verified name, unless it says otherwise', async () => {
    const tls = async (url: string) => (await readPostgresSettings({ url })).tls;
    expect(await tls('postgres://u@db.example.org/c')).toEqual({ rejectUnauthorized: true });
    expect(await tls('postgres://u@db.example.org/c?sslmode=verify-ca')).toHaveProperty('checkServerIdentity');
    expect(await tls('postgres://u@db.example.org/c?sslmode=require')).toMatchObject({ rejectUnauthorized: false });
    expect(await tls('postgres://u@db.example.org/c?sslmode=disable')).toBeUndefined();
    expect(await tls('postgres://u@[::1]/c')).toBeUndefined();
    expect(await tls('postgres://u@localhost/c?sslmode=verify-full')).toEqual({ rejectUnauthorized: true });
  });

  test('the password of a file wins, without its end of line', async () => {
    const passwordFile = folder.file('password');
    await writeFile(passwordFile, `${SECRET}\n`);
    const url = 'postgres://u:other@localhost/c';
    expect((await readPostgresSettings({ url, passwordFile })).password).toBe(SECRET);
  });

  test.each([
    [`mysql://u:${SECRET}@localhost/c`, 'postgres://'],
    [`postgres://u:${SECRET}@localhost`, 'no database'],
    [`postgres://:${SECRET}@localhost/c`, 'no user'],
    [`u:${SECRET}`, 'postgres://'],
    [`${SECRET}`, 'not a URL'],
    [`postgres://u:${SECRET}%@localhost/c`, 'percent-encoded'],
    [`postgres://u:${SECRET}@localhost/c?sslmode=prefer`, 'sslmode is one of'],
    [`postgres://u:${SECRET}@localhost/c?application_name=x`, '"application_name" is not known'],
    [`postgres://u:${SECRET}@localhost/c?host=relative`, 'folder of a socket'],
    [`postgres://u:${SECRET}@localhost/c?host=/run&sslmode=require`, 'a socket has no TLS'],
  ])('that is wrong is refused by what is wrong, and never repeated: %#', async (url, what) => {
    const error: unknown = await readPostgresSettings({ url }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'CONFIGURATION_INVALID' });
    expect(String(error)).toContain(what);
    expect(String(error)).toContain('CARTWRIGHT_DATABASE_URL');
    expect(String(error)).not.toContain(SECRET);
  });

  test('a password file that is not there is named', async () => {
    const reading = readPostgresSettings({ url: 'postgres://u@localhost/c', passwordFile: folder.file('none') });
    await expect(reading).rejects.toThrow('CARTWRIGHT_DATABASE_PASSWORD_FILE: ENOENT');
  });
});
