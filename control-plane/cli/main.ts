/** The command line: which commands there are, and how each end becomes an exit code. */
import { Command, CommanderError, Option } from 'commander';
import { registerClientCommands } from './commands/register.ts';
import { packageVersion } from './commands/version.ts';
import { CliError, EXIT } from './exit.ts';
import { say, type Io } from './io.ts';
import { FORMATS } from './output/printer.ts';
import { paint } from './output/colour.ts';
import { registerServerCommands } from './commands/server.ts';

/**
 * Runs one command line (without the program's own name) and resolves with the exit code that docs/cli.md names; never
 * rejects for an expected failure. Writes to the streams of `io` only.
 */
export async function main(argv: readonly string[], given: Io): Promise<number> {
  let exit: number | undefined;
  const io = argv.includes('--no-color') ? { ...given, env: { ...given.env, NO_COLOR: '1' } } : given;
  const program = createProgram(io, (code) => (exit = code));
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return exit ?? (io.interrupted.aborted ? EXIT.interrupted : EXIT.ok);
  } catch (error) {
    return report(error, io);
  }
}

function createProgram(io: Io, setExit: (code: number) => void): Command {
  const program = new Command('cartwright')
    .version(packageVersion(), '-V, --version', 'print the version of this program')
    .description('A platform-as-a-service built on cartridges that scales applications ahead of their load.')
    .addOption(new Option('-o, --output <format>', 'how data is written to stdout').choices(FORMATS).default('table'))
    .option('--context <name>', 'the control plane to talk to; see "cartwright context"')
    .option('--tenant <name>', 'the tenant, where the token may act for several')
    .option('--no-color', 'no colours, also on a terminal')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => void io.stdout.stream.write(text),
      // Words of the command line are in it, which may come from elsewhere.
      writeErr: (text) => say(io, text.replace(/\n$/, '')),
    })
    .showHelpAfterError('(see --help)')
    .exitOverride();
  registerServerCommands(program, io, setExit);
  registerClientCommands(program, io, setExit);
  return program;
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
