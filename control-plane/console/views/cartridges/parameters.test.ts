import { expect, test } from '@jest/globals';
import { fieldOf } from '../../components/schema-form/field.ts';
import { SETTINGS } from '../../manifests/component.ts';
import { parametersOf, typeOf } from './parameters.ts';

test('each field of a component is a parameter, with the cartridge’s own value', () => {
  const fallbacks = { concurrency: 8, resources: { memoryBytes: '128Mi' } };
  const found = parametersOf(SETTINGS, fallbacks);
  expect(found.slice(0, 3)).toEqual([
    { name: 'concurrency', type: 'whole number, from 1 to 100000', description: null, fallback: 8 },
    {
      name: 'resources.cpuCores',
      type: 'number, above 0 to 1024',
      description: expect.stringContaining('CPUs'),
      fallback: undefined,
    },
    {
      name: 'resources.memoryBytes',
      type: 'whole number, above 0 or text',
      description: expect.stringContaining('Memory'),
      fallback: '128Mi',
    },
  ]);
  expect(found.map(({ name }) => name)).toContain('readiness.deadlineSeconds');
});

test.each([
  [{ type: 'boolean' }, 'yes or no'],
  [{ enum: ['a', 2] }, 'a | 2'],
  [{ type: 'array', items: { type: 'string' } }, 'list of: text'],
  [{ type: 'object', additionalProperties: { type: 'integer' } }, 'whole number by name'],
  [{ type: 'number', exclusiveMaximum: 3 }, 'number, below 3'],
  [{}, 'anything'],
])('%j is said as "%s"', (schema, text) => {
  expect(typeOf(fieldOf(schema)!)).toBe(text);
});
