/** Asks before something is done that cannot be undone. */
import { createInterface } from 'node:readline/promises';
import { CliError, EXIT, usage } from './exit.ts';
import { say, type Io } from './io.ts';
import { printable } from './output/text.ts';

/** Asks on a terminal; elsewhere --yes must have been given. Throws when the answer is not yes. */
export async function confirm(io: Io, options: { readonly yes?: boolean }, question: string): Promise<void> {
  if (options.yes === true) return;
  if (io.stdin.isTTY !== true) throw usage('there is nobody to ask: add --yes');
  const lines = createInterface({ input: io.stdin, output: io.stderr.stream });
  try {
    const answer = await lines.question(`${printable(question)} [y/N] `, { signal: io.interrupted });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  say(io, 'nothing was deleted');
  throw new CliError(EXIT.failed, 'not confirmed');
}
