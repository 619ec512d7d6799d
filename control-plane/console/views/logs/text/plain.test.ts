import { expect, test } from '@jest/globals';
import type { Gap, Line } from '../store/entry.ts';
import { gapAdvice, gapText } from './gaps.ts';
import { clock, dayOf, plainLine, plainText, size } from './plain.ts';

const line: Line = {
  ...{ kind: 'line', sequence: 7, at: Date.UTC(2026, 10, 30, 9, 0, 0, 5), level: 'error', alias: 'web' },
  ...{ instance: '01kabcdefghijk3f9a1c', release: 3, stream: 'stderr', text: '\u001b[31mfailed\u001b[0m\nagain\n' },
};
const gap: Gap = {
  ...{ kind: 'gap', sequence: 9, after: 7, at: null, alias: 'web', instance: line.instance, lines: 1234 },
  cause: 'rate-limit',
};

test('a line is one line, without colours, after who wrote it and when', () => {
  expect(plainText(line)).toBe('failed↵again');
  expect(plainLine(line)).toBe('2026-11-30T09:00:00.005Z web/3f9a1c [stderr] ERROR failed↵again');
  expect(plainLine({ ...line, stream: 'stdout', level: null })).toBe(
    '2026-11-30T09:00:00.005Z web/3f9a1c failed↵again',
  );
});

test('where lines are missing it says how many, why, and what to do', () => {
  expect(plainLine(gap)).toBe('web/3f9a1c … 1,234 lines are missing here: the instance wrote more than it may');
  expect(gapAdvice(gap)).toMatch(/write less/);
  expect(gapText({ ...gap, lines: 1 })).toMatch(/^1 line is missing/);
  expect(gapText({ ...gap, lines: null, cause: 'transit' })).toBe(
    'Lines are missing here, how many is not known: lost between agent and control plane',
  );
  expect(gapText({ ...gap, cause: 'of-a-later-version' })).toMatch(/: of-a-later-version$/);
  expect(gapAdvice({ cause: 'of-a-later-version' })).toBeNull();
});

test('a time of today has no date, one of another day has', () => {
  const at = new Date(2026, 10, 30, 9, 5, 7, 120).getTime();
  expect(clock(at, dayOf(at))).toBe('09:05:07.120');
  expect(clock(at, dayOf(at) + 86_400_000)).toBe('2026-11-30 09:05:07.120');
});

test('sizes are in units that a person reads', () => {
  expect([size(0), size(999), size(8192), size(999_949), size(999_950), size(1_000_000)]).toEqual([
    ...['0 B', '999 B', '8.2 kB', '999.9 kB', '1.0 MB', '1.0 MB'],
  ]);
});
