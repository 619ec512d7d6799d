import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { readdir, writeFile } from 'node:fs/promises';
import { lockDataFolder } from './data-folder-lock.ts';
import { Child } from './testing/child.ts';
import { Folder } from './testing/folder.ts';

let folder: Folder;
const children: Child[] = [];
const child = (...parameters: ConstructorParameters<typeof Child>) => {
  const started = new Child(...parameters);
  children.push(started);
  return started;
};
beforeEach(async () => {
  folder = await Folder.make();
});
afterEach(async () => {
  await Promise.all(children.splice(0).map((started) => started.kill()));
  await folder.close();
});

test('a folder is locked once, and again after it was released', async () => {
  const directory = folder.file('data');
  const lock = await lockDataFolder(directory);
  const error: unknown = await lockDataFolder(directory).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'DATA_FOLDER_IN_USE' });
  expect(String(error)).toContain(`process ${process.pid}`);
  await lock.close();
  await lock.close();
  expect(await readdir(directory)).not.toContain('lock.pid');
  await (await lockDataFolder(directory)).close();
});

test('a second process is refused and told who holds the folder', async () => {
  const first = child('lock-holder.ts', folder.path);
  await first.says(/^locked$/);
  const second = child('lock-holder.ts', folder.path);
  const line = await second.says(/DATA_FOLDER_IN_USE/);
  expect(line).toContain(`process ${first.process.pid}`);
  expect(line).toContain(folder.path);
  await expect(lockDataFolder(folder.path)).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' });
});

test('SIGKILL of the holder frees the folder', async () => {
  const first = child('lock-holder.ts', folder.path);
  await first.says(/^locked$/);
  await first.kill();
  await (await lockDataFolder(folder.path)).close();
});

test('a process that is not there is not named as the holder', async () => {
  const lock = await lockDataFolder(folder.path);
  await writeFile(folder.file('lock.pid'), '999999999\n');
  const error: unknown = await lockDataFolder(folder.path).catch((reason: unknown) => reason);
  expect(String(error)).toContain('another control plane runs on');
  await lock.close();
});

test('a folder that cannot be written is one clear line', async () => {
  await writeFile(folder.file('file'), '');
  const error: unknown = await lockDataFolder(folder.file('file/below')).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'DATA_FOLDER_NOT_WRITABLE' });
  expect((error as Error).message.split('\n')).toHaveLength(1);
});
