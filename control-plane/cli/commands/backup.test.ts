import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { writeBackup } from '../../adapters/backup/write.ts';
import { Folder } from '../../adapters/database/testing/folder.ts';
import { instance } from '../../adapters/database/testing/records.ts';
import { backupRoutes } from '../../adapters/http/backup-routes.ts';
import { InMemoryUseCases } from '../../graphql/testing/use-cases.ts';
import { run, type Ended } from '../testing/run.ts';

const NOW = Date.UTC(2026, 10, 28, 12);

let folder: Folder;
let server: Server;
let take: (into: () => Writable) => Promise<unknown>;
beforeEach(async () => {
  folder = await Folder.make();
  const store = await folder.open();
  await store.instances.save(instance());
  take = (into) =>
    writeBackup(
      {
        dataDirectory: folder.path,
        snapshot: (to) => store.snapshot(to),
        version: '1.2.3',
        keyReference: 'key-1',
        now: NOW,
      },
      into,
    );
  const routes = backupRoutes({
    useCases: new InMemoryUseCases(),
    take: (into) => take(into),
    logger: pino({ level: 'silent' }),
  });
  server = createServer(express().use(routes)).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await folder.close();
});

function backup(...options: string[]): Promise<Ended> {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const env = { CARTWRIGHT_URL: url, CARTWRIGHT_TOKEN: 'operator-token' };
  return run(['backup', 'it.tar', ...options], { env, cwd: folder.path });
}

test('a backup says what was written, where, and how large it is', async () => {
  const { code, stdout, stderr } = await backup('-o', 'json');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const file = folder.file('it.tar');
  const bytes = await readFile(file);
  const { rows, ...told } = JSON.parse(stdout) as { rows: number };
  expect(told).toEqual({
    ...{ file, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') },
    ...{ createdAt: '2026-11-28T12:00:00.000Z', cartwright: '1.2.3', artifacts: 0, keyReference: 'key-1' },
  });
  expect(rows).toBeGreaterThan(0);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
});

test('for people it is one line', async () => {
  expect((await backup()).stdout).toMatch(
    /^\/.*\/it\.tar: [\d.]+ [KM]iB \(\d+ bytes\), \d+ rows, 0 artifacts, sha256 [0-9a-f]{64}\n$/,
  );
});

test('a file that is there is left as it is', async () => {
  await writeFile(folder.file('it.tar'), 'mine');
  expect(await backup()).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('is there already') });
  expect(await readFile(folder.file('it.tar'), 'utf8')).toBe('mine');
});

test('of a folder that no control plane keeps anything in there is none, and it stays as it is', async () => {
  const { code, stdout, stderr } = await backup('--data', folder.file('other'));
  expect({ code, stdout }).toEqual({ code: 4, stdout: '' });
  expect(stderr).toMatch(/no control plane keeps anything in \/.*\/other: name its folder with --data/);
  expect(await readdir(folder.path)).not.toContain('other');
});

test.each<[string, (into: () => Writable) => Promise<unknown>, RegExp]>([
  ['is no archive', (into) => endWith(into(), 'something else'), /no whole backup \(.*\); nothing was kept/],
  ['is empty', (into) => endWith(into(), ''), /no whole backup \(.*\); nothing was kept/],
  ['breaks off', (into) => breakOff(into()), /the backup was cut off: .*; nothing was kept|cannot be reached/],
])('what %s is not kept', async (_what, answer, why) => {
  take = answer;
  const { code, stdout, stderr } = await backup('-o', 'json');
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(why);
  expect((await readdir(folder.path)).filter((name) => name.startsWith('it.tar'))).toEqual([]);
});

function endWith(into: Writable, text: string): Promise<void> {
  return new Promise((resolve) => into.end(text, resolve));
}

function breakOff(into: Writable): Promise<void> {
  return new Promise((_resolve, reject) =>
    into.write('the beginning', () => reject(new Error('the disk broke, as the test has it'))),
  );
}
