import { expect, test } from '@jest/globals';
import { parseDuration } from './durations.ts';
import type { CliError } from './exit.ts';
import { EXIT } from './exit.ts';

test.each([
  ['90s', 90],
  ['5m', 300],
  ['2h', 7200],
  ['1d', 86_400],
  ['1.5h', 5400],
  ['0.25s', 0.25],
])('%s is %d seconds', (text, seconds) => {
  expect(parseDuration(text, '--for')).toBe(seconds);
});

test.each(['', '5', 'm', '0s', '-5m', '5 m', '5min', '1e9s', '٣s', '5m ', '99999999999d'])(
  '"%s" is a usage error that names the option',
  (text) => {
    expect(() => parseDuration(text, '--for')).toThrow(/^--for: expected a duration/);
    try {
      parseDuration(text, '--for');
    } catch (error) {
      expect((error as CliError).exit).toBe(EXIT.usage);
    }
  },
);

test('what is longer or shorter than may be is a usage error that says how long may be', () => {
  const bounds = { least: '60s', most: '7d' };
  expect(parseDuration('7d', '--overlap', bounds)).toBe(604_800);
  expect(parseDuration('1m', '--overlap', bounds)).toBe(60);
  expect(() => parseDuration('169h', '--overlap', bounds)).toThrow('--overlap: expected 7d at most, got "169h"');
  expect(() => parseDuration('59s', '--overlap', bounds)).toThrow('--overlap: expected 60s at least, got "59s"');
});
