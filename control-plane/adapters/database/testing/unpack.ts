/** The databases of released versions, as files. Without a test runner, for child processes. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

export const FIXTURES = join(import.meta.dirname, 'fixtures');

/** Unpacks the database of a version to `file`. */
export async function unpackFixture(version: string, kind: 'db' | 'sql', file: string): Promise<void> {
  await writeFile(file, gunzipSync(await readFile(join(FIXTURES, `${version}.${kind}.gz`))));
}
