import { expect, test } from '@jest/globals';
import { announcement, hear, NOTHING_HEARD } from './announce.ts';
import type { Entry, Level } from './store/entry.ts';

const line = (text: string, level: Level | null = null): Entry => ({
  ...{ kind: 'line', sequence: 1, at: 1, level, alias: 'web', instance: 'inst-1', release: 1, stream: 'stdout', text },
});
const gap: Entry = {
  ...{ kind: 'gap', sequence: 2, after: 1, at: null, alias: null, instance: null, lines: 2, cause: 'transit' },
};
const said = (entries: readonly Entry[]): string => announcement(entries.reduce(hear, NOTHING_HEARD));

test('nothing is said of nothing', () => {
  expect(said([])).toBe('');
});

test('lines are counted, and the last one read', () => {
  expect(said([line('a'), line('\u001b[1mb')])).toBe('2 new lines. Last: b');
});

test('errors are counted, and the last of them read', () => {
  expect(said([line('a'), line('no disk', 'error'), line('c')])).toBe('3 new lines, 1 error. Last error: no disk');
});

test('missing lines are told, and long ones cut', () => {
  expect(said([gap])).toBe('Lines are missing.');
  expect(said([gap, line('x'.repeat(1000))]).length).toBeLessThan(180);
});
