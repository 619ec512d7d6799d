import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { NAME_PATTERN } from '../ids.ts';
import { madeName, repositoryName } from './made-name.ts';

test('a made name is valid or empty', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (from) => {
      const name = madeName(from);
      if (name !== '') expect(name).toMatch(NAME_PATTERN);
    }),
  );
});

test.each([
  ['https://git.example/team/shop.git', 'shop'],
  ['https://git.example/team/shop/', 'shop'],
  ['git@git.example:shop.git', 'shop'],
  ['file:///srv/repositories/shop.git?x=1', 'shop'],
])('%s is the repository %s', (url, name) => {
  expect(repositoryName(url)).toBe(name);
});
