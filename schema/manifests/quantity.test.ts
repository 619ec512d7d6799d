import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { bytes, parseBytes } from './quantity.ts';

test.each([
  ['128Mi', 134_217_728],
  ['1.5Gi', 1_610_612_736],
  ['200M', 200_000_000],
  ['64k', 64_000],
  ['2Ki', 2048],
  ['17', 17],
])('%s is %d bytes', (text, expected) => {
  expect(parseBytes(text)).toBe(expected);
  expect(bytes.parse(text)).toBe(expected);
});

test.each(['', '-1', '12MB', '1 Mi', 'Mi', '1e3', '0x10', '.5Gi', '1.Gi', '1,5Gi', '٣Mi'])(
  '%j is no quantity of bytes',
  (text) => {
    expect(parseBytes(text)).toBeUndefined();
    expect(bytes.safeParse(text).success).toBe(false);
  },
);

test.each(['0', '0Gi', 0, -1, 1.5, '99999999999999999999G', Number.NaN, Infinity, null])('%p is refused', (value) => {
  expect(bytes.safeParse(value).success).toBe(false);
});

test('whatever is written is a whole positive number of bytes, or refused', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^\d{1,18}(\.\d{1,4})?(k|M|G|Ki|Mi|Gi)?$/)), (text) => {
      const result = bytes.safeParse(text);
      if (result.success) expect(Number.isSafeInteger(result.data) && result.data > 0).toBe(true);
    }),
  );
});
