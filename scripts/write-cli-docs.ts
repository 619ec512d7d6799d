/**
 * Writes docs/cli.md from the definitions of the commands, behind what is written by hand in scripts/cli-docs/front.md. With `--check`
 * it writes nothing and exits 1 when the file differs. `--to FILE` names another file.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { parseArgs } from 'node:util';
import { createProgram } from '../control-plane/cli/program.ts';
import { cliPage } from './cli-docs/page.ts';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({ options: { check: { type: 'boolean' }, to: { type: 'string' } } });
const file = values.to ?? join(root, 'docs/cli.md');

const nobody = { stream: new PassThrough(), isTerminal: false };
const io = {
  stdout: nobody,
  stderr: nobody,
  stdin: new PassThrough(),
  env: {},
  cwd: root,
  interrupted: new AbortController().signal,
  now: Date.now,
};
const front = readFileSync(join(root, 'scripts/cli-docs/front.md'), 'utf8');
const page = cliPage(await createProgram(io, () => undefined), front);
const committed = existsSync(file) ? readFileSync(file, 'utf8') : '';

if (values.check !== true) {
  writeFileSync(file, page);
} else if (committed !== page) {
  const lines = committed.split('\n');
  const line = page.split('\n').findIndex((text, index) => text !== lines[index]) + 1;
  console.error(
    `docs/cli.md is not what the commands say of themselves (first difference in line ${line}): ` +
      'run "node scripts/write-cli-docs.ts" and commit the file',
  );
  process.exit(1);
}
