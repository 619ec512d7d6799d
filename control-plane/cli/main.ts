/** The command line: how each end of a command becomes an exit code. */
import { CommanderError, type Command } from 'commander';
import { CliError, EXIT } from './exit.ts';
import { say, type Io } from './io.ts';
import { paint } from './output/colour.ts';
import { createProgram, withoutHelpOfNothing } from './program.ts';
import { inWordsOf, RefusedInput } from './refused-input.ts';

/**
 * Runs one command line (without the program's own name) and resolves with the exit code that docs/cli.md names; never
 * rejects for an expected failure. Writes to the streams of `io` only.
 */
export async function main(argv: readonly string[], given: Io): Promise<number> {
  let exit: number | undefined;
  let running: Command | undefined;
  const io = argv.includes('--no-color') ? { ...given, env: { ...given.env, NO_COLOR: '1' } } : given;
  try {
    const program = await createProgram(io, (code) => (exit = code), argv);
    program.hook('preAction', (_program, command) => void (running = command));
    await program.parseAsync([...withoutHelpOfNothing(program, argv)], { from: 'user' });
    return exit ?? (io.interrupted.aborted ? EXIT.interrupted : EXIT.ok);
  } catch (error) {
    return report(running !== undefined && error instanceof RefusedInput ? inWordsOf(running, error) : error, io);
  }
}

/** Says what went wrong and answers the exit code. A defect of this program is shown with its stack. */
function report(error: unknown, io: Io): number {
  // Commander has written its message, or the help, by itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (io.interrupted.aborted) return EXIT.interrupted;
  const word = paint(io, io.stderr, 'red', 'error:');
  if (error instanceof CliError) {
    say(io, `${word} ${error.message}`);
    return error.exit;
  }
  say(io, `${word} ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  return EXIT.failed;
}
