import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import {
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
  validateSchema,
  type GraphQLNamedType,
} from 'graphql';
import { buildSchema, printSdl } from './schema.ts';

const schema = buildSchema();
const own = Object.values(schema.getTypeMap()).filter(
  (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
);
const ROOTS = ['Query', 'Mutation', 'Subscription'];

interface Described {
  readonly name: string;
  readonly description?: string | null;
}

/** The type itself, its fields, their arguments and its values, each with the path to it. */
function partsOf(type: GraphQLNamedType): (readonly [path: string, part: Described])[] {
  const parts: (readonly [string, Described])[] = ROOTS.includes(type.name) ? [] : [[type.name, type]];
  if (isEnumType(type)) {
    for (const value of type.getValues()) parts.push([`${type.name}.${value.name}`, value]);
  }
  if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) parts.push([`${type.name}.${field.name}`, field]);
  }
  if (isObjectType(type) || isInterfaceType(type)) {
    for (const field of Object.values(type.getFields())) {
      parts.push([`${type.name}.${field.name}`, field]);
      for (const argument of field.args) parts.push([`${type.name}.${field.name}(${argument.name})`, argument]);
    }
  }
  return parts;
}

function fieldsOf(type: GraphQLNamedType): (readonly [path: string, field: Described & { readonly type: unknown }])[] {
  if (!isObjectType(type) && !isInputObjectType(type)) return [];
  const fields: Readonly<Record<string, Described & { readonly type: unknown }>> = type.getFields();
  return Object.values(fields).map((field) => [`${type.name}.${field.name}`, field]);
}

describe('the schema', () => {
  test('is valid', () => {
    expect(validateSchema(schema)).toEqual([]);
  });

  test('is what is committed: run "npm run build && node scripts/write-sdl.ts" after a change', () => {
    expect(readFileSync('schema/graphql/schema.graphql', 'utf8')).toBe(printSdl(schema));
  });

  test('is built the same again', () => {
    expect(printSdl(buildSchema())).toBe(printSdl(schema));
  });

  test('describes every type, field, argument and value', () => {
    const parts = own.flatMap(partsOf);
    expect(parts.length).toBeGreaterThan(300);
    expect(parts.filter(([, part]) => (part.description ?? '').trim().length < 8).map(([path]) => path)).toEqual([]);
  });

  test('says of every number its unit or range', () => {
    const numbers = own.flatMap(fieldsOf).filter(([, field]) => /^\[?(Int|Float|SafeInt)\b/.test(String(field.type)));
    expect(numbers.length).toBeGreaterThan(50);
    const said = /\d|second|byte|per cent|unit|Counts|Sequence of|Place in/;
    expect(numbers.filter(([, field]) => !said.test(field.description ?? '')).map(([path]) => path)).toEqual([]);
  });

  test('gives away no hash and no folder of the machine', () => {
    const names = own.flatMap(partsOf).map(([path]) => path.toLowerCase());
    expect(names.filter((path) => /hash|directory|password/.test(path))).toEqual([]);
  });

  test('takes the values of secrets and answers none', () => {
    const types = own.filter((type) => isObjectType(type) && /Secret/.test(type.name));
    expect(types.map(({ name }) => name).sort()).toEqual(['SecretChange', 'SecretVersion', 'VariableSecret']);
    const answered = types.flatMap(fieldsOf).map(([path]) => path);
    expect(answered.filter((path) => /value|text|sealed|nonce|key/i.test(path))).toEqual([]);
    expect(answered).toContain('SecretVersion.version');
  });

  test('lets every mutation take one input with an idempotency key and answer user errors', () => {
    for (const field of Object.values(schema.getMutationType()!.getFields())) {
      expect(field.args.map((argument) => argument.name)).toEqual(['input']);
      const input = schema.getType(String(field.args[0]!.type).replace('!', ''));
      expect(isInputObjectType(input) && Object.keys(input.getFields())).toContain('idempotencyKey');
      const payload = schema.getType(String(field.type).replace('!', ''));
      expect(isObjectType(payload) && String(payload.getFields().userErrors?.type)).toBe('[UserError!]!');
    }
  });
});
