/** What the scripts of shells are made of: each command with what may follow it. */
import type { Command } from 'commander';
import { defaultOf } from './place.ts';

export interface Definition {
  /** Words of the command, each after a space; empty: the program itself. With those of its aliases. */
  readonly paths: readonly string[];
  readonly subcommands: readonly { readonly name: string; readonly description: string }[];
  /** Without a subcommand it is a command itself, whose arguments may stand where those are. */
  readonly hasDefault: boolean;
  readonly options: readonly { readonly flag: string; readonly description: string; readonly takesValue: boolean }[];
}

/** The program and all its commands that are not hidden. */
export function definitionsOf(program: Command): readonly Definition[] {
  const collect = (command: Command, paths: readonly string[]): Definition[] => {
    const subcommands = command.createHelp().visibleCommands(command);
    return [
      {
        paths,
        subcommands: subcommands.map((each) => ({ name: each.name(), description: each.description() })),
        hasDefault: defaultOf(command) !== undefined,
        options: optionsOf(program, command),
      },
      ...subcommands
        .filter((each) => each.name() !== 'help')
        .flatMap((each) =>
          collect(
            each,
            paths.flatMap((path) => [each.name(), ...each.aliases()].map((name) => `${path} ${name}`)),
          ),
        ),
    ];
  };
  return collect(program, ['']);
}

function optionsOf(program: Command, command: Command): Definition['options'] {
  const help = command.createHelp();
  const own = help.visibleOptions(command);
  const others = command === program ? [] : help.visibleOptions(program).filter(({ long }) => long !== '--version');
  return [...own, ...others.filter(({ long }) => !own.some((option) => option.long === long))].flatMap((option) =>
    [option.long, option.short].flatMap((flag) =>
      flag ? [{ flag, description: option.description, takesValue: option.required || option.optional }] : [],
    ),
  );
}
