import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { newUid } from '../../../schema/ids.ts';
import { eventually } from '../../../test/support/eventually.ts';
import type { Provider } from '../../app/ports/provider.ts';
import { openTenantUsers, type TenantUsers } from '../users/tenant-users.ts';
import { ownerOf, readStat, runs } from './kernel.ts';
import type { ProcessProviderOptions } from './options.ts';
import { createProcessProvider } from './provider.ts';
import { makeRequest, markedPids } from './testing/fixture.ts';
import { writeStandIn } from './testing/stand-in-agent.ts';

const run = promisify(execFile);
const RANGE = { from: 310_000, to: 310_009 };
const identify = async (tenant: string) => `uid-of-${tenant}`;
/** Listens in its instance's folder, and keeps what only it shall read in its environment. */
const APPLICATION = `PASSWORD=of-$CARTWRIGHT_INSTANCE node -e "require('net').createServer((s) => s.end('hello')).listen('own.sock'); setInterval(() => undefined, 1000)"`;

let root: string;
let data: string;
let provider: Provider;
let users: TenantUsers;
const opened: Provider[] = [];

async function open(changes: Partial<ProcessProviderOptions> = {}): Promise<void> {
  await provider?.close();
  users = await openTenantUsers({ dataDirectory: data, range: RANGE, identify });
  provider = await createProcessProvider({ ...options(), users, ...changes });
  opened.push(provider);
}

const options = (): ProcessProviderOptions => ({
  dataDirectory: data,
  agentProgram: join(root, 'agent.mjs'),
  nodeProgram: process.execPath,
  portRange: { from: 25_300, to: 25_320 },
  listenHost: '127.0.0.1',
  memoryShare: 0.75,
});

async function start(tenant: string): Promise<string> {
  const instance = newUid();
  const request = makeRequest(instance);
  await provider.create({ ...request, document: { ...request.document, tenant } });
  await eventually(`${instance} runs`, async () => (await state(instance)) === 'running');
  await eventually('it listens', () => existsSync(path(instance, 'own.sock')));
  return instance;
}

const state = async (instance: string) => (await provider.list()).find((item) => item.instance === instance)?.state;
const path = (instance: string, ...rest: string[]) => join(data, 'instances', instance, ...rest);

/** What a shell of this user says; an error when it fails. */
async function as(user: number, script: string, ...args: string[]): Promise<string> {
  const options = { uid: user, gid: user, cwd: '/', env: { PATH: `${join(process.execPath, '..')}:/usr/bin:/bin` } };
  return (await run('/bin/sh', ['-c', script, 'sh', ...args], options)).stdout;
}

if (process.getuid?.() === 0) describe('instances of tenants that are users of their own', suite);
else
  test('without root no tenant gets a user of its own, and it is said', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tenants-'));
    await expect(openTenantUsers({ dataDirectory: folder, range: RANGE, identify })).rejects.toMatchObject({
      code: 'TENANT_USERS_NOT_PERMITTED',
    });
    rmSync(folder, { recursive: true });
  });

function suite(): void {
  beforeEach(async () => {
    root = mkdtempSync(join(tmpdir(), 'tenants-'));
    chmodSync(root, 0o755);
    data = join(root, 'data');
    mkdirSync(data);
    await writeStandIn(root, 'agent', { application: APPLICATION });
    chmodSync(join(root, 'agent.mjs'), 0o644);
    writeFileSync(join(data, 'cartwright.db'), 'everything');
    mkdirSync(join(data, 'artifacts'));
    await open();
  });
  afterEach(async () => {
    for (const { instance } of await provider.list()) await provider.remove(instance);
    for (const each of opened.splice(0)) await each.close();
    rmSync(root, { recursive: true });
  });

  test('all their processes have the tenant’s user id, another one for each tenant, and no group besides', async () => {
    const [one, two, other] = [await start('acme'), await start('acme'), await start('rival')];
    const owners = (instance: string) => [...new Set(markedPids(instance).map(ownerOf))];
    expect(owners(one)).toEqual([RANGE.from]);
    expect(owners(two)).toEqual([RANGE.from]);
    expect(owners(other)).toEqual([RANGE.from + 1]);
    for (const pid of markedPids(other))
      expect(readFileSync(`/proc/${pid}/status`, 'utf8')).toMatch(
        /^Gid:\t310001\t310001\t310001\t310001\nFDSize.*\nGroups:\s*$/m,
      );
    expect(provider.isolatesTenants).toBe(true);
  });

  test('what has left its session and emptied its environment goes with its instance, and nobody else’s does', async () => {
    const [one, other] = [await start('acme'), await start('acme')];
    // Away from parent, session and mark; all that is left of where it comes from is its folder.
    const stray = async (instance: string): Promise<number> => {
      const script =
        'cd "$1" && exec env -i PATH="$PATH" setsid sh -c "echo \\$\\$; exec sleep 3600 >/dev/null 2>&1" &';
      chmodSync(path(instance), 0o755);
      return Number(await as(RANGE.from, script, path(instance)));
    };
    const [strayOfOne, strayOfOther] = [await stray(one), await stray(other)];
    try {
      expect(markedPids(one)).not.toContain(strayOfOne);
      await provider.stop(one, 0);
      expect(runs(readStat(strayOfOne))).toBe(false);
      expect(runs(readStat(strayOfOther))).toBe(true);
    } finally {
      await provider.stop(other, 0);
    }
    expect(runs(readStat(strayOfOther))).toBe(false);
  });

  const ATTEMPTS: readonly [string, string][] = [
    ['read the token', 'cat "$1/token"'],
    ['read the document', 'cat "$1/instance.json"'],
    ['list the folder', 'ls "$1"'],
    ['read what it wrote', 'cat "$1/environment.json"'],
    ['read the log', 'cat "$1/logs/agent.log"'],
    ['write into the folder', 'echo x > "$1/x"'],
    ['read the environment', 'cat "/proc/$2/environ"'],
    ['look into the memory', 'head -c 1 "/proc/$2/mem"; ls "/proc/$2/cwd/"'],
    ['signal the process', 'kill -0 "$2"'],
    [
      'connect to the socket',
      `node -e 'require("net").connect(process.argv[1] + "/own.sock").on("data", () => process.exit(0))' "$1"`,
    ],
  ];
  test.each(ATTEMPTS)('a tenant’s process can %s of its own instance, and not of a neighbour’s', async (_, attempt) => {
    const instance = await start('acme');
    await start('rival');
    const [owner, neighbour] = [await users.of('acme'), await users.of('rival')];
    const application = markedPids(instance).find((pid) =>
      readFileSync(`/proc/${pid}/environ`, 'latin1').includes('PASSWORD='),
    );
    const args = [path(instance), String(application)];
    if (!attempt.includes('/mem')) await as(owner, attempt, ...args);
    await expect(as(neighbour, attempt, ...args)).rejects.toThrow(/ermission denied|not permitted|EACCES/);
    expect(await state(instance)).toBe('running');
  });

  test('a tenant reaches nothing else of the data folder, not even the names of the instances', async () => {
    const user = await users.of('acme');
    for (const what of ['cartwright.db', 'tenant-users.json', 'artifacts/', 'instances/', 'builds/scratch/'])
      await expect(as(user, 'if [ -d "$1" ]; then ls "$1"; else cat "$1"; fi', join(data, what))).rejects.toThrow(
        /ermission denied/,
      );
    await expect(as(user, 'ls "$1"', data)).rejects.toThrow(/ermission denied/);
  });

  test('a control plane that comes back adopts them, knows whose they are, and ends them', async () => {
    const instance = await start('acme');
    const pids = markedPids(instance);
    await open();
    expect(await state(instance)).toBe('running');
    expect(await users.of('rival')).not.toBe(ownerOf(pids[0]!));
    expect(await users.of('acme')).toBe(ownerOf(pids[0]!));
    expect(markedPids(instance)).toEqual(pids);
    await provider.stop(instance, 2);
    expect(pids.filter((pid) => runs(readStat(pid)))).toEqual([]);
    await provider.remove(instance);
    expect(existsSync(path(instance))).toBe(false);
  });

  test('a token that is replaced can be read by its tenant, as the one before, and by no other', async () => {
    const [one, other] = [await start('acme'), await start('beta')];
    await provider.replaceToken(one, 'another');
    const { uid, mode } = statSync(path(one, 'token'));
    expect([uid, mode & 0o777]).toEqual([0, 0o640]);
    expect(await as(ownerOf(markedPids(one)[0]!)!, 'cat "$1"', path(one, 'token'))).toBe('another');
    await expect(as(ownerOf(markedPids(other)[0]!)!, 'cat "$1"', path(one, 'token'))).rejects.toThrow('denied');
  });

  test('an agent that dies takes its application with it', async () => {
    const instance = await start('acme');
    const { agent } = JSON.parse(readFileSync(path(instance, 'agent.json'), 'utf8')) as { agent: { pid: number } };
    process.kill(agent.pid, 'SIGKILL');
    await eventually('it is gone', async () => (await state(instance)) === 'gone');
    expect(markedPids(instance)).toEqual([]);
  });

  test('what says whose an instance is cannot be taken away or replaced by it', async () => {
    const instance = await start('acme');
    const user = await users.of('acme');
    for (const script of [
      'rm "$1/instance.json"',
      'mv "$1/instance.json" "$1/x"',
      'echo x > "$1/instance.json"',
      'mv "$1/logs" "$1/x"',
      'rm "$1/token"',
      'mv "$1" "$1x"',
    ])
      await expect(as(user, `${script} </dev/null`, path(instance))).rejects.toThrow(/ermission denied|not permitted/);
    expect(statSync(path(instance)).mode & 0o7777).toBe(0o1770);
  });

  test('the control plane follows no link and waits for no pipe that an instance puts in its way', async () => {
    const instance = await start('acme');
    const user = await users.of('acme');
    writeFileSync(join(root, 'shadow.log'), 'of root\n', { mode: 0o600 });
    await as(
      user,
      'cd "$1" && ln -s "$2" logs/a.log && mkfifo logs/b.log && echo own > logs/c.log && rm -f agent.json && mkfifo agent.json',
      path(instance),
      join(root, 'shadow.log'),
    );
    expect(await provider.tail(instance, 10)).toEqual(['own']);
    await open();
    expect(await state(instance)).toBe('starting');
    await provider.remove(instance);
    expect(readFileSync(join(root, 'shadow.log'), 'utf8')).toBe('of root\n');
  });

  test('an instance that names a neighbour’s processes as its own ends none of them', async () => {
    const [instance, victim] = [await start('acme'), await start('rival')];
    const user = await users.of('acme');
    const victims = markedPids(victim);
    const record = JSON.parse(readFileSync(path(victim, 'agent.json'), 'utf8')) as object;
    await as(
      user,
      'printf %s "$2" > "$1/x" && mv "$1/x" "$1/agent.json"',
      path(instance),
      JSON.stringify({ ...record, instance }),
    );
    await provider.stop(instance, 1);
    await provider.remove(instance);
    expect(markedPids(victim)).toEqual(victims);
    expect(await state(victim)).toBe('running');
  });

  test('an instance of before is told to be outdated', async () => {
    await provider.close();
    provider = await createProcessProvider(options());
    const instance = await start('acme');
    expect(ownerOf(markedPids(instance)[0]!)).toBe(0);
    await provider.close();
    await open();
    expect(await provider.list()).toMatchObject([
      { instance, state: 'running', outdated: 'it runs as the user of the control plane instead of one of its tenant' },
    ]);
  });

  test('a port that only root may listen on is refused before anything starts', async () => {
    const request = makeRequest(newUid(), { fixedPorts: { http: 80 } });
    const lowest = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
    const create = provider.create(request);
    if (lowest > 80) await expect(create).rejects.toMatchObject({ code: 'PORT_NOT_PERMITTED' });
    else await create;
  });

  test('programs that tenants cannot reach are named as the provider opens', async () => {
    mkdirSync(join(root, 'closed'), { mode: 0o700 });
    writeFileSync(join(root, 'closed/agent.mjs'), '');
    await expect(open({ agentProgram: join(root, 'closed/agent.mjs') })).rejects.toMatchObject({
      code: 'TENANT_USERS_NOT_USABLE',
      message: expect.stringContaining(`${join(root, 'closed/agent.mjs')} is out of reach`),
    });
    chmodSync(root, 0o700);
    await expect(open()).rejects.toMatchObject({ code: 'TENANT_USERS_NOT_USABLE' });
    chmodSync(root, 0o755);
    await open();
  });
}
