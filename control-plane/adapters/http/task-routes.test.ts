/** What agents bring, over real HTTP, into real files. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { pino } from 'pino';
import { MOST_HELD_BYTES, MOST_OUTPUT_BYTES_AT_ONCE, type TaskResult } from '../../../schema/agent/task.ts';
import { openTaskFiles, type StoredTasks } from '../kubernetes/jobs/task-files.ts';
import { taskRoutes } from './task-routes.ts';

const RESULT: TaskResult = { v: 1, task: 't1', ending: { kind: 'exited', code: 3 }, lastLines: ['well'] };
const NOWHERE = { stdout: 0, stderr: 0 };
let directory: string;
let files: StoredTasks;
let server: Server;
let base: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'task-files-'));
  files = await openTaskFiles(join(directory, 'tasks'));
  const taskOf = async (token: string) => ({ 'token-1': 't1', 'token-2': 't2' })[token];
  const app = express().use(taskRoutes({ path: 'task', inbox: files, taskOf, logger: pino({ level: 'silent' }) }));
  server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}/task`;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await rm(directory, { recursive: true });
});

async function put(path: string, body: string | Uint8Array<ArrayBuffer>, token = 'token-1') {
  const response = await fetch(`${base}/${path}`, {
    method: 'PUT',
    body,
    headers: { authorization: `Bearer ${token}` },
  });
  return { status: response.status, answer: (await response.json()) as { size?: number; error?: { code: string } } };
}
const stdout = async () => (await files.output('t1', NOWHERE)).stdout.toString();

test('output is held once, in order, however often it is brought', async () => {
  expect(await put('output/stdout?from=0', 'hello ')).toEqual({ status: 200, answer: { size: 6 } });
  expect(await put('output/stdout?from=0', 'hello wor')).toEqual({ status: 200, answer: { size: 9 } });
  expect(await put('output/stdout?from=0', 'hello ')).toEqual({ status: 200, answer: { size: 9 } });
  // What comes between is missing: it is brought from there.
  expect(await put('output/stdout?from=20', 'lost')).toEqual({ status: 200, answer: { size: 9 } });
  expect(await put('output/stderr?from=0', 'oh')).toEqual({ status: 200, answer: { size: 2 } });
  const { stdout: out, stderr } = await files.output('t1', { stdout: 6, stderr: 0 });
  expect([out.toString(), stderr.toString()]).toEqual(['wor', 'oh']);
});

test('each token brings that of its own task alone', async () => {
  await put('output/stdout?from=0', 'mine');
  await put('output/stdout?from=0', 'another’s', 'token-2');
  expect(await stdout()).toBe('mine');
  expect((await put('output/stdout?from=0', 'x', 'nobody')).status).toBe(401);
  expect((await put('result', JSON.stringify(RESULT), 'token-2')).status).toBe(400);
  expect(await files.resultOf('t2')).toBeUndefined();
});

test('the first result counts', async () => {
  expect((await put('result', JSON.stringify(RESULT))).status).toBe(200);
  expect((await put('result', JSON.stringify({ ...RESULT, lastLines: [] }))).status).toBe(200);
  expect(await files.resultOf('t1')).toEqual(RESULT);
});

test('no more is held than a task may print, and nothing that is not understood', async () => {
  const much = new Uint8Array(MOST_OUTPUT_BYTES_AT_ONCE);
  let size = 0;
  while (size < MOST_HELD_BYTES) {
    const held = (await put(`output/stdout?from=${size}`, much)).answer.size!;
    expect(held).toBeGreaterThan(size);
    size = held;
  }
  expect(await put(`output/stdout?from=${size}`, much)).toEqual({ status: 200, answer: { size: MOST_HELD_BYTES } });
  expect((await put('output/stdout?from=0', new Uint8Array(MOST_OUTPUT_BYTES_AT_ONCE + 1))).status).toBe(413);
  for (const path of ['output/stdin?from=0', 'output/stdout', 'output/stdout?from=-1', 'output/stdout?from=1&from=2'])
    expect((await put(path, 'x')).status).toBe(400);
  expect((await put('result', '{')).status).toBe(400);
  expect((await fetch(`${base}/result`)).status).toBe(405);
});

test('what was held is there again after a restart, until it is removed', async () => {
  await put('output/stdout?from=0', 'hello');
  await put('result', JSON.stringify(RESULT));
  files = await openTaskFiles(join(directory, 'tasks'));
  expect([await files.list(), await stdout(), await files.resultOf('t1')]).toEqual([['t1'], 'hello', RESULT]);
  await files.remove('t1');
  expect([await files.list(), await stdout(), await files.resultOf('t1')]).toEqual([[], '', undefined]);
});
