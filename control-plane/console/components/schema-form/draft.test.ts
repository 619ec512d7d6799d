import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { draftOf, readDraft, type Draft } from './draft.ts';
import { fieldOf } from './field.ts';

const read = (schema: object, draft: Draft) => readDraft(fieldOf(schema)!, draft);
const messages = (schema: object, draft: Draft) =>
  read(schema, draft).faults.map(({ path, message }) => `${path.join('.')}: ${message}`);

test.each([
  [{ type: 'string' }, 'a', 'a'],
  [{ type: 'string' }, '', undefined],
  [{ type: 'integer' }, ' 12 ', 12],
  [{ type: 'number' }, '-1.5e3', -1500],
  [{ type: 'boolean' }, false, false],
  [{ enum: ['a', 1, null] }, '1', 1],
  [{ enum: ['a', 1, null] }, 'null', null],
  [{ anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^\\d+Mi$' }] }, '128', 128],
  [{ anyOf: [{ type: 'integer' }, { type: 'string', pattern: '^\\d+Mi$' }] }, '128Mi', '128Mi'],
  [{ type: 'array', items: { type: 'integer' } }, ['1', '2'], [1, 2]],
  [{ type: 'array', items: { type: 'string' } }, [''], ['']],
  [{ type: 'array', items: { type: 'string' } }, [], undefined],
  [{}, '{"a": [1]}', { a: [1] }],
] as const)('%j: what is typed as %j stands for %j', (schema, draft, value) => {
  expect(read(schema, draft)).toEqual({ value, faults: [] });
});

test.each([
  [{ type: 'integer' }, '12a', ': Expected a whole number.'],
  [{ type: 'integer' }, '1.5', ': Expected a whole number.'],
  [{ type: 'number' }, 'Infinity', ': Expected a number.'],
  [{ type: 'number', minimum: 1 }, '0', ': Expected 1 or more.'],
  [{ type: 'number', exclusiveMinimum: 0 }, '0', ': Expected more than 0.'],
  [{ type: 'number', maximum: 5 }, '6', ': Expected 5 or less.'],
  [{ type: 'number', exclusiveMaximum: 5 }, '5', ': Expected less than 5.'],
  [{ type: 'string', minLength: 2 }, 'é', ': Expected at least 2 characters, found 1.'],
  [{ type: 'string', maxLength: 1 }, '🙂🙂', ': Expected at most 1 characters, found 2.'],
  [{ type: 'string', pattern: '^a', description: 'begins with a' }, 'b', ': Expected: begins with a'],
  [{ enum: ['a', 'b'] }, '"c"', ': Expected one of "a", "b".'],
  [{ type: 'array', items: { type: 'integer' } }, ['1', 'x'], '1: Expected a whole number.'],
  [{ type: 'array', items: { type: 'string' }, minItems: 2 }, ['a'], ': Expected at least 2, found 1.'],
  [{ type: 'array', items: { type: 'string' }, maxItems: 1 }, ['a', 'b'], ': Expected at most 1, found 2.'],
  [{ type: 'array', items: { type: 'string' }, uniqueItems: true }, ['a', 'a'], '1: It is given already.'],
])('%j: the fault of %j is said at its place', (schema, draft, message) => {
  expect(messages(schema, draft)).toEqual([message]);
});

const PLACE = {
  type: 'object',
  properties: {
    zone: { type: 'string' },
    check: {
      type: 'object',
      required: ['path', 'kind'],
      properties: { kind: { const: 'http' }, path: { type: 'string' }, seconds: { type: 'number' } },
    },
  },
};

test('what a group needs is asked for once somebody has begun it', () => {
  expect(read(PLACE, {})).toEqual({ value: undefined, faults: [] });
  expect(read(PLACE, { zone: 'a', check: { path: '' } })).toEqual({ value: { zone: 'a' }, faults: [] });
  expect(read(PLACE, { check: { seconds: '3' } })).toEqual({
    value: { check: { kind: 'http', seconds: 3 } },
    faults: [{ path: ['check', 'path'], message: 'This is needed.', isMissing: true }],
  });
});

test('what can only be one thing is not asked for', () => {
  expect(read(PLACE, { check: { path: '/' } }).value).toEqual({ check: { kind: 'http', path: '/' } });
});

test('names of one’s own are checked as the schema wants them, and may be given once', () => {
  const schema = { type: 'object', propertyNames: { pattern: '^[A-Z]+$' }, additionalProperties: { type: 'string' } };
  const draft = [
    { name: 'A', value: '' },
    { name: 'b', value: 'x' },
    { name: 'A', value: '2' },
    { name: '', value: '' },
  ];
  expect(messages(schema, draft)).toEqual([
    'b: Expected a text of the form ^[A-Z]+$',
    'A: This name is given twice.',
    ': This is needed.',
  ]);
  expect(read(schema, draft.slice(0, 1)).value).toEqual({ A: '' });
});

test('a value survives being made a draft and read again', () => {
  const schema = {
    type: 'object',
    properties: {
      text: { type: 'string', minLength: 1 },
      count: { type: 'number' },
      flag: { type: 'boolean' },
      list: { type: 'array', items: { type: 'integer' }, minItems: 1 },
      map: { type: 'object', additionalProperties: { type: 'string' } },
      mode: { enum: ['a', 2, true] },
      any: {},
    },
  };
  const value = fc.record(
    {
      text: fc.string({ minLength: 1 }),
      count: fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => (Object.is(number, -0) ? 0 : number)),
      flag: fc.boolean(),
      list: fc.array(fc.integer(), { minLength: 1 }),
      map: fc
        .uniqueArray(
          fc.string({ minLength: 1 }).filter((name) => name !== '__proto__'),
          { minLength: 1 },
        )
        .map((names) => Object.fromEntries(names.map((name) => [name, name]))),
      mode: fc.constantFrom('a', 2, true),
      any: fc.array(fc.record({ a: fc.integer() })),
    },
    { requiredKeys: ['text'] },
  );
  const field = fieldOf(schema)!;
  fc.assert(
    fc.property(value, (given) => {
      expect(readDraft(field, draftOf(field, given))).toEqual({ value: given, faults: [] });
    }),
  );
});
