import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { locateCgroup, parseFlat, parseLimit, parsePressure, parseSingle } from './cgroup.ts';
import { CgroupReader } from './cgroup-reader.ts';
import { OwnGroup } from './own-group.ts';

const V2_MOUNT =
  '1432 1431 0:27 / /sys/fs/cgroup ro,nosuid,nodev,noexec,relatime - cgroup2 cgroup rw,nsdelegate\n1433 1 8:1 / / rw - ext4 /dev/sda1 rw\n';
const V1_MOUNTS = [
  '31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755',
  '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct',
  '35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory',
  '41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw',
].join('\n');

describe('where a cgroup lies', () => {
  test('version 2 in a namespace is the mount itself', () => {
    const folder = '/sys/fs/cgroup';
    expect(locateCgroup(V2_MOUNT, '0::/\n')).toEqual({
      version: 2,
      cpu: folder,
      cpuAccounting: folder,
      memory: folder,
    });
  });

  test('version 2 without a namespace is below the mount', () => {
    expect(locateCgroup(V2_MOUNT, '0::/kubepods/pod1/c1\n')?.memory).toBe('/sys/fs/cgroup/kubepods/pod1/c1');
  });

  test('version 1 has a folder a controller, relative to the mount’s root', () => {
    expect(locateCgroup(V1_MOUNTS, '4:memory:/docker/abc\n2:cpu,cpuacct:/docker/abc\n0::/\n')).toEqual({
      version: 1,
      memory: '/sys/fs/cgroup/memory',
      cpu: '/sys/fs/cgroup/cpu,cpuacct/docker/abc',
      cpuAccounting: '/sys/fs/cgroup/cpu,cpuacct/docker/abc',
    });
  });

  test('a path that climbs out of the namespace is not followed', () => {
    expect(locateCgroup(V2_MOUNT, '0::/../../other\n')?.memory).toBe('/sys/fs/cgroup');
  });

  test('spaces in a mount point are unescaped; no mount is no cgroup', () => {
    expect(locateCgroup('1 1 0:1 / /a\\040b rw - cgroup2 cgroup rw', '')?.memory).toBe('/a b');
    expect(locateCgroup('', '')).toBeUndefined();
    expect(locateCgroup('- - -\n - \n', ':::')).toBeUndefined();
  });
});

describe('what the kernel has ended in a container for its memory', () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), 'own-group-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  test('is counted in version 2', () => {
    writeFileSync(join(folder, 'memory.max'), '268435456\n');
    writeFileSync(join(folder, 'memory.events'), 'low 0\nhigh 0\nmax 7\noom 2\noom_kill 1\noom_group_kill 0\n');
    const group = new OwnGroup({ version: 2, memory: folder });
    expect([group.limitBytes, group.kills()]).toEqual([268435456, 1]);
  });

  test('is counted in version 1', () => {
    writeFileSync(join(folder, 'memory.limit_in_bytes'), '9223372036854771712\n');
    writeFileSync(join(folder, 'memory.oom_control'), 'oom_kill_disable 0\nunder_oom 0\noom_kill 3\n');
    const group = new OwnGroup({ version: 1, memory: folder });
    expect([group.limitBytes, group.kills()]).toEqual([undefined, 3]);
  });

  test('is nothing where nobody counts', () => {
    const group = new OwnGroup({ version: 2, memory: folder });
    expect([group.limitBytes, group.kills()]).toEqual([undefined, 0]);
  });
});

describe('numbers of a cgroup', () => {
  test('limits without a limit are none', () => {
    expect(parseLimit('max\n')).toBeUndefined();
    expect(parseLimit('9223372036854771712\n')).toBeUndefined();
    expect(parseLimit('268435456\n')).toBe(268435456);
  });

  test('a flat key is matched as a whole', () => {
    const text = 'inactive_file 5\ntotal_inactive_file 7\nusage_usec -3\nnr 1e9\n';
    expect(parseFlat(text, 'inactive_file')).toBe(5);
    expect(parseFlat(text, 'total_inactive_file')).toBe(7);
    expect(parseFlat(text, 'file')).toBeUndefined();
    expect(parseFlat(text, 'usage_usec')).toBeUndefined();
    expect(parseFlat(text, 'nr')).toBeUndefined();
  });

  test('pressure is the ten second average of some', () => {
    expect(
      parsePressure('some avg10=12.34 avg60=0.00 avg300=0.00 total=1\nfull avg10=1.00 avg60=0 avg300=0 total=0\n'),
    ).toBe(12.34);
    expect(parsePressure('some avg10=999.00 avg60=0 avg300=0 total=1')).toBe(100);
    expect(parsePressure('')).toBeUndefined();
  });

  test('anything else is nothing', () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 1, maxLength: 5 }), (text, key) => {
        for (const value of [parseSingle(text), parseLimit(text), parsePressure(text), parseFlat(text, key)])
          if (value !== undefined) expect(Number.isFinite(value) && value >= 0).toBe(true);
      }),
    );
  });
});

describe('a cgroup’s reader', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cgroup-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const write = (files: Readonly<Record<string, string>>) => {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  };

  test('version 2: working set without inactive file pages, times in seconds, read again each time', () => {
    write({
      'cpu.stat': 'usage_usec 2500000\nuser_usec 1\nthrottled_usec 500000\n',
      'memory.current': '1000000\n',
      'memory.stat': 'anon 1\ninactive_file 300000\n',
      'memory.max': '2000000\n',
      'cpu.pressure': 'some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n',
    });
    const reader = new CgroupReader({ version: 2, cpu: folder, cpuAccounting: folder, memory: folder });
    expect(reader.read()).toEqual({
      cpuSeconds: 2.5,
      workingSetBytes: 700000,
      limitBytes: 2000000,
      throttledSeconds: 0.5,
      cpuPressure: 1.5,
      memoryPressure: undefined,
    });
    write({ 'memory.current': '1200000\n' });
    expect(reader.read()?.workingSetBytes).toBe(900000);
    reader.close();
  });

  test('version 1: the same in its own units', () => {
    write({
      'cpuacct.usage': '2500000000\n',
      'cpu.stat': 'nr_periods 0\nnr_throttled 0\nthrottled_time 250000000\n',
      'memory.usage_in_bytes': '1000000\n',
      'memory.stat': 'inactive_file 1\ntotal_inactive_file 2000000\n',
      'memory.limit_in_bytes': '9223372036854771712\n',
    });
    const reader = new CgroupReader({ version: 1, cpu: folder, cpuAccounting: folder, memory: folder });
    expect(reader.read()).toMatchObject({
      cpuSeconds: 2.5,
      workingSetBytes: 0,
      limitBytes: undefined,
      throttledSeconds: 0.25,
    });
    reader.close();
  });

  test('without its files there is no reading', () => {
    const reader = new CgroupReader({ version: 2, cpu: folder, cpuAccounting: folder, memory: folder });
    expect(reader.read()).toBeUndefined();
  });
});
