import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findDelegated, openMemoryGroups } from './memory-groups.ts';

const MOUNTS = `22 1 0:20 / /proc rw - proc proc rw
30 23 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
`;

describe('the delegated part of the tree', () => {
  test('is that above the group which systemd started this program in', () => {
    expect(findDelegated(MOUNTS, '0::/system.slice/cartwright.service/control-plane\n')).toBe(
      '/sys/fs/cgroup/system.slice/cartwright.service',
    );
  });

  test.each([
    ['an older systemd starts the program in the group itself', MOUNTS, '0::/system.slice/cartwright.service\n'],
    ['a login', MOUNTS, '0::/user.slice/user-0.slice/session-1.scope\n'],
    [
      'version 1 alone',
      '30 23 0:26 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n',
      '4:memory:/control-plane\n',
    ],
    ['a container that sees a part', MOUNTS.replace('0:26 /', '0:26 /docker'), '0::/docker/control-plane\n'],
    ['nothing', '', ''],
  ])('is none: %s', (_, mountinfo, membership) => {
    expect(findDelegated(mountinfo, membership)).toBeUndefined();
  });

  test('is none where these tests run, and that is no error', () => {
    expect(openMemoryGroups()).toBeUndefined();
  });
});

describe('groups of instances, in a folder that stands for the kernel’s', () => {
  let base: string;
  let mounts: string;
  beforeEach(() => {
    base = mkdtempSync(join(tmpdir(), 'memory-groups-'));
    mounts = `30 23 0:26 / ${base} rw - cgroup2 cgroup2 rw\n`;
    mkdirSync(join(base, 'unit'));
    writeFileSync(join(base, 'unit/cgroup.controllers'), 'cpu memory pids\n');
  });
  afterEach(() => rmSync(base, { recursive: true }));

  const open = () => openMemoryGroups(mounts, '0::/unit/control-plane\n');
  const text = (...path: string[]) => readFileSync(join(base, 'unit', ...path), 'latin1');

  test('are not made where memory was not delegated', () => {
    writeFileSync(join(base, 'unit/cgroup.controllers'), 'cpu pids\n');
    expect(open()).toBeUndefined();
    expect(existsSync(join(base, 'unit/instances'))).toBe(false);
  });

  test('hold the application to what was declared, and it with its agent to a little more', () => {
    const groups = open()!;
    groups.make('one', 64 * 1024 ** 2, undefined);
    groups.enter('one', 4711);
    expect(['', 'instances', 'instances/one'].map((group) => text(group, 'cgroup.subtree_control'))).toEqual(
      Array(3).fill('+memory'),
    );
    expect(text('instances/one/application/memory.max')).toBe(String(64 * 1024 ** 2));
    expect(text('instances/one/application/memory.oom.group')).toBe('1');
    expect(text('instances/one/memory.max')).toBe(String(192 * 1024 ** 2));
    expect(text('instances/one/agent/cgroup.procs')).toBe('4711');
    expect(groups.applicationOf('one')).toBe(join(base, 'unit/instances/one/application'));
  });

  test('let a tenant’s user move its processes within its instance, and change no limit', () => {
    if (process.getuid?.() !== 0) return;
    const groups = open()!;
    const one = join(base, 'unit/instances/one');
    for (const group of ['', 'agent', 'application']) {
      mkdirSync(join(one, group), { recursive: true });
      writeFileSync(join(one, group, 'cgroup.procs'), '');
    }
    groups.make('one', 64 * 1024 ** 2, 340_000);
    for (const group of ['', 'agent', 'application'])
      expect(statSync(join(one, group, 'cgroup.procs')).uid).toBe(340_000);
    expect(statSync(join(one, 'memory.max')).uid).toBe(0);
    expect(statSync(join(one, 'application/memory.max')).uid).toBe(0);
  });

  test('of what was never made are removed without an error', () => {
    open()!.remove('nobody');
  });
});
