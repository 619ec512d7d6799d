import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { textWidth } from '../output/width.ts';
import { ioOf } from '../testing/run.ts';
import { fitted, roomOf, widthOf } from './room.ts';

test.each<[string, object, Record<string, string>, boolean, number | undefined, number]>([
  ['a terminal', { columns: 100, rows: 30 }, {}, true, 100, 30],
  ['one that is asked for less', { columns: 100, rows: 30 }, { COLUMNS: '60', LINES: '10' }, true, 60, 10],
  [
    'one that is asked for more than it has',
    { columns: 100, rows: 30 },
    { COLUMNS: '200', LINES: '99' },
    true,
    100,
    30,
  ],
  ['one that does not say', {}, { COLUMNS: '60' }, true, 60, 24],
  [
    'one that says nothing that is a size',
    { columns: 0, rows: Number.NaN },
    { COLUMNS: '-1', LINES: 'x' },
    true,
    80,
    24,
  ],
  ['a pipe', { columns: 100, rows: 30 }, { COLUMNS: '60' }, false, undefined, 24],
])('the room of %s', (_what, size, env, isTerminal, width, rows) => {
  const { stdout } = ioOf();
  const output = { stream: Object.assign(stdout.stream, size), isTerminal };
  expect(widthOf({ env, stdout: output })).toBe(width);
  expect(roomOf({ env }, output)).toEqual({ columns: width ?? 60, rows });
});

test('wide characters take two columns of the room', () => {
  expect(fitted('日本語です\nabcdefgh', { columns: 6, rows: 2 })).toBe('日本…\nabcde…');
  expect(fitted('a\nb\nc', { columns: 20, rows: 2 })).toBe('a\n… 2 more lines');
});

test('nothing that is shown is wider or longer than the room', () => {
  const text = fc.array(fc.string({ unit: 'grapheme', maxLength: 30 }), { maxLength: 8 });
  fc.assert(
    fc.property(text, fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 6 }), (lines, columns, rows) => {
      const shown = fitted(lines.map((line) => line.replace(/\n/g, '')).join('\n'), { columns, rows }).split('\n');
      expect(shown.length).toBeLessThanOrEqual(rows);
      for (const line of shown) expect(textWidth(line)).toBeLessThanOrEqual(columns);
    }),
  );
});
