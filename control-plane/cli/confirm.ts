/** Asks before something is done that cannot be undone. */
import type { Command } from 'commander';
import { CliError, EXIT, usage } from './exit.ts';
import type { Io } from './io.ts';
import { printable } from './output/text.ts';

/** As commander gives it. */
export interface Confirmation {
  readonly yes?: boolean;
}

/** The option of every command that destroys something; {@link confirm} is what asks. */
export function destroying(command: Command): Command {
  return command.option('-y, --yes', 'do not ask; needed where there is no terminal to ask at');
}

/**
 * Asks on a terminal; elsewhere --yes must have been given. Throws `CliError`: a usage error where there is nobody to ask, and
 * exit code 1 where the answer is not yes.
 *
 * @param question what is about to be done, as `delete the application "shop"?`
 */
export async function confirm(io: Io, options: Confirmation, question: string): Promise<void> {
  if (options.yes === true) return;
  requireSomebody(io, options, question.replace(/\?$/, ''));
  const { createInterface } = await import('node:readline/promises');
  const lines = createInterface({ input: io.stdin, output: io.stderr.stream });
  try {
    const answer = await lines.question(`${printable(question)} [y/N] `, { signal: io.interrupted });
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    lines.close();
  }
  throw new CliError(EXIT.failed, 'not confirmed; nothing was changed');
}

/** Throws a usage error where {@link confirm} could not ask; `deed` is what is about to be done. For what has to be known at once. */
export function requireSomebody(io: Io, options: Confirmation, deed: string): void {
  if (options.yes !== true && io.stdin.isTTY !== true) throw usage(`there is nobody to ask: add --yes to ${deed}`);
}
