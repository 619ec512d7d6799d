/** The definitions of all commands: what is parsed, completed and documented. */
import { Command, Option } from 'commander';
import { HELP_GROUPS, helpGroupOf } from './commands/help-groups.ts';
import { requireNames } from './commands/prints-names.ts';
import { registerCommands } from './commands/register.ts';
import { say, type Io } from './io.ts';
import { FORMATS, type Format } from './output/printer.ts';
import { packageVersion } from './package.ts';

const VERSION = new Set(['-V', '--version']);

/**
 * With the commands that `argv` can be about; with all of them where that is not said. A command ends with the code that it gives to
 * `setExit`, otherwise with that of the error that it throws, or 0.
 */
export async function createProgram(
  io: Io,
  setExit: (code: number) => void,
  argv: readonly string[] = [],
): Promise<Command> {
  const program = new Command('cartwright')
    .version(packageVersion(), '-V, --version', 'print the version of this program')
    .description('A platform-as-a-service built on cartridges that scales applications ahead of their load.')
    .addOption(new Option('-o, --output <format>', 'how data is written to stdout').choices(FORMATS).default('table'))
    .option('--context <name>', 'the control plane to talk to, for this command only; see "cartwright context"')
    .option(
      '--tenant <name>',
      'the tenant, where the token may act for several; that of the context, or the token’s own, if absent',
    )
    .option('--no-color', 'no colours, also on a terminal')
    .configureHelp({ showGlobalOptions: true, groupItems: inOrder })
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
  // The version needs none.
  if (!VERSION.has(argv[0] ?? '')) await registerCommands(program, io, setExit, firstWord(program, argv));
  for (const command of program.commands) {
    const title = helpGroupOf(command.name());
    if (title !== undefined) command.helpGroup(headingOf(title));
  }
  return program;
}

/** What --help lists: the groups of commands in their order, and behind them what is in none. */
function inOrder<T extends Command | Option>(_all: T[], visible: T[], titleOf: (item: T) => string): Map<string, T[]> {
  const titles = [...HELP_GROUPS.map(({ title }) => headingOf(title)), ...visible.map(titleOf)];
  const groups = new Map(titles.map((title) => [title, visible.filter((item) => titleOf(item) === title)]));
  return new Map([...groups].filter(([, items]) => items.length > 0));
}

function headingOf(title: string): string {
  return `${title}:`;
}

/**
 * The command line to be parsed in place of one that asks for the help of a command that there is not: the names alone. Commander would
 * show the help of what is around it, and not say so.
 */
export function withoutHelpOfNothing(program: Command, argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  const line = end === -1 ? argv : argv.slice(0, end);
  let asksForHelp = line.includes('--help') || line.includes('-h');
  let command = program;
  const names: string[] = [];
  for (const word of words(program, line)) {
    if (command.commands.length === 0) break;
    if (word === 'help') {
      asksForHelp = true;
      continue;
    }
    names.push(word);
    const found = command.commands.find((each) => each.name() === word || each.aliases().includes(word));
    if (found === undefined) return asksForHelp ? names : argv;
    command = found;
  }
  return argv;
}

/** The first word that is neither an option nor the value of one. */
function firstWord(program: Command, argv: readonly string[]): string | undefined {
  return words(program, argv).next().value;
}

/** What is neither an option of every command, nor the value of one. */
function* words(program: Command, argv: readonly string[]): Generator<string, undefined> {
  for (let index = 0; index < argv.length; index += 1) {
    const word = argv[index]!;
    if (!word.startsWith('-')) yield word;
    else if (program.options.some((option) => option.required && (option.long === word || option.short === word)))
      index += 1;
  }
}
