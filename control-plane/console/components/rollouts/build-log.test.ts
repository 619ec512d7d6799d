import { expect, test } from '@jest/globals';
import { appended, MOST_LINES, type Build } from './build-log.ts';

const build = (startedAt: string | null): Build => ({
  uid: 'b',
  state: 'RUNNING',
  createdAt: '',
  startedAt,
  finishedAt: null,
  error: null,
  source: null,
});

test('lines are appended as they come', () => {
  const first = appended(undefined, { build: build('1'), lines: ['a'] }, false);
  expect(appended(first, { build: build('1'), lines: ['b', 'c'] }, false)).toMatchObject({ lines: ['a', 'b', 'c'] });
});

test('after a lost connection the log is told once more, and shown once', () => {
  const first = appended(undefined, { build: build('1'), lines: ['a', 'b'] }, false);
  expect(appended(first, { build: build('1'), lines: ['a', 'b', 'c'] }, true)).toMatchObject({
    lines: ['a', 'b', 'c'],
  });
});

test('a build that is run again begins its log anew', () => {
  const first = appended(undefined, { build: build('1'), lines: ['a', 'b'] }, false);
  expect(appended(first, { build: build('2'), lines: ['c'] }, false)).toMatchObject({ lines: ['c'] });
});

test('of a log without an end the last lines are kept, and the others counted', () => {
  const lines = Array.from({ length: MOST_LINES }, (_, index) => `${index}`);
  const first = appended(undefined, { build: build('1'), lines: [...lines, 'x'] }, false);
  const second = appended(first, { build: build('1'), lines: ['y'] }, false);
  expect(second.lines).toHaveLength(MOST_LINES);
  expect([second.lines[0], second.lines.at(-1), second.dropped]).toEqual(['2', 'y', 2]);
});
