import { expect, test } from '@jest/globals';
import { FreeRoom } from './free-room.ts';

const PLACE = { hostCluster: 'home', partition: 'default' };
const GIBIBYTE = 2 ** 30;
const SMALL = { cpuCores: 0.1, memoryBytes: GIBIBYTE };

function roomOf(free: number) {
  let now = 0;
  let asked = 0;
  const room = new FreeRoom({
    ask: async () => {
      asked += 1;
      return free;
    },
    now: () => now,
  });
  return { room, wait: (milliseconds: number) => (now += milliseconds), asked: () => asked };
}

test('what was placed since the last answer is taken off it, by memory or by processors, whichever is more', async () => {
  const { room, wait, asked } = roomOf(9);
  expect(await room.at(SMALL, PLACE)).toBe(9);
  wait(100);
  for (let placed = 0; placed < 3; placed += 1) room.placed('home', SMALL);
  expect(await room.at(SMALL, PLACE)).toBe(6);
  room.placed('home', { cpuCores: 0.1, memoryBytes: 2 * GIBIBYTE });
  expect(await room.at(SMALL, PLACE)).toBe(4);
  room.placed('home', { cpuCores: 0.3, memoryBytes: 1 });
  expect(await room.at(SMALL, PLACE)).toBe(2);
  room.placed('elsewhere', SMALL);
  expect(await room.at(SMALL, PLACE)).toBe(2);
  expect(asked()).toBe(1);
});

test('a place is asked again after two seconds, and for another size at once', async () => {
  const { room, wait, asked } = roomOf(9);
  await room.at(SMALL, PLACE);
  await room.at({ ...SMALL, cpuCores: 1 }, PLACE);
  expect(asked()).toBe(2);
  room.placed('home', SMALL);
  wait(2000);
  await room.at(SMALL, PLACE);
  await new Promise(setImmediate);
  expect(await room.at(SMALL, PLACE)).toBe(9);
  expect(asked()).toBe(3);
});

test('on the machine itself processors are not set aside', async () => {
  const { room, wait } = roomOf(9);
  const local = { hostCluster: 'local', partition: 'default' };
  expect(await room.at(SMALL, local)).toBe(9);
  wait(100);
  room.placed('local', { cpuCores: 8, memoryBytes: GIBIBYTE });
  expect(await room.at(SMALL, local)).toBe(8);
});
