import { describe, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fc from 'fast-check';
import { argumentsOf, environmentOf, isRunning, listPids, ownerOf, parseStat, readBootId, readStat } from './kernel.ts';

const FIELDS = '4 5 6 0 -1 4194304 99 0 0 0 0 0 0 0 20 0 1 0 161644 3133440 412';

describe('the line of /proc/PID/stat', () => {
  test('is read past a program’s name that holds spaces and parentheses', () => {
    for (const name of ['cat', 'a b', 'x) R 1 1 1', '((', ') Z 9 9 9 (', '']) {
      expect(parseStat(`7943 (${name}) S ${FIELDS}`)).toEqual({
        pid: 7943,
        state: 'S',
        parent: 4,
        group: 5,
        session: 6,
        startTicks: 161_644,
      });
    }
  });

  test('that is none is refused, whatever it holds', () => {
    for (const text of ['', '12', '12 (cat', 'x (cat) S 1 2 3', '12 (cat) S 1 2'])
      expect(parseStat(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.string(), (text) => {
        const stat = parseStat(text);
        expect(stat === undefined || Number.isInteger(stat.startTicks)).toBe(true);
      }),
    );
  });
});

describe('the kernel', () => {
  test('tells this process as running, with its owner and arguments', () => {
    const stat = readStat(process.pid)!;
    expect(isRunning(stat)).toBe(true);
    expect(isRunning({ pid: stat.pid, startTicks: stat.startTicks + 1 })).toBe(false);
    expect(ownerOf(process.pid)).toBe(process.getuid?.());
    expect(argumentsOf(process.pid)[0]).toContain('node');
    expect(listPids()).toContain(process.pid);
    expect(readBootId()).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('tells a child’s own environment, and nothing of a process that is no more', async () => {
    const child = spawn('sleep', ['1000'], { env: { MARK: 'grün' }, stdio: 'ignore' });
    const pid = child.pid!;
    expect(environmentOf(pid)).toContain('MARK=grün');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(readStat(pid)).toBeUndefined();
    expect(environmentOf(pid)).toEqual([]);
    expect(ownerOf(pid)).toBeUndefined();
  });
});
