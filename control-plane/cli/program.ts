/** The definitions of all commands: what is parsed, completed and documented. */
import { Command, Option } from 'commander';
import { requireNames } from './commands/prints-names.ts';
import { registerClientCommands } from './commands/register.ts';
import { registerServerCommands } from './commands/server.ts';
import { packageVersion } from './commands/version.ts';
import { say, type Io } from './io.ts';
import { FORMATS, type Format } from './output/printer.ts';

/** A command ends with the code that it gives to `setExit`, otherwise with that of the error that it throws, or 0. */
export function createProgram(io: Io, setExit: (code: number) => void): Command {
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
    .exitOverride()
    .hook('preAction', (_program, command) => {
      if (program.opts<{ output: Format }>().output === 'name') requireNames(command);
    });
  registerServerCommands(program, io, setExit);
  registerClientCommands(program, io, setExit);
  return program;
}
