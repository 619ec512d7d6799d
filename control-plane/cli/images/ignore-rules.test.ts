import { expect, test } from '@jest/globals';
import { ignoreRules } from './ignore-rules.ts';

test.each([
  ['node_modules', 'node_modules/a/b', true],
  ['node_modules', 'packages/a/node_modules/b', false],
  ['**/node_modules', 'packages/a/node_modules/b', true],
  ['./tmp/', 'tmp/x', true],
  ['/tmp', 'tmp', true],
  ['*.md', 'README.md', true],
  ['*.md', 'docs/README.md', false],
  ['*/*.md', 'docs/README.md', true],
  ['# tmp', 'tmp', false],
  ['*\n!hooks', 'hooks', false],
  ['*\n!hooks', 'README.md', true],
  ['', 'anything', false],
])('%j leaves out %s: %s', (text, path, isOut) => {
  expect(ignoreRules(text)(path)).toBe(isOut);
});
