/**
 * `npm run check`: everything that can be said without running the program. Each check is told by name; the first line of a
 * failure says what to run to mend it.
 */
import { execFile } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pLimit from 'p-limit';

const root = join(import.meta.dirname, '..');
const bin = (name: string): string => join(root, 'node_modules/.bin', name);
const node = process.execPath;

const CHECKS: readonly { readonly name: string; readonly command: readonly string[]; readonly mend: string }[] = [
  { name: 'lint', command: [bin('eslint'), '.'], mend: 'npx eslint . --fix' },
  { name: 'types', command: [bin('tsc'), '-p', 'tsconfig.json'], mend: 'mend the types' },
  {
    name: 'types of the console',
    command: [bin('tsc'), '-p', 'control-plane/console/tsconfig.json'],
    mend: 'mend the types',
  },
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
  {
    name: 'reference of the command line',
    command: [node, 'scripts/write-cli-docs.ts', '--check'],
    mend: 'node scripts/write-cli-docs.ts',
  },
];

const run = promisify(execFile);

/** What it printed; null: nothing is wrong. */
async function complaint([program, ...args]: readonly string[]): Promise<string | null> {
  try {
    await run(program!, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
    return null;
  } catch (error) {
    const { stdout = '', stderr = '', message } = error as Error & { stdout?: string; stderr?: string };
    return `${stdout}${stderr}`.trimEnd() || message;
  }
}

// Side by side: each has one thread. The longest is the first, so that the others go by beside it.
const limit = pLimit(availableParallelism());
const failures = await limit.map(CHECKS, async ({ name, command, mend }) => {
  const started = performance.now();
  const found = await complaint(command);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  if (found === null) console.log(`ok      ${name} (${seconds} s)`);
  else console.log(`FAILED  ${name} (${seconds} s); to mend it: ${mend}\n${found}`);
  return found;
});
process.exitCode = failures.every((found) => found === null) ? 0 : 1;
