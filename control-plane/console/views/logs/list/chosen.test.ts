import { expect, test } from '@jest/globals';
import type { Line } from '../store/entry.ts';
import { LogStore } from '../store/log-store.ts';
import { isChosen, moved, rangeOf, textOf, type Chosen } from './chosen.ts';

const store = new LogStore(() => 20);
store.append(
  [10, 12, 14, 16].map((sequence): Line => ({
    ...{ kind: 'line', sequence, at: 1, level: null, alias: 'web', instance: 'inst-1', release: 1 },
    ...{ stream: 'stdout', text: `\u001b[1mline ${sequence}` },
  })),
);
const step = (by: -1 | 1, extend = false) => ({ by, extend, fallback: 3 });

test('the first step goes to where one looks, the next ones up and down to the ends', () => {
  expect(moved(null, store, step(-1))).toEqual({ anchor: 16, current: 16 });
  expect(moved({ anchor: 12, current: 12 }, store, step(1))).toEqual({ anchor: 14, current: 14 });
  expect(moved({ anchor: 10, current: 10 }, store, step(-1))).toEqual({ anchor: 10, current: 10 });
  expect(moved(null, new LogStore(() => 20), step(1))).toBeNull();
});

test('a line that has left the page is left from its place', () => {
  expect(moved({ anchor: 3, current: 3 }, store, step(-1))).toEqual({ anchor: 10, current: 10 });
});

test('with the steps that extend, all between are chosen, in either direction', () => {
  const up = moved({ anchor: 14, current: 14 }, store, step(-1, true));
  expect(up).toEqual({ anchor: 14, current: 12 });
  expect([10, 12, 14, 16].map((sequence) => isChosen(up, sequence))).toEqual([false, true, true, false]);
  expect(textOf(up!, store)).toBe('line 12\nline 14');
});

test('one line alone is where the keyboard is, and no choice of several; its text is copied all the same', () => {
  const one: Chosen = { anchor: 12, current: 12 };
  expect(isChosen(one, 12)).toBe(false);
  expect(textOf(one, store)).toBe('line 12');
  expect(rangeOf({ anchor: 1, current: 99 }, store)).toEqual({ from: 0, to: 4 });
});
