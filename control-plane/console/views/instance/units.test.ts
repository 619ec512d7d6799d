import { expect, test } from '@jest/globals';
import { inventoryOf } from './inventory.ts';
import { bytes, figure, limitOf, skew } from './units.ts';

test('figures have three digits that matter', () => {
  expect([0.254, 12.34, 4711.2, 0, -0.5].map(figure)).toEqual(['0.25', '12.3', '4711', '0', '-0.5']);
});

test('bytes are in the unit that fits', () => {
  expect([0, 1023, 1536, 2 ** 31, 2 ** 60].map(bytes)).toEqual(['0 B', '1023 B', '1.5 KiB', '2 GiB', '1048576 TiB']);
});

test('the limit follows from use and share', () => {
  expect(limitOf(256 * 2 ** 20, 50)).toBe(512 * 2 ** 20);
  expect([limitOf(null, 50), limitOf(1, null), limitOf(0, 0)]).toEqual([null, null, null]);
});

test('a clock is ahead, behind, or near enough', () => {
  expect([0.1, 3.2, -120].map(skew)).toEqual(['in time', '3.2 s ahead', '120 s behind']);
});

test('an inventory is told in words, what is not known of here as it is called', () => {
  expect(inventoryOf({ gpu: 'none', memoryBytes: 2 ** 33, system: 'Debian 13', isVirtual: 'true' })).toEqual([
    ['Operating system', 'Debian 13'],
    ['Memory of the machine', '8 GiB'],
    ['Virtual', 'yes'],
    ['gpu', 'none'],
  ]);
  expect([inventoryOf(null), inventoryOf('text')]).toEqual([[], []]);
});
