/** What docs/api.md shows can be asked as it stands there. */
import { expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { getOperationAST, parse, validate } from 'graphql';
import { buildSchema } from './schema.ts';

const examples = [...readFileSync('docs/api.md', 'utf8').matchAll(/```graphql\n([^`]+)```/g)].map(([, text]) => text!);

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(4);
});

test.each(examples.map((text) => [getOperationAST(parse(text))?.name?.value ?? text, text]))('%s', (_name, text) => {
  expect(validate(buildSchema(), parse(text))).toEqual([]);
});
