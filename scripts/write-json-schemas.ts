/**
 * Writes the JSON Schema of each manifest kind to schema/manifests/json/. With `--check` it writes nothing and exits 1 when
 * a committed file differs from what the code says.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { JSON_SCHEMA_FILES, manifestJsonSchema } from '../schema/manifests/json-schema.ts';
import { MANIFEST_KINDS } from '../schema/manifests/kinds.ts';

const folder = join(import.meta.dirname, '../schema/manifests/json');
const check = process.argv.includes('--check');

function committed(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

mkdirSync(folder, { recursive: true });
for (const kind of MANIFEST_KINDS) {
  const file = join(folder, JSON_SCHEMA_FILES[kind]);
  const text = `${JSON.stringify(manifestJsonSchema(kind), null, 2)}\n`;
  if (committed(file) === text) continue;
  if (check) {
    console.error(
      `schema/manifests/json/${JSON_SCHEMA_FILES[kind]} differs from the code; run: node scripts/write-json-schemas.ts`,
    );
    process.exitCode = 1;
  } else {
    writeFileSync(file, text);
    console.log(`wrote schema/manifests/json/${JSON_SCHEMA_FILES[kind]}`);
  }
}
