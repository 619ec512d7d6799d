import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newUid } from '../../../schema/ids.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { TaskProvider } from '../../app/ports/tasks.ts';
import { openTenantUsers, type TenantUsers } from '../users/tenant-users.ts';
import { ownerOf } from './kernel.ts';
import type { ProcessProviderOptions } from './options.ts';
import { createProcessTasks } from './tasks.ts';
import { makeRequest, markedPids } from './testing/fixture.ts';
import { writeStandIn } from './testing/stand-in-agent.ts';

const run = promisify(execFile);
const RANGE = { from: 310_000, to: 310_009 };
/** Prints, keeps what only it shall read in its environment, and listens in its folder. */
const PROGRAM = `umask 077; echo "of $CARTWRIGHT_INSTANCE" > logs/stdout.log; PASSWORD=of-$CARTWRIGHT_INSTANCE exec node -e "require('net').createServer((s) => s.end('hello')).listen('own.sock'); setInterval(() => undefined, 1000)"`;
const NOWHERE = { stdout: 0, stderr: 0 };

let root: string;
let data: string;
let tasks: TaskProvider;
let users: TenantUsers | undefined;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'tasks-'));
  chmodSync(root, 0o755);
  data = join(root, 'data');
  mkdirSync(data);
  await writeStandIn(root, 'agent', { application: PROGRAM });
  chmodSync(join(root, 'agent.mjs'), 0o644);
});
afterEach(async () => {
  for (const { task } of await tasks.list()) await tasks.remove(task);
  await tasks.close();
  rmSync(root, { recursive: true });
});

async function open(withUsers: boolean): Promise<void> {
  const identify = async (tenant: string) => `uid-of-${tenant}`;
  users = withUsers ? await openTenantUsers({ dataDirectory: data, range: RANGE, identify }) : undefined;
  const options: ProcessProviderOptions = {
    dataDirectory: data,
    agentProgram: join(root, 'agent.mjs'),
    nodeProgram: process.execPath,
    portRange: { from: 25_330, to: 25_340 },
    listenHost: '127.0.0.1',
    memoryShare: 0.75,
    ...(users === undefined ? {} : { users }),
  };
  tasks = await createProcessTasks(options);
}

const path = (task: string, ...rest: string[]) => join(data, 'tasks/instances', task, ...rest);

async function start(tenant: string): Promise<string> {
  const task = newUid();
  const { document, token } = makeRequest(task);
  const program = { kind: 'command' as const, command: ['true'] };
  const release = {
    release: 'r1',
    configurationDigest: '0'.repeat(64),
    configurationUrl: 'http://127.0.0.1/c',
    artifacts: [],
  };
  const spec = { ...document.cartridge.spec, ports: [] };
  await tasks.start({
    document: {
      ...document,
      tenant,
      cartridge: { ...document.cartridge, spec },
      task: { release, program, timeoutSeconds: 60 },
    },
    token,
    placement: { hostCluster: 'local', partition: 'default' },
  });
  await eventually(`${task} runs`, async () => (await tasks.observe(task))?.state === 'running');
  await eventually('it listens', () => existsSync(path(task, 'own.sock')));
  return task;
}
const result = (task: string) =>
  JSON.stringify({ v: 1, task, ending: { kind: 'exited', code: 0 }, lastLines: ['well'] });
const stdout = async (task: string) => (await tasks.output(task, NOWHERE)).stdout.toString();

describe('what a task left', () => {
  beforeEach(() => open(false));

  test('is read from where its output was read last, and its result when it has ended', async () => {
    const task = await start('acme');
    expect(await stdout(task)).toBe(`of ${task}\n`);
    expect((await tasks.output(task, { stdout: 3, stderr: 0 })).stdout.toString()).toBe(`${task}\n`);
    writeFileSync(path(task, 'result.json'), result(task));
    await tasks.stop(task, 1);
    expect(await tasks.observe(task)).toMatchObject({ state: 'ended', result: { lastLines: ['well'] } });
  });

  test('is not followed where it is a link, and another task’s result is none', async () => {
    const [task, other] = [await start('acme'), await start('acme')];
    writeFileSync(join(root, 'secret'), 'of the control plane');
    for (const [from, to] of [
      [join(root, 'secret'), 'logs/stderr.log'],
      [path(other, 'result.json'), 'result.json'],
    ] as const)
      symlinkSync(from, path(task, to));
    writeFileSync(path(other, 'result.json'), result(task));
    expect((await tasks.output(task, NOWHERE)).stderr.toString()).toBe('');
    await tasks.stop(task, 1);
    await tasks.stop(other, 1);
    expect(await tasks.observe(task)).toMatchObject({ state: 'ended', result: null });
    expect(await tasks.observe(other)).toMatchObject({ state: 'ended', result: null });
  });
});

if (process.getuid?.() === 0) describe('tasks of tenants that are users of their own', ofTenants);

function ofTenants(): void {
  beforeEach(() => open(true));

  /** What a shell of this user says; an error when it fails. */
  async function as(user: number, script: string, ...args: string[]): Promise<string> {
    const options = { uid: user, gid: user, cwd: '/', env: { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin` } };
    return (await run('/bin/sh', ['-c', script, 'sh', ...args], options)).stdout;
  }

  test('run as the tenant’s user, all their processes, and without a group besides', async () => {
    const [task, other] = [await start('acme'), await start('rival')];
    const owners = (one: string) => [...new Set(markedPids(one).map(ownerOf))];
    expect(owners(task)).toEqual([await users!.of('acme')]);
    expect(owners(other)).toEqual([await users!.of('rival')]);
    expect(owners(task)).not.toEqual(owners(other));
    for (const pid of markedPids(task)) expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(/\nGroups:\s*\n/);
    expect(await stdout(task)).toBe(`of ${task}\n`);
  });

  test.each([
    ['list the folder', 'ls "$1"'],
    ['read the token', 'cat "$1/token"'],
    ['read the document', 'cat "$1/instance.json"'],
    ['read the output', 'cat "$1/logs/stdout.log"'],
    ['write into the output', 'echo x >> "$1/logs/stdout.log"'],
    ['read the environment', 'tr "\\0" "\\n" < "/proc/$2/environ"'],
    ['look at what it works in', 'ls "/proc/$2/cwd/"'],
    ['signal the process', 'kill -0 "$2"'],
    [
      'connect to the socket',
      `node -e 'require("net").connect(process.argv[1] + "/own.sock").on("data", () => process.exit(0))' "$1"`,
    ],
  ])('the tenant can %s, a neighbour cannot', async (_, attempt) => {
    const task = await start('acme');
    await start('rival');
    const program = markedPids(task).find((pid) =>
      readFileSync(`/proc/${pid}/environ`, 'latin1').includes('PASSWORD='),
    );
    const args = [path(task), String(program)];
    await as(await users!.of('acme'), attempt, ...args);
    await expect(as(await users!.of('rival'), attempt, ...args)).rejects.toThrow(
      /ermission denied|not permitted|EACCES/,
    );
  });

  test('do not get the control plane to show what is somebody else’s as their output or result', async () => {
    const task = await start('acme');
    const user = await users!.of('acme');
    writeFileSync(join(root, 'shadow'), 'of root\n', { mode: 0o600 });
    writeFileSync(join(root, 'readable'), 'of root\n', { mode: 0o644 });
    const put = (script: string) => as(user, `cd "$1" && ${script}`, path(task), join(root, 'shadow'));
    await put('rm logs/stdout.log && ln -s "$2" logs/stdout.log && ln -s "$2" logs/stderr.log');
    expect(await tasks.output(task, NOWHERE)).toEqual({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) });
    await put('rm logs/stdout.log logs/stderr.log && mkfifo logs/stdout.log logs/stderr.log');
    expect(await tasks.output(task, NOWHERE)).toEqual({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) });
    // Owned by root, as a hard link to something of root's is.
    rmSync(path(task, 'logs/stdout.log'));
    writeFileSync(path(task, 'logs/stdout.log'), 'of root\n');
    expect(await stdout(task)).toBe('');
    await put('mkfifo result.json');
    await tasks.stop(task, 1);
    expect(await tasks.observe(task)).toMatchObject({ state: 'ended', result: null });
  });

  test('are adopted with their user by a control plane that comes back, and ended', async () => {
    const task = await start('acme');
    const pids = markedPids(task);
    await tasks.close();
    await open(true);
    expect(await tasks.observe(task)).toEqual({ task, state: 'running', isBegun: true });
    expect(await stdout(task)).toBe(`of ${task}\n`);
    await tasks.remove(task);
    expect(markedPids(task).filter((pid) => pids.includes(pid))).toEqual([]);
    expect(existsSync(path(task))).toBe(false);
  });
}
