/**
 * Writes the GraphQL schema, sorted and described, to schema/graphql/schema.graphql; with `--check` only compares.
 *
 * Reads the compiled program, because types with decorators cannot be run from their sources: `npm run build` first.
 * `--from FOLDER` names another folder of compiled output than dist/.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';

const root = join(import.meta.dirname, '..');
const file = join(root, 'schema/graphql/schema.graphql');
const { values } = parseArgs({ options: { check: { type: 'boolean' }, from: { type: 'string', default: 'dist' } } });

const compiled = resolve(root, values.from, 'control-plane/graphql/schema.js');
if (!existsSync(compiled)) {
  console.error(`${compiled} does not exist: run "npm run build" first`);
  process.exit(1);
}
const { printSdl } = (await import(pathToFileURL(compiled).href)) as { printSdl: () => string };
const sdl = printSdl();
const committed = existsSync(file) ? readFileSync(file, 'utf8') : '';

if (values.check !== true) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, sdl);
} else if (committed !== sdl) {
  const lines = committed.split('\n');
  const line = sdl.split('\n').findIndex((text, index) => text !== lines[index]) + 1;
  console.error(
    `schema/graphql/schema.graphql is not what the code says (first difference in line ${line}): ` +
      'run "npm run build && node scripts/write-sdl.ts" and commit the file',
  );
  process.exit(1);
}
