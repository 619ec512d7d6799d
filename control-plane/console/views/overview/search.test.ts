import { expect, test } from '@jest/globals';
import { overviewSearch } from './search.ts';

test.each([
  [{}, {}],
  [
    { q: 'state:paused', sort: 'load' },
    { q: 'state:paused', sort: 'load' },
  ],
  [{ q: '  ', sort: 'attention' }, {}],
  [{ q: 404, sort: 'colour' }, { q: '404' }],
  [{ q: { $ne: 1 }, sort: ['load'] }, {}],
])('the address %j means %j', (address, expected) => {
  expect(overviewSearch(address)).toEqual(expected);
});

test('a filter in an address is a line, however long the address', () => {
  expect(overviewSearch({ q: 'x'.repeat(10_000) }).q).toHaveLength(500);
});
