import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { parsePageSize, parseProcessStat, parseSchedstat, parseStatm } from './proc.ts';

const STAT =
  '4711 (node) S 4700 4711 4711 0 -1 4194560 16012 301 2 0 123 45 6 7 20 0 11 0 987654 1134989312 15321 18446744073709551615 1 1 0 0 0 0 0 4096 134299138 0 0 0 17 1 0 0 0 0 0 0 0 0 0 0 0 0 0\n';

describe('files below /proc', () => {
  test('stat is read by its fields', () => {
    expect(parseProcessStat(STAT)).toEqual({
      pid: 4711,
      state: 'S',
      parent: 4700,
      group: 4711,
      session: 4711,
      ownTicks: 168,
      childTicks: 13,
      startTicks: 987654,
    });
  });

  test.each(['(sd-pam)', 'a b', ') R 1 1 1 (', ')', '((', 'x) Z 9 9 9 9'])(
    'a command named %s confuses nobody',
    (name) => {
      expect(parseProcessStat(STAT.replace('(node)', `(${name})`))).toEqual(parseProcessStat(STAT));
    },
  );

  test.each(['', 'x', '4711', '4711 (node)', '4711 (node) S 1', STAT.replace('987654', 'never')])(
    'what is no stat is nothing: %j',
    (text) => expect(parseProcessStat(text)).toBeUndefined(),
  );

  test('the kernel’s own word about this process is understood', () => {
    expect(parseProcessStat(readFileSync('/proc/self/stat', 'latin1'))).toMatchObject({
      pid: process.pid,
      parent: process.ppid,
    });
    expect(parseStatm(readFileSync('/proc/self/statm', 'latin1'))!.resident).toBeGreaterThan(1000);
    expect(parseSchedstat(readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'latin1'))).toBeGreaterThan(0);
    expect([4096, 16384, 65536]).toContain(parsePageSize(readFileSync('/proc/self/smaps', 'latin1').slice(0, 4096)));
  });

  test('statm never has more shared than resident pages', () => {
    expect(parseStatm('277000 15321 9000 5 0 60000 0\n')).toEqual({ resident: 15321, shared: 9000 });
    expect(parseStatm('277000 10 9000 5 0 60000 0\n')).toEqual({ resident: 10, shared: 10 });
    expect(parseStatm('0')).toBeUndefined();
  });

  test('schedstat adds running and waiting', () => {
    expect(parseSchedstat('955176520 56063879 50\n')).toBe(1011240399);
    expect(parseSchedstat('-1 2 3')).toBeUndefined();
  });

  test('nothing that is read makes a parser throw or answer a number that is none', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom(...'0123456789 ()-\nSRZ'.split('')) })),
        (text) => {
          const stat = parseProcessStat(text);
          for (const value of Object.values(stat ?? {})) if (typeof value === 'number') expect(value).not.toBeNaN();
          for (const value of [parseSchedstat(text), parsePageSize(text), parseStatm(text)?.resident])
            if (value !== undefined) expect(value).toBeGreaterThanOrEqual(0);
        },
      ),
    );
  });
});
