import { expect, test } from '@jest/globals';
import { Turns } from './turns.ts';

function turns(most: number) {
  const timers: { task: () => void; isCancelled: boolean }[] = [];
  const clock = {
    setTimeout: (task: () => void) => {
      const timer = { task, isCancelled: false };
      timers.push(timer);
      return { cancel: () => void (timer.isCancelled = true) };
    },
  };
  const done: string[] = [];
  const all = new Turns(clock, most);
  return {
    all,
    done,
    timers,
    take: (name: string, cost: number) => void all.take(cost).then(() => done.push(name)),
    /** What is due in this turn is done, and the next one begins. */
    turn: async (): Promise<void> => {
      await Promise.resolve();
      timers.shift()?.task();
      await Promise.resolve();
    },
  };
}

test('what fits into a turn is done at once, and the rest in the next ones, in its order', async () => {
  const { take, turn, done } = turns(10);
  for (const [name, cost] of [
    ['a', 4],
    ['b', 6],
    ['c', 5],
    ['d', 1],
    ['e', 5],
  ] as const)
    take(name, cost);
  await Promise.resolve();
  expect(done).toEqual(['a', 'b']);
  await turn();
  // What is small does not pass what came before it.
  expect(done).toEqual(['a', 'b', 'c', 'd']);
  await turn();
  expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
});

test('what costs more than a turn has one for itself', async () => {
  const { take, turn, done } = turns(10);
  take('large', 50);
  take('small', 1);
  await Promise.resolve();
  expect(done).toEqual(['large']);
  await turn();
  expect(done).toEqual(['large', 'small']);
});

test('no timer is left when nothing is to be done any more', async () => {
  const { take, turn, timers } = turns(10);
  take('a', 20);
  take('b', 20);
  await turn();
  await turn();
  expect(timers).toEqual([]);
});

test('nobody waits after the end', async () => {
  const { all, take, done, timers } = turns(10);
  take('a', 20);
  take('b', 20);
  all.close();
  await Promise.resolve();
  expect(done).toEqual(['a', 'b']);
  expect(timers.every(({ isCancelled }) => isCancelled)).toBe(true);
});
