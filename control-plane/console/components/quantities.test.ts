import { expect, test } from '@jest/globals';
import { bytes, figure } from './quantities.ts';

test.each([
  [0, '0 B'],
  [1_023, '1023 B'],
  [1_536, '1.5 KiB'],
  [134_217_728, '128 MiB'],
  [1024 ** 5, '1024 TiB'],
])('%d bytes are "%s"', (count, text) => {
  expect(bytes(count)).toBe(text);
});

test.each([
  [0.254, '0.25'],
  [12.34, '12.3'],
  [4711.4, '4711'],
])('%d is read as "%s"', (value, text) => {
  expect(figure(value)).toBe(text);
});
