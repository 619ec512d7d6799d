import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { manifestJsonSchema, type JsonSchema } from './json-schema.ts';
import { MANIFEST_KINDS } from './kinds.ts';
import { parseManifests } from './parse.ts';
import { formatManifestError } from './problem.ts';

const page = await readFile(join(import.meta.dirname, '../../docs/manifests.md'), 'utf8');
const examples = [...page.matchAll(/^```yaml\n(.*?)^```$/gms)].map((match) => match[1]!);

test.each(examples)('an example of the page is a manifest: %#', (example) => {
  const parsed = parseManifests(example, 'docs/manifests.md');
  expect(parsed.ok ? [] : parsed.errors.map(formatManifestError)).toEqual([]);
});

test('every kind has an example', () => {
  const kinds = examples.flatMap((example) => {
    const parsed = parseManifests(example, 'page');
    return parsed.ok ? parsed.manifests.map(({ kind }) => kind) : [];
  });
  expect([...new Set(kinds)].sort()).toEqual([...MANIFEST_KINDS].sort());
});

/** Names of all fields of a schema, at any depth, but those that are refused. */
function fieldsOf(schema: JsonSchema): string[] {
  const nested = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), schema.items, schema.additionalProperties];
  const own = Object.entries(schema.properties ?? {});
  return [
    ...own.map(([name]) => name),
    ...(typeof schema.propertyNames === 'object' ? (schema.propertyNames.enum ?? []).map(String) : []),
    ...[...nested, ...own.map(([, value]) => value)]
      .filter((value): value is JsonSchema => typeof value === 'object' && value !== null && !Array.isArray(value))
      .flatMap(fieldsOf),
  ];
}

test.each(MANIFEST_KINDS)('every field of %s is on the page, in a table and in an example', (kind) => {
  const inExamples = examples.join('\n');
  for (const field of new Set(fieldsOf(manifestJsonSchema(kind)))) {
    expect(page).toMatch(new RegExp(`\`[^\`\n]*\\b${field}\\b[^\`\n]*\``));
    const isRefused = ['startupOrder', 'scalingDependents', 'termination', 'release'].includes(field);
    if (!isRefused) expect(inExamples).toMatch(new RegExp(`\\b${field}:`));
  }
});
