import { expect, test } from '@jest/globals';
import { formatBytes } from './format-bytes.ts';

test.each([
  [0, '0 B'],
  [512, '512 B'],
  [1024, '1 KiB'],
  [49_000_000, '47 MiB'],
  [1.5 * 1024 ** 3, '1.5 GiB'],
])('%d bytes are %s', (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});
