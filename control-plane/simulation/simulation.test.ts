/** A sample of simulated runs; `npm run test:simulation` makes as many as one wants. */
import { describe, expect, test } from '@jest/globals';
import type { Due } from './faults.ts';
import { TIMES } from './scenario.ts';
import { run, type RunOptions } from './world.ts';

const short = (faults: Due[], options: Partial<RunOptions> = {}) =>
  run({ seed: 7, seconds: 90, quietSeconds: 90, instances: 5, faults, ...options });
const at = (seconds: number, fault: Due['fault']): Due => ({ at: seconds * 1000, fault });

test.each([1, 2, 3, 4, 5, 6])('whatever goes wrong by seed %d, every rule holds at every step', async (seed) => {
  const { failure, faults } = await run({ seed, ...TIMES });
  expect({ failure, faults }).toEqual({ failure: null, faults });
});

test('a seed is the same run again, and another seed is another one', async () => {
  const [first, again, other] = [await run({ seed: 11, ...TIMES }), await run({ seed: 11, ...TIMES }), await short([])];
  expect(again).toEqual(first);
  expect(other.digest).not.toBe(first.digest);
});

describe('alive, silent, gone:', () => {
  test('the whole fleet is lost at once, and nothing of it is replaced', async () => {
    const lost = at(40, { kind: 'partition', share: 1, seconds: 100 });
    expect((await short([lost], { seconds: 130 })).failure).toBeNull();
  });

  test('broker and control plane are gone together, and every instance is adopted', async () => {
    const both = { kind: 'broker-and-control-plane', seconds: 45, losesRetained: true } as const;
    expect((await short([at(40, both)])).failure).toBeNull();
  });

  test('the control plane is stopped for half a minute, and nobody is called unreachable', async () => {
    const { failure, tail } = await short([at(50, { kind: 'stop', seconds: 30 })], { seconds: 85, quietSeconds: 5 });
    expect(failure).toBeNull();
    expect(tail.filter((line) => line.includes('unreachable'))).toEqual([]);
  });
});

test('the rules notice when nobody compares fencing numbers', async () => {
  const faults = [at(40, { kind: 'take-over', seconds: 8 }), at(50, { kind: 'crash', instances: 3 })];
  expect((await short(faults)).failure).toBeNull();
  expect((await short(faults, { isFenced: false })).failure).toMatchObject({ rule: 'fencing' });
});
