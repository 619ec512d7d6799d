/** Who may what is decided in one place: no other file looks at a principal's role, tenant or application. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');
const ACCESS = 'control-plane/app/access.ts';
/** By the names that principals have in this code, and by taking one apart where it is a parameter. */
const LOOKS =
  /\b(principal|caller|by|who)\??\.(role|tenant|application)\b|\{[^{}]*\b(role|tenant|application)\b[^{}]*\}: Principal\b/;

function sources(): string[] {
  return readdirSync(join(root, 'control-plane'), { recursive: true, encoding: 'utf8' })
    .map((file) => `control-plane/${file}`)
    .filter((file) => file.endsWith('.ts') && !/\.test\.ts$|\/(testing|cli)\//.test(file));
}

test('only the access rules look at what a principal may', () => {
  const files = sources();
  expect(files.length).toBeGreaterThan(200);
  const looking = files.filter((file) => LOOKS.test(readFileSync(join(root, file), 'utf8')));
  expect(looking).toEqual([ACCESS]);
});
