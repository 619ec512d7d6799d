import { expect, test } from '@jest/globals';
import { brief, figure, printable, relative, size, word } from './text.ts';

const NOW = Date.parse('2026-03-01T12:00:00.000Z');

test.each([
  ['2026-03-01T12:00:00.000Z', 'now'],
  ['2026-03-01T11:59:48.000Z', '12 s ago'],
  ['2026-03-01T11:58:01.000Z', '1 min ago'],
  ['2026-03-01T09:30:00.000Z', '2 h ago'],
  ['2026-02-24T12:00:00.000Z', '5 d ago'],
  ['2026-03-01T12:52:30.000Z', 'in 52 min 30 s'],
  ['2026-03-01T13:59:59.850Z', 'in 2 h'],
  ['2026-03-01T13:30:29.000Z', 'in 1 h 30 min'],
  ['2026-03-01T12:59:59.800Z', 'in 1 h'],
  ['2026-05-30T11:59:59.000Z', 'in 90 d'],
  ['2026-03-02T15:10:00.000Z', 'in 1 d 3 h'],
  ['2026-03-01T12:00:59.600Z', 'in 1 min'],
  ['2026-03-01T12:00:12.400Z', 'in 12 s'],
  ['2026-03-01T12:00:00.400Z', 'now'],
  [null, '-'],
])('%s is %s', (time, text) => {
  expect(relative(time, NOW)).toBe(text);
});

test.each([
  [0, '0 B'],
  [1023, '1023 B'],
  [1536, '1.5 KiB'],
  [128 * 1024 ** 2, '128 MiB'],
  [null, '-'],
])('%p bytes are %s', (bytes, text) => {
  expect(size(bytes)).toBe(text);
});

test('figures keep the digits that matter', () => {
  expect([0, 0.254, 12.34, 4711.4, -0.5, null].map(figure)).toEqual(['0', '0.25', '12.3', '4711', '-0.5', '-']);
});

test('enum values are written as the design writes them', () => {
  expect(word('READY_TO_SHUTDOWN')).toBe('ready-to-shutdown');
});

test('nothing that is shown can steer a terminal', () => {
  expect(printable('a\u001b[2Jb\rc\u0000d\u009be\tf')).toBe('a\\x1b[2Jb\\x0dc\\x00d\\x9be  f');
});

test('a long text is cut to one line', () => {
  expect(brief('  one\n two   three ', 80)).toBe('one two three');
  expect(brief('abcdefghij', 5)).toBe('abcd…');
});
