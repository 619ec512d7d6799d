import { expect, test } from '@jest/globals';
import { listOf, merged, withDecision, withOlder, type Decision } from './decision-list.ts';

function decision(number: number, count = 1): Decision {
  const uid = `01M8${String(number).padStart(6, '0')}`;
  const at = new Date(number * 1_000).toISOString();
  return { uid, at, lastAt: at, count, acted: false, reasonCode: 'steady', from: 1, to: 1, sentence: `${number}` };
}

function page(numbers: readonly number[], before: string | null) {
  return {
    edges: numbers.map((number) => ({ node: decision(number) })),
    pageInfo: { hasPreviousPage: before !== null, startCursor: before },
  };
}

const numbers = (decisions: readonly Decision[]): number[] => decisions.map(({ sentence }) => Number(sentence));

test('older pages come before, newer ones behind, and none is there twice', () => {
  let list = listOf(page([5, 6], 'five'));
  list = withDecision(list, decision(7));
  list = withDecision(list, decision(6, 9));
  list = withOlder(list, page([3, 4, 5], null));
  expect(numbers(list.decisions)).toEqual([3, 4, 5, 6, 7]);
  expect(list.decisions.find(({ sentence }) => sentence === '6')?.count).toBe(9);
  expect(list.before).toBeNull();
});

test('a list that stays open for days does not grow for ever', () => {
  let list = listOf(page([], null));
  for (let number = 0; number < 4_500; number += 1) list = withDecision(list, decision(number));
  expect(list.decisions.length).toBeLessThanOrEqual(4_000);
  expect(numbers(list.decisions).at(-1)).toBe(4_499);
});

test('of the same decision the later word counts', () => {
  expect(merged([decision(1, 1)], [decision(1, 5)])).toEqual([decision(1, 5)]);
});
