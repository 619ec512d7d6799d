import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBuildLogs, type FileBuildLogs } from './build-logs.ts';

let directory: string;
let logs: FileBuildLogs;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'build-logs-'));
  logs = await createBuildLogs(directory);
});
afterEach(async () => {
  jest.useRealTimers();
  await logs.close();
  await rm(directory, { recursive: true, force: true });
});

const file = () => readFile(join(directory, 'b1.log'), 'utf8');

test('a build that says nothing for an hour keeps what it said before', async () => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
  const log = await logs.begin('b1');
  log.append('installing');
  await jest.advanceTimersByTimeAsync(3_600_000);
  log.append('built');
  expect(await logs.read('b1')).toEqual(['installing', 'built']);
  await log.end();
  expect(await file()).toBe('installing\nbuilt\n');
});

test('what was said is read from the file once the build has ended, and by the next control plane', async () => {
  const log = await logs.begin('b1');
  for (let line = 0; line < 1000; line += 1) log.append(`line ${line}`);
  const ending = log.end();
  expect(await logs.read('b1')).toHaveLength(1000);
  await ending;
  expect(await logs.read('b1')).toHaveLength(1000);
  expect(await (await createBuildLogs(directory)).read('b1')).toHaveLength(1000);
  expect((await stat(join(directory, 'b1.log'))).mode & 0o777).toBe(0o600);
});

test('a build that begins anew begins with an empty log', async () => {
  const first = await logs.begin('b1');
  first.append('cut short');
  const second = await logs.begin('b1');
  second.append('again');
  first.append('of the dead');
  expect(await logs.read('b1')).toEqual(['again']);
  await second.end();
  expect(await file()).toBe('again\n');
});

test('lines beyond the bound are left out, and the last kept one says so', async () => {
  const log = await logs.begin('b1');
  for (let line = 0; line < 20_005; line += 1) log.append(String(line));
  const lines = await logs.read('b1');
  expect(lines).toHaveLength(20_000);
  expect(lines.at(-1)).toBe('(more than 20000 lines; the rest is left out)');
  await log.end();
});

test('a disk that takes nothing costs the file and not the lines of the build that runs', async () => {
  await rm(directory, { recursive: true });
  const log = await logs.begin('b1');
  log.append('one');
  await new Promise((resolve) => setImmediate(resolve));
  log.append('two');
  expect(await logs.read('b1')).toEqual(['one', 'two']);
  await log.end();
  expect(await logs.read('b1')).toEqual([]);
});

test('those who follow are told of each line until they end it', async () => {
  const log = await logs.begin('b1');
  let told = 0;
  const end = logs.onAppend('b1', () => (told += 1));
  log.append('one');
  log.append('two');
  end();
  log.append('three');
  expect(told).toBe(2);
});

test('a build without a log has no lines', async () => {
  expect(await logs.read('unknown')).toEqual([]);
});
