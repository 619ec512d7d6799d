import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { place, roomOf, type Algorithm, type PartitionRoom } from './place.ts';

const partition = (name: string, room: number, maximum?: number): PartitionRoom => ({
  name,
  hostCluster: 'local',
  maximum,
  room,
});
const counts = (instances: number, partitions: PartitionRoom[], algorithm: Algorithm) =>
  place(instances, partitions, algorithm).partitions.map((placed) => placed.instances);

describe('placing instances', () => {
  const two = [partition('a', 10, 3), partition('b', 10)];

  test('one after another fills the first partition and overflows into the next', () => {
    expect(counts(2, two, 'one-after-another')).toEqual([2, 0]);
    expect(counts(5, two, 'one-after-another')).toEqual([3, 2]);
  });

  test('round-robin gives each one in turn until it is full', () => {
    expect(counts(4, two, 'round-robin')).toEqual([2, 2]);
    expect(counts(9, two, 'round-robin')).toEqual([3, 6]);
  });

  test('by room goes where the most is left', () => {
    expect(counts(4, [partition('a', 3), partition('b', 6)], 'by-room')).toEqual([1, 3]);
  });

  test('says what found no place, and why', () => {
    expect(place(20, two, 'one-after-another')).toMatchObject({
      unplaced: 7,
      detail: 'one-after-another: a 3 (full), b 10 (full); no place for 7',
    });
    expect(place(2, [], 'round-robin')).toEqual({
      partitions: [],
      unplaced: 2,
      detail: 'round-robin: no partition; no place for 2',
    });
  });

  const partitions = fc
    .array(fc.tuple(fc.integer({ min: -2, max: 20 }), fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined })), {
      maxLength: 6,
    })
    .map((all) => all.map(([room, maximum], index) => partition(`p${index}`, room, maximum)));
  const algorithms = fc.constantFrom<Algorithm>('one-after-another', 'round-robin', 'by-room');

  test('places as many as fit, never above a maximum or a room', () => {
    fc.assert(
      fc.property(partitions, algorithms, fc.nat(60), (all, algorithm, instances) => {
        const result = place(instances, all, algorithm);
        const placed = result.partitions.reduce((sum, entry) => sum + entry.instances, 0);
        expect(placed + result.unplaced).toBe(instances);
        expect(placed).toBe(Math.min(instances, roomOf(all)));
        for (const [index, entry] of result.partitions.entries()) {
          expect(entry.instances).toBeGreaterThanOrEqual(0);
          expect(entry.instances).toBeLessThanOrEqual(
            Math.max(0, Math.min(all[index]!.room, all[index]!.maximum ?? 20)),
          );
        }
      }),
    );
  });

  test('moves none when one more is placed', () => {
    fc.assert(
      fc.property(partitions, algorithms, fc.nat(40), (all, algorithm, instances) => {
        const before = counts(instances, all, algorithm);
        const after = counts(instances + 1, all, algorithm);
        expect(after.every((count, index) => count >= before[index]!)).toBe(true);
      }),
    );
  });
});
