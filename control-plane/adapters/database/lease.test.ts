import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { DatabaseSync } from 'node:sqlite';
import { copyFileSync, rmSync } from 'node:fs';
import { Folder } from './testing/folder.ts';

const NOW = 1_800_000_000_000;
let folder: Folder;
let now: number;
beforeEach(async () => {
  folder = await Folder.make();
  now = NOW;
});
afterEach(() => folder.close());

const open = () => folder.open({ now: () => now });

test('the number is the seconds of the clock; where that is behind, or has not moved, it rises by one', async () => {
  const store = await open();
  expect(await store.acquireLease('a')).toBe(NOW / 1000);
  expect(await store.acquireLease('a')).toBe(NOW / 1000 + 1);
  now = 0;
  expect(await store.acquireLease('a')).toBe(NOW / 1000 + 2);
  now = NOW + 60_900;
  expect(await store.acquireLease('a')).toBe(NOW / 1000 + 60);
});

test('a restored copy of the database gives a higher number than all that were given since it was made', async () => {
  const store = await open();
  await store.acquireLease('monday');
  const shell = new DatabaseSync(folder.file('cartwright.db'));
  shell.exec(`vacuum into '${folder.file('copy.db')}'`);
  shell.close();
  const given: number[] = [];
  for (let start = 0; start < 20; start += 1, now += 20_000) given.push(await store.acquireLease(`start ${start}`));
  await store.close();
  for (const name of ['cartwright.db-wal', 'cartwright.db-shm']) rmSync(folder.file(name), { force: true });
  copyFileSync(folder.file('copy.db'), folder.file('cartwright.db'));

  const restored = await open();
  expect(await restored.currentFence()).toBe(NOW / 1000);
  expect(await restored.acquireLease('restored')).toBeGreaterThan(Math.max(...given));
});
