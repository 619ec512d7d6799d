import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { memoryPages, UsageAccounts, type ProcessReading } from './usage.ts';

function reading(pid: number, own: number, extra: Partial<ProcessReading> = {}): ProcessReading {
  return {
    pid,
    startTicks: 1,
    parent: 1,
    ownTicks: own,
    childTicks: 0,
    residentPages: 0,
    sharedPages: 0,
    threads: new Map(),
    ...extra,
  };
}

describe('usage of processes that come and go', () => {
  test('a process counts from its start', () => {
    const accounts = new UsageAccounts();
    expect(accounts.add([reading(10, 150)], 1).cpuSeconds).toBe(1.5);
    expect(accounts.add([reading(10, 250)], 1).cpuSeconds).toBe(2.5);
  });

  test('what a child used and its parent waited for is counted once', () => {
    const accounts = new UsageAccounts();
    accounts.add([reading(10, 100), reading(11, 40, { parent: 10 })], 1);
    const after = accounts.add([reading(10, 100, { childTicks: 70 })], 1);
    expect(after.cpuSeconds).toBe(1.7);
  });

  test('a whole branch that vanished is counted once', () => {
    const accounts = new UsageAccounts();
    accounts.add([reading(10, 0), reading(11, 30, { parent: 10 }), reading(12, 40, { parent: 11 })], 1);
    expect(accounts.add([reading(10, 0, { childTicks: 80 })], 1).cpuSeconds).toBe(0.8);
  });

  test('children that lived between two readings count, also as load', () => {
    const accounts = new UsageAccounts();
    accounts.add([reading(10, 0)], 1);
    const after = accounts.add([reading(10, 0, { childTicks: 50 })], 1);
    expect(after).toEqual({ cpuSeconds: 0.5, runnableSeconds: 0.5 });
  });

  test('a pid that was given to another process counts anew', () => {
    const accounts = new UsageAccounts();
    accounts.add([reading(10, 1000)], 1);
    expect(accounts.add([reading(10, 5, { startTicks: 99 })], 1).cpuSeconds).toBe(10.05);
  });

  test('runnable time is the sum over threads, new ones from their start, none longer than the interval', () => {
    const accounts = new UsageAccounts();
    accounts.add([reading(10, 0, { threads: new Map([[10, 5e9]]) })], 1);
    const { runnableSeconds } = accounts.add(
      [
        reading(10, 0, {
          threads: new Map([
            [10, 5.5e9],
            [11, 0.25e9],
            [12, 9e9],
          ]),
        }),
      ],
      1,
    );
    expect(runnableSeconds).toBeCloseTo(1 + 0.5 + 0.25 + 1, 9);
  });

  test('totals never go back, whatever appears and vanishes', () => {
    const readings = fc.array(
      fc.record({
        pid: fc.integer({ min: 1, max: 6 }),
        startTicks: fc.integer({ min: 1, max: 2 }),
        parent: fc.integer({ min: 1, max: 6 }),
        ownTicks: fc.nat(1000),
        childTicks: fc.nat(1000),
        residentPages: fc.nat(),
        sharedPages: fc.nat(),
        threads: fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(1e9))).map((entries) => new Map(entries)),
      }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(fc.array(readings, { maxLength: 8 }), (seconds) => {
        const accounts = new UsageAccounts();
        let before = { cpuSeconds: 0, runnableSeconds: 0 };
        for (const second of seconds) {
          const now = accounts.add(second, 1);
          expect(now.cpuSeconds).toBeGreaterThanOrEqual(before.cpuSeconds);
          expect(now.runnableSeconds).toBeGreaterThanOrEqual(before.runnableSeconds);
          before = now;
        }
      }),
    );
  });

  test('memory is each one’s own and the largest shared part once', () => {
    const one = reading(1, 0, { residentPages: 100, sharedPages: 60 });
    const two = reading(2, 0, { residentPages: 90, sharedPages: 50 });
    expect(memoryPages([one])).toBe(100);
    expect(memoryPages([one, two])).toBe(40 + 40 + 60);
    expect(memoryPages([])).toBe(0);
  });
});
