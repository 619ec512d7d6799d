/**
 * `npm run check`: everything that can be said without running the program. Each check is told by name; the first line of a
 * failure says what to run to mend it.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules/.bin', name);
const node = process.execPath;

const CHECKS: readonly { readonly name: string; readonly command: readonly string[]; readonly mend: string }[] = [
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'], mend: 'mend the types' },
  { name: 'lint', command: [bin('eslint'), '.'], mend: 'npx eslint . --fix' },
  { name: 'format', command: [bin('prettier'), '--check', '--log-level', 'warn', '.'], mend: 'npm run format' },
  { name: 'unused exports, files and dependencies', command: [bin('knip')], mend: 'remove what knip names' },
  {
    name: 'import directions',
    command: [node, '--experimental-vm-modules', '--no-warnings', 'node_modules/jest/bin/jest.js', 'test/architecture'],
    mend: 'import along schema ◄ domain ◄ app ◄ adapters, graphql ◄ main',
  },
  {
    name: 'contracts of earlier releases',
    command: [
      node,
      '--experimental-vm-modules',
      '--no-warnings',
      'node_modules/jest/bin/jest.js',
      'test/compatibility/contracts',
    ],
    mend: 'add to what was released, and change or remove nothing of it',
  },
  {
    name: 'JSON Schemas',
    command: [node, 'scripts/write-json-schemas.ts', '--check'],
    mend: 'node scripts/write-json-schemas.ts',
  },
  {
    name: 'GraphQL schema',
    command: [node, 'scripts/write-sdl.ts', '--check'],
    mend: 'npm run build && node scripts/write-sdl.ts',
  },
  {
    name: 'GraphQL client types',
    command: [node, 'scripts/write-graphql-types.ts', '--check'],
    mend: 'node scripts/write-graphql-types.ts',
  },
];

let failed = 0;
for (const { name, command, mend } of CHECKS) {
  const started = performance.now();
  const [program, ...args] = command as [string, ...string[]];
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (status === 0) {
    console.log(`ok      ${name} (${seconds} s)`);
    continue;
  }
  failed += 1;
  console.log(`FAILED  ${name} (${seconds} s); to mend it: ${mend}`);
  console.log(`${stdout ?? ''}${stderr ?? ''}${error?.message ?? ''}`.trimEnd());
}
process.exitCode = failed === 0 ? 0 : 1;
