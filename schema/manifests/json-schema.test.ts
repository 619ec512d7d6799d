import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { JSON_SCHEMA_FILES, knownFields, manifestJsonSchema } from './json-schema.ts';
import { MANIFEST_KINDS } from './kinds.ts';

test.each(MANIFEST_KINDS)('the committed JSON Schema of %s is what the code says', async (kind) => {
  const committed = await readFile(join(import.meta.dirname, 'json', JSON_SCHEMA_FILES[kind]), 'utf8');
  expect(JSON.parse(committed)).toEqual(JSON.parse(JSON.stringify(manifestJsonSchema(kind))));
});

test('quantities may be written as text, defaults may be left out', () => {
  const text = JSON.stringify(manifestJsonSchema('Cartridge'));
  expect(text).toContain('Ki|Mi|Gi');
  expect(text).toContain('"required":["version","category","runtimes"]');
});

test('an editor is not offered what is refused', () => {
  expect(knownFields('Application', ['spec'])).toEqual(['components', 'drains', 'limits', 'loadBalancer']);
  expect(JSON.stringify(manifestJsonSchema('Application'))).not.toContain('"const":"group"');
});

test('the fields of a choice are those of all its alternatives', () => {
  const fields = knownFields('Application', ['spec', 'components', 3, 'autoscaling']);
  expect(fields).toContain('minimum');
  expect(knownFields('Cartridge', ['spec', 'hooks'])).toContain('before-start');
  expect(knownFields('Application', ['spec', 'components', 0, 'environment'])).toEqual([]);
});
