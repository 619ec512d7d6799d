import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../test/support/eventually.ts';
import { argumentsOf, ownerOf, readStat } from '../process/kernel.ts';
import { openTenantUsers, type TenantUsers } from './tenant-users.ts';

const RANGE = { from: 320_000, to: 320_002 };
let data: string;

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'tenant-users-'));
});
afterEach(() => rmSync(data, { recursive: true }));

const open = (range = RANGE, uids: Readonly<Record<string, string>> = {}): Promise<TenantUsers> =>
  openTenantUsers({ dataDirectory: data, range, identify: async (tenant) => uids[tenant] ?? `uid-of-${tenant}` });
const modeOf = (name: string) => statSync(join(data, name)).mode & 0o777;

if (process.getuid?.() === 0) {
  test('each tenant has a user id for good, over a restart and from many who ask at once', async () => {
    const users = await open();
    expect(await Promise.all(['acme', 'rival', 'acme'].map((tenant) => users.of(tenant)))).toEqual([
      320_000, 320_001, 320_000,
    ]);
    const again = await open();
    expect(await again.of('rival')).toBe(320_001);
    expect(await again.of('third')).toBe(320_002);
    expect(modeOf('tenant-users.json')).toBe(0o600);
  });

  test('two that give ids out on one folder give none out twice', async () => {
    const [one, two] = [await open(), await open()];
    expect(await one.of('acme')).toBe(320_000);
    expect(await two.of('rival')).toBe(320_001);
    expect(await one.of('rival')).toBe(320_001);
    expect(await one.of('third')).toBe(320_002);
  });

  test('another tenant that gets the name of one that was deleted gets another user id', async () => {
    expect(await (await open(RANGE, { acme: 'first' })).of('acme')).toBe(320_000);
    expect(await (await open(RANGE, { acme: 'second' })).of('acme')).toBe(320_001);
  });

  test('a user id with files or processes left is given to nobody, whatever was noted', async () => {
    const first = await open();
    for (const [folder, user] of [
      ['instances/left', 320_000],
      ['builds/cache/left', 320_001],
    ] as const) {
      mkdirSync(join(data, folder));
      chownSync(join(data, folder), 0, user);
    }
    const process = spawn('sleep', ['1000'], { uid: 320_002, gid: 320_002, stdio: 'ignore', cwd: '/' });
    try {
      await expect(first.of('acme')).rejects.toMatchObject({ code: 'TENANT_USERS_EXHAUSTED' });
      expect(await (await open({ ...RANGE, to: 320_003 })).of('acme')).toBe(320_003);
    } finally {
      process.kill('SIGKILL');
      await once(process, 'exit');
    }
  });

  test('a process that has ended and that nobody has reaped keeps nobody from its user id', async () => {
    // The parent becomes a program that never asks for its child, which ends when its input does.
    const script = 'exec 3<&0; setpriv --reuid 320000 --clear-groups cat <&3 & echo $!; exec sleep 1000';
    const parent = spawn('/bin/sh', ['-c', script], { stdio: ['pipe', 'pipe', 'ignore'], cwd: '/' });
    try {
      const [line] = (await once(parent.stdout, 'data')) as [Buffer];
      const child = Number(line.toString());
      await eventually('the parent is another program', () => argumentsOf(parent.pid!)[0] === 'sleep');
      parent.stdin.end();
      await eventually('the child has ended', () => readStat(child)?.state === 'Z');
      expect(ownerOf(child)).toBe(320_000);
      expect(await (await open()).of('acme')).toBe(320_000);
    } finally {
      parent.kill('SIGKILL');
      await once(parent, 'exit');
    }
  });

  test('when none is left it says so, and those who have one keep it', async () => {
    const users = await open({ from: 320_000, to: 320_000 });
    expect(await users.of('acme')).toBe(320_000);
    await expect(users.of('rival')).rejects.toMatchObject({
      code: 'TENANT_USERS_EXHAUSTED',
      message: expect.stringContaining('no user id from 320000 to 320000 is left for the tenant rival'),
    });
    expect(await users.of('acme')).toBe(320_000);
  });

  test.each(['', '{', '{"v":1,"users":{"a":"b"}}', '{"v":2,"users":{}}'])(
    'damaged notes (%j) are no empty ones',
    async (text) => {
      writeFileSync(join(data, 'tenant-users.json'), text);
      await expect(open()).rejects.toMatchObject({ code: 'TENANT_USERS_DAMAGED' });
      expect(readFileSync(join(data, 'tenant-users.json'), 'utf8')).toBe(text);
    },
  );

  test('the data folder lets others pass to the folders of tenants, and closes the rest', async () => {
    writeFileSync(join(data, 'cartwright.db'), '', { mode: 0o644 });
    mkdirSync(join(data, 'artifacts'), { mode: 0o755 });
    await open();
    const passages = ['.', 'instances', 'tasks', 'tasks/instances', 'builds', 'builds/scratch', 'builds/cache'];
    expect(passages.map(modeOf)).toEqual(passages.map(() => 0o711));
    expect(['cartwright.db', 'artifacts'].map(modeOf)).toEqual([0o600, 0o700]);
  });
} else
  test('who is not root is told what to do', async () => {
    await expect(open()).rejects.toMatchObject({ code: 'TENANT_USERS_NOT_PERMITTED' });
  });
