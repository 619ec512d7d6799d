import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { assign, nextMove, roomOf, type Algorithm, type Closed, type PartitionState } from './assign.ts';

const DRAINED: Closed = { code: 'drained', message: 'is drained' };
const LOST: Closed = { code: 'lost', message: 'does not answer' };

function partition(name: string, fields: Partial<PartitionState> = {}): PartitionState {
  const free = fields.free ?? 10;
  return {
    ...{
      hostCluster: name,
      partition: name,
      maximum: undefined,
      present: 0,
      free,
      hostClusterFree: free,
      closed: null,
    },
    ...fields,
  };
}

const names = (placements: readonly { readonly partition: string }[]): string =>
  placements.map((one) => one.partition).join(' ');

describe('placing instances', () => {
  const two = [partition('a', { maximum: 3 }), partition('b')];

  test('one after another fills the first partition and overflows into the next', () => {
    expect(names(assign(2, two, 'one-after-another').add)).toBe('a a');
    const { add } = assign(5, two, 'one-after-another');
    expect(names(add)).toBe('a a a b b');
    expect(add[0]!.why).toBe('the first in the declared order that takes it');
    expect(add[3]!.why).toBe('the first in the declared order that takes it; a on a is full (3 of 3)');
  });

  test('round-robin gives each one in turn until it is full', () => {
    expect(names(assign(4, two, 'round-robin').add)).toBe('a b a b');
    expect(names(assign(8, two, 'round-robin').add)).toBe('a b a b a b b b');
  });

  test('by room goes where the most is left', () => {
    const { add } = assign(4, [partition('a', { free: 3 }), partition('b', { free: 6 })], 'by-room');
    expect(names(add)).toBe('b b b a');
    expect(add[0]!.why).toBe('the one with the most room (6 more)');
  });

  test('partitions of one host cluster share its room', () => {
    const shared = ['a', 'b'].map((name) => partition(name, { hostCluster: 'h', free: 2, hostClusterFree: 2 }));
    expect(roomOf(shared)).toBe(2);
    expect(names(assign(4, [...shared, partition('c')], 'round-robin').add)).toBe('a b c c');
  });

  test('the others take over for one that is lost or drained, and it takes new ones again when it is back', () => {
    const without = (closed: Closed | null) => [partition('a', { closed }), partition('b', { present: 1 })];
    expect(assign(2, without(LOST), 'one-after-another').add[0]).toEqual({
      hostCluster: 'b',
      partition: 'b',
      why: 'the first in the declared order that takes it; a on a does not answer',
    });
    expect(names(assign(2, without(DRAINED), 'one-after-another').add)).toBe('b');
    expect(names(assign(2, without(null), 'one-after-another').add)).toBe('a');
  });

  test('where all are without room, the instance waits in one of them, but never beyond a maximum', () => {
    const full = [partition('a', { maximum: 1, present: 1, free: 0 }), partition('b', { free: 0, maximum: 2 })];
    const { add, unplaced } = assign(5, full, 'one-after-another');
    expect(names(add)).toBe('b b');
    expect(add[0]!.why).toContain('no partition has room left, and it waits there');
    expect(unplaced).toBe(2);
  });
});

describe('taking instances away', () => {
  test('undoes the burst: the last in the declared order goes first', () => {
    const two = [partition('a', { present: 3 }), partition('b', { present: 2 })];
    expect(names(assign(2, two, 'one-after-another').take)).toBe('b b a');
  });

  test('takes from where the most are, and from where the least room is', () => {
    const two = [partition('a', { present: 1, free: 1 }), partition('b', { present: 3, free: 9 })];
    expect(names(assign(1, two, 'round-robin').take)).toBe('b b b');
    expect(names(assign(3, two, 'by-room').take)).toBe('a');
  });

  test('begins with what is to be elsewhere anyway', () => {
    const all = [
      partition('a', { present: 2, closed: DRAINED }),
      partition('b', { present: 3, maximum: 2 }),
      partition('c', {
        present: 1,
        maximum: 0,
        closed: { code: 'outside', message: 'is not in the deployment policy' },
      }),
    ];
    expect(names(assign(1, all, 'one-after-another').take)).toBe('c b a a b');
  });
});

describe('moving an instance', () => {
  test('is for those that are to be elsewhere, and only where there is room', () => {
    const drained = partition('a', { present: 2, closed: DRAINED });
    expect(nextMove([drained, partition('b')], 'one-after-another')).toMatchObject({
      from: { partition: 'a' },
      to: { partition: 'b' },
    });
    expect(nextMove([drained, partition('b', { free: 0 })], 'one-after-another')).toBeNull();
    expect(nextMove([partition('a', { present: 2, closed: LOST }), partition('b')], 'one-after-another')).toBeNull();
  });

  test('goes back to the first that takes it, one after another', () => {
    const overflowed = [partition('a', { present: 1 }), partition('b', { present: 2 })];
    expect(nextMove(overflowed, 'one-after-another')).toMatchObject({
      ...{ from: { partition: 'b' }, to: { partition: 'a' }, isForced: false },
    });
    const full = [partition('a', { present: 1, maximum: 1 }), partition('b', { present: 2 })];
    expect(nextMove(full, 'one-after-another')).toBeNull();
    expect(nextMove([partition('a', { free: 0 }), partition('b', { present: 2 })], 'one-after-another')).toBeNull();
  });

  test('evens out what is two or more apart, in turn; by room nothing moves', () => {
    const uneven = [partition('a', { present: 3 }), partition('b', { present: 1 })];
    expect(nextMove(uneven, 'round-robin')).toMatchObject({ from: { partition: 'a' }, to: { partition: 'b' } });
    expect(nextMove([partition('a', { present: 2 }), partition('b', { present: 1 })], 'round-robin')).toBeNull();
    expect(nextMove(uneven, 'by-room')).toBeNull();
    const lost = [partition('a', { present: 4 }), partition('b', { present: 0, closed: LOST })];
    expect(nextMove(lost, 'round-robin')).toBeNull();
  });
});

describe('whatever the partitions are', () => {
  const closed = fc.constantFrom<Closed | null>(null, null, null, DRAINED, LOST);
  const some = fc
    .array(
      fc.record({
        present: fc.nat(8),
        free: fc.nat(12),
        maximum: fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined }),
        host: fc.nat(2),
        closed,
      }),
      { maxLength: 6 },
    )
    .map((all) =>
      all.map((one, index) =>
        partition(`p${index}`, { ...one, hostCluster: `h${one.host}`, hostClusterFree: 6 + one.host * 4 }),
      ),
    );
  const algorithms = fc.constantFrom<Algorithm>('one-after-another', 'round-robin', 'by-room');
  const presentIn = (all: readonly PartitionState[]): number => all.reduce((sum, { present }) => sum + present, 0);
  const count = (placements: readonly { readonly partition: string }[], name: string): number =>
    placements.filter((one) => one.partition === name).length;

  test('each new one goes to a partition that is open, and none goes beyond a maximum', () => {
    fc.assert(
      fc.property(some, algorithms, fc.nat(80), (all, algorithm, wanted) => {
        const { add, unplaced } = assign(wanted, all, algorithm);
        expect(add.length + unplaced).toBe(Math.max(0, wanted - presentIn(all)));
        for (const { partition: name, present, maximum = Infinity, closed: why } of all) {
          const added = count(add, name);
          if (why !== null) expect(added).toBe(0);
          expect(added).toBeLessThanOrEqual(Math.max(0, maximum - present));
        }
      }),
    );
  });

  test('nobody is left without a place while one is open', () => {
    fc.assert(
      fc.property(some, algorithms, fc.nat(80), (all, algorithm, wanted) => {
        const { add, unplaced } = assign(wanted, all, algorithm);
        const isOpen = all.some(
          ({ partition: name, present, maximum = Infinity, closed: why }) =>
            why === null && present + count(add, name) < maximum,
        );
        expect(unplaced > 0 && isOpen).toBe(false);
      }),
    );
  });

  test('what runs is not moved: either some are added or some are taken, and never more than are there', () => {
    fc.assert(
      fc.property(some, algorithms, fc.nat(80), (all, algorithm, wanted) => {
        const { add, take } = assign(wanted, all, algorithm);
        expect(Math.min(add.length, take.length)).toBe(0);
        expect(take.length).toBe(Math.max(0, presentIn(all) - wanted));
        for (const { partition: name, present } of all) expect(count(take, name)).toBeLessThanOrEqual(present);
      }),
    );
  });

  test('moving comes to an end, and nothing is moved to where nothing goes', () => {
    fc.assert(
      fc.property(some, algorithms, (all, algorithm) => {
        let now = all;
        const instances = presentIn(all);
        for (let moves = 0; ; moves += 1) {
          const move = nextMove(now, algorithm);
          if (move === null) break;
          expect(moves).toBeLessThan(instances * all.length);
          expect(now.find((one) => one.partition === move.to.partition)?.closed).toBeNull();
          now = now.map((one) => ({
            ...one,
            present:
              one.present + Number(one.partition === move.to.partition) - Number(one.partition === move.from.partition),
          }));
        }
        expect(presentIn(now)).toBe(instances);
      }),
    );
  });

  test('one more, or one fewer, changes nothing of the others', () => {
    fc.assert(
      fc.property(some, algorithms, fc.nat(60), (all, algorithm, wanted) => {
        const [fewer, more] = [assign(wanted, all, algorithm), assign(wanted + 1, all, algorithm)];
        expect(more.add.slice(0, fewer.add.length)).toEqual(fewer.add);
        expect(fewer.take.slice(0, more.take.length)).toEqual(more.take);
      }),
    );
  });
});
