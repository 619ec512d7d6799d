import { expect, test } from '@jest/globals';
import { manifestJsonSchema } from '../../../../schema/manifests/json-schema.ts';
import { fieldOf, pick, type Field } from './field.ts';
import { labelOf } from './label.ts';

const kinds = (field: Field | null): unknown => {
  if (field === null) return null;
  if (field.kind === 'group')
    return Object.fromEntries(field.members.map(({ name, field: member }) => [name, kinds(member)]));
  return field.kind === 'list' ? [kinds(field.item)] : field.kind;
};

test('each type of value has its kind of field', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string' },
      size: { type: 'integer' },
      share: { type: 'number' },
      isOn: { type: 'boolean' },
      mode: { type: 'string', enum: ['a', 'b'] },
      tags: { type: 'array', items: { type: 'string' } },
      variables: { type: 'object', additionalProperties: { type: 'string' } },
      place: { type: 'object', properties: { zone: { type: 'string' } } },
      bytes: { anyOf: [{ type: 'integer' }, { type: 'string' }] },
      perhaps: { anyOf: [{ type: 'string' }, { type: 'null' }] },
      oneOf: { oneOf: [{ const: 'a' }, { enum: ['b', 'c'] }] },
      anything: {},
      never: { not: {} },
      alsoNever: false,
    },
  };
  expect(kinds(fieldOf(schema))).toEqual({
    name: 'text',
    size: 'number',
    share: 'number',
    isOn: 'flag',
    mode: 'choice',
    tags: ['text'],
    variables: 'entries',
    place: { zone: 'text' },
    bytes: 'either',
    perhaps: 'text',
    oneOf: 'choice',
    anything: 'json',
  });
});

test('bounds, patterns, what is needed and what is the default are taken over', () => {
  const field = fieldOf({
    type: 'object',
    required: ['port'],
    properties: {
      port: { type: 'integer', minimum: 1, exclusiveMaximum: 65_536, description: 'TCP', default: 80 },
      path: { type: 'string', minLength: 1, maxLength: 9, allOf: [{ pattern: '^/' }, { pattern: '^[^?]*$' }] },
    },
  });
  expect(field).toMatchObject({
    members: [
      { name: 'port', isRequired: true, field: { isWhole: true, minimum: 1, below: 65_536, fallback: 80 } },
      {
        name: 'path',
        isRequired: false,
        field: { minimumLength: 1, maximumLength: 9, patterns: [/^\//u, /^[^?]*$/u] },
      },
    ],
  });
});

test('references within the schema are followed, and one that leads to itself ends', () => {
  const schema = {
    $defs: { name: { type: 'string', maxLength: 3 }, tree: { type: 'array', items: { $ref: '#/$defs/tree' } } },
    type: 'object',
    properties: {
      name: { $ref: '#/$defs/name', description: 'here' },
      tree: { $ref: '#/$defs/tree' },
      self: { $ref: '#' },
    },
  };
  const field = fieldOf(schema);
  expect(field).toMatchObject({ members: [{ field: { maximumLength: 3, description: 'here' } }, {}, {}] });
  expect(fieldOf({ $ref: '#/$defs/none' })).toMatchObject({ kind: 'json' });
});

test('an expression that no browser reads asks for nothing', () => {
  expect(fieldOf({ type: 'string', pattern: '(' })).toMatchObject({ kind: 'text', patterns: [] });
});

test('a component of an application is a form, its memory a text with a unit', () => {
  const schema = manifestJsonSchema('Application') as {
    properties: { spec: { properties: { components: { items: { oneOf: [unknown] } } } } };
  };
  const component = fieldOf(schema.properties.spec.properties.components.items.oneOf[0]);
  expect(kinds(pick(component!, ['concurrency', 'resources', 'start', 'environment', 'readiness', 'none']))).toEqual({
    concurrency: 'number',
    resources: { cpuCores: 'number', memoryBytes: 'either' },
    start: ['text'],
    environment: 'entries',
    readiness: expect.objectContaining({ http: { path: 'text', port: 'text' }, command: ['text'] }),
  });
});

test('names of fields are read as words', () => {
  expect(labelOf('memoryBytes')).toBe('Memory bytes');
  expect(labelOf('x-y_z')).toBe('X y z');
  expect(labelOf('cpuCores')).toBe('CPU cores');
});
