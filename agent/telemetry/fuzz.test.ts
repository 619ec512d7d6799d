/** Files of the kernel with anything wrong in them: a reading within bounds or none, never an error. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { damaged } from '../../schema/testing/hostile.ts';
import { CgroupReader } from './cgroup-reader.ts';
import { locateCgroup } from './cgroup.ts';
import { parsePageSize, parseProcessStat, parseSchedstat, parseStatm } from './proc.ts';

const V2 = {
  'cpu.stat': 'usage_usec 2500000\nuser_usec 1\nthrottled_usec 500000\n',
  'memory.current': '1000000\n',
  'memory.stat': 'anon 1\ninactive_file 300000\n',
  'memory.max': '2000000\n',
  'cpu.pressure': 'some avg10=1.50 avg60=0.00 avg300=0.00 total=1\n',
  'memory.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=1\n',
};
const V1 = {
  'cpuacct.usage': '2500000000\n',
  'cpu.stat': 'nr_periods 0\nnr_throttled 0\nthrottled_time 250000000\n',
  'memory.usage_in_bytes': '1000000\n',
  'memory.stat': 'inactive_file 1\ntotal_inactive_file 2000000\n',
  'memory.limit_in_bytes': '9223372036854771712\n',
};
const MOUNTS =
  '36 35 0:30 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw\n37 35 0:31 /docker/x /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n38 35 0:32 /a\\040b /sys/fs/cgroup/cpu rw - cgroup cgroup rw,cpu,cpuacct\n';
const MEMBERSHIP = '0::/user.slice/x.scope\n4:memory:/docker/x\n5:cpu,cpuacct:/docker/x\n';
const STAT =
  '1234 (a (b) c) S 1 1234 1234 0 -1 4194560 100 200 0 0 15 5 30 10 20 0 7 0 98765 1000000 500 18446744073709551615 1 1 0 0 0\n';

/** Damaged, endless, or other bytes altogether. */
const hostile = (text: string): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 6, arbitrary: damaged(text) },
    {
      weight: 2,
      arbitrary: fc.constantFrom(
        '',
        '\n',
        '\0',
        '-1\n',
        '1e9\n',
        'NaN',
        '9'.repeat(400),
        '18446744073709551616\n',
        text.repeat(500),
      ),
    },
    { weight: 1, arbitrary: fc.string({ unit: 'binary' }) },
  );

function expectSound(value: object | undefined): void {
  for (const [name, item] of Object.entries(value ?? {}))
    if (typeof item === 'number') expect([name, Number.isFinite(item) && item >= 0]).toEqual([name, true]);
}

describe('files of a control group', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cgroup-fuzz-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test.each([
    ['version 2', 2, V2],
    ['version 1', 1, V1],
  ] as const)('%s', (_name, version, files) => {
    const reader = new CgroupReader({ version, cpu: folder, cpuAccounting: folder, memory: folder });
    const written = fc.record(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, hostile(text)])), {
      requiredKeys: [],
    });
    try {
      fc.assert(
        fc.property(written, (texts) => {
          for (const [name, text = ''] of Object.entries(texts)) writeFileSync(join(folder, name), text);
          const reading = reader.read();
          expectSound(reading);
          for (const pressure of [reading?.cpuPressure, reading?.memoryPressure])
            if (pressure !== undefined) expect(pressure).toBeLessThanOrEqual(100);
        }),
        { numRuns: 100 },
      );
    } finally {
      reader.close();
    }
  });

  test('where it is mounted: a folder below the mount, or none', () => {
    fc.assert(
      fc.property(hostile(MOUNTS), hostile(MEMBERSHIP), (mounts, membership) => {
        const paths = locateCgroup(mounts, membership);
        if (paths === undefined) return;
        for (const path of [paths.cpu, paths.memory, paths.cpuAccounting])
          expect(path.split('/').slice(path.startsWith('/sys/fs/cgroup') ? 4 : 0)).not.toContain('..');
      }),
      { numRuns: 500 },
    );
  });
});

test('files of a process', () => {
  fc.assert(
    fc.property(hostile(STAT), (text) => {
      const { parent, group, session, pid, ...rest } = parseProcessStat(text) ?? {};
      for (const id of [parent, group, session, pid]) if (id !== undefined) expect(Number.isFinite(id)).toBe(true);
      expectSound(rest);
    }),
    { numRuns: 1000 },
  );
  fc.assert(
    fc.property(
      hostile('955176520 56063879 50\n'),
      hostile('5000 400 300 1 0 200 0\n'),
      hostile('00400000-00452000 r-xp\nKernelPageSize:        4 kB\n'),
      (schedstat, statm, smaps) => {
        expectSound({ waited: parseSchedstat(schedstat), page: parsePageSize(smaps), ...parseStatm(statm) });
      },
    ),
    { numRuns: 1000 },
  );
});
