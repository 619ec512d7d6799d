import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../../../test/support/eventually.ts';
import { RequestError, StoreUnavailable } from '../errors.ts';
import { CLOCK } from '../testing/records.ts';
import { WriteBehind, type WriteBehindOptions } from './write-behind.ts';

interface Item {
  readonly uid: string;
  readonly value: number;
}

let queue: WriteBehind<Item>;
const saved: string[] = [];
const failed: unknown[] = [];

function make(save: (item: Item) => Promise<void>, changes: Partial<WriteBehindOptions<Item>> = {}): void {
  saved.length = 0;
  failed.length = 0;
  queue = new WriteBehind({
    save: async (item) => {
      await save(item);
      saved.push(`${item.uid}${item.value}`);
    },
    onFailure: (error) => failed.push(error),
    clock: CLOCK,
    ...changes,
  });
}
afterEach(() => queue.close());

/** A save that waits until it is let go on. */
function gate(): { save: () => Promise<void>; open: () => void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { save: () => opened, open };
}
const away = () => new StoreUnavailable('DATABASE_LOCKED', 'locked');

test('records are stored in the order in which they came, each in its newest version', async () => {
  const { save, open } = gate();
  make(save);
  for (const [uid, value] of [
    ['a', 1],
    ['b', 1],
    ['c', 1],
    ['b', 2],
    ['a', 2],
  ] as const)
    queue.put({ uid, value });
  open();
  await queue.settle();
  // a1 was under way when a2 came.
  expect(saved).toEqual(['a1', 'a2', 'b2', 'c1']);
});

test('it is tried again while the store is away, without trying the others in vain', async () => {
  let attempts = 0;
  make(async () => {
    attempts += 1;
    if (attempts <= 1) throw away();
  });
  queue.put({ uid: 'a', value: 1 });
  queue.put({ uid: 'b', value: 1 });
  await eventually('the first failure', () => failed.length === 1);
  expect(attempts).toBe(1);
  await eventually('both are stored', () => saved.length === 2);
  expect(saved).toEqual(['a1', 'b1']);
});

test('a record that the store can never take is told, given up, and holds up no other', async () => {
  make(async ({ uid }) => {
    if (uid === 'a') throw new RequestError('INVALID', 'it holds U+0000');
  });
  queue.put({ uid: 'a', value: 1 });
  queue.put({ uid: 'b', value: 1 });
  await queue.settle();
  await queue.settle();
  expect(saved).toEqual(['b1']);
  expect(failed).toHaveLength(1);
});

test('a record that fails for an unknown reason is tried again, behind the others', async () => {
  let isBroken = true;
  make(async ({ uid }) => {
    if (uid === 'a' && isBroken) throw new Error('what is this');
  });
  queue.put({ uid: 'a', value: 1 });
  queue.put({ uid: 'b', value: 1 });
  await eventually('the other', () => saved.includes('b1'));
  isBroken = false;
  await queue.settle();
  expect(saved).toEqual(['b1', 'a1']);
});

test('settling waits for what was put before, also when a round is under way', async () => {
  const { save, open } = gate();
  make(save);
  queue.put({ uid: 'a', value: 1 });
  queue.put({ uid: 'b', value: 1 });
  const settled = queue.settle();
  open();
  await settled;
  expect(saved).toEqual(['a1', 'b1']);
});

test('a record that is put the moment a round ends is not left lying', async () => {
  make(async () => undefined, {
    onSaved: ({ value }) => {
      if (value < 3) void Promise.resolve().then(() => queue.put({ uid: 'a', value: value + 1 }));
    },
  });
  queue.put({ uid: 'a', value: 1 });
  await eventually('all three', () => saved.length === 3, 500);
});

test('closing tries once more and then lets go', async () => {
  let attempts = 0;
  make(async () => {
    attempts += 1;
    throw away();
  });
  queue.put({ uid: 'a', value: 1 });
  await eventually('the first failure', () => attempts === 1);
  await queue.close();
  expect(attempts).toBe(2);
});

test('beyond its limit the oldest are given up and told', async () => {
  const { save, open } = gate();
  make(save, { most: 2 });
  for (const uid of ['a', 'b', 'c']) queue.put({ uid, value: 1 });
  open();
  await queue.settle();
  expect(saved).toEqual(['a1', 'b1', 'c1']);
  expect(failed.map((error) => (error as Error).message)).toEqual([
    'more than 2 records wait for the database; the oldest of them, a, is given up',
  ]);
});
