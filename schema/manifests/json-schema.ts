/** JSON Schema of each kind, for editors and for suggestions; made from the zod schemas, which are the truth. */
import * as z from 'zod';
import { groupComponent } from './application.ts';
import { MANIFEST_SCHEMAS, type ManifestKind } from './kinds.ts';
import type { FieldPath } from './problem.ts';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

/** File of each kind's schema, relative to `schema/manifests/json/`. */
export const JSON_SCHEMA_FILES: Readonly<Record<ManifestKind, string>> = {
  Application: 'application.schema.json',
  AutoscalingPolicy: 'autoscaling-policy.schema.json',
  Cartridge: 'cartridge.schema.json',
  DeploymentPolicy: 'deployment-policy.schema.json',
};

/** What a manifest of this kind may look like as written (defaults left out, quantities as text). JSON Schema 2020-12. */
export function manifestJsonSchema(kind: ManifestKind): JsonSchema {
  const schema = z.toJSONSchema(MANIFEST_SCHEMAS[kind], {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      // Refused by name when read: an editor shall not offer it either.
      if (zodSchema === groupComponent || zodSchema._zod.def.type === 'undefined') {
        for (const key of Object.keys(jsonSchema)) Reflect.deleteProperty(jsonSchema, key);
        jsonSchema.not = {};
      }
      // Zod's own name for a format that the pattern beside it already says.
      if (jsonSchema.format === 'starts_with') delete jsonSchema.format;
    },
  });
  return { title: `Cartwright ${kind}`, ...schema };
}

const cache = new Map<ManifestKind, JsonSchema>();

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null;
}

/** The schema itself or, where there is a choice, all that may stand in its place. */
function alternatives(schema: JsonSchema): JsonSchema[] {
  const choices = [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])].filter(isSchema);
  return choices.length === 0 ? [schema] : choices.flatMap(alternatives);
}

function child(schema: JsonSchema, part: string | number): unknown {
  if (typeof part === 'number') return schema.items;
  const properties = schema.properties ?? {};
  return Object.hasOwn(properties, part) ? properties[part] : schema.additionalProperties;
}

/** Names of the fields that a kind knows at a path; empty where any name goes. */
export function knownFields(kind: ManifestKind, path: FieldPath): string[] {
  const whole = cache.get(kind) ?? manifestJsonSchema(kind);
  cache.set(kind, whole);
  let schemas = alternatives(whole);
  for (const part of path) {
    schemas = schemas
      .map((schema) => child(schema, part))
      .filter(isSchema)
      .flatMap(alternatives);
  }
  const names = schemas.flatMap((schema) => [
    ...(isSchema(schema.propertyNames) ? (schema.propertyNames.enum ?? []).map(String) : []),
    ...Object.entries(schema.properties ?? {}).flatMap(([name, value]) =>
      isSchema(value) && value.not !== undefined ? [] : [name],
    ),
  ]);
  return [...new Set(names)];
}
