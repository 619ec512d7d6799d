/** Where on a command line the last word is: of which command, and an argument or the value of an option. Pure. */
import type { Argument, Command, Option } from 'commander';

export interface Place {
  readonly command: Command;
  /** What stands before the last word as arguments of the command. */
  readonly given: readonly string[];
  /** What the last word is: the value of an option, an argument, or something that is not known. */
  readonly is: Option | Argument | undefined;
  /** As much as is typed of it. */
  readonly word: string;
  /** Values of options that stand before it, by their long flags. */
  readonly values: ReadonlyMap<string, string>;
}

/** `words`: without the program's own name; the last one may be empty. */
export function placeOf(program: Command, words: readonly string[]): Place {
  const values = new Map<string, string>();
  const given: string[] = [];
  let command = program;
  let awaiting: Option | undefined;
  let isOver = false;
  for (const word of words.slice(0, -1)) {
    if (awaiting !== undefined) {
      values.set(awaiting.long ?? awaiting.flags, word);
      awaiting = undefined;
    } else if (word === '--') isOver = true;
    else if (word.startsWith('-') && !isOver) awaiting = valued(program, command, word);
    else {
      const next = given.length === 0 ? subcommand(command, word) : undefined;
      if (next === undefined) given.push(word);
      else command = next;
    }
  }
  // Of a command with a default subcommand the arguments are that one's.
  const known = defaultOf(command) ?? command;
  const last = known.registeredArguments.at(-1);
  const argument = known.registeredArguments[given.length] ?? (last?.variadic === true ? last : undefined);
  return { command: known, given, is: awaiting ?? argument, word: words.at(-1) ?? '', values };
}

/** The subcommand that a command is without one; `undefined`: it needs one, or has none. */
export function defaultOf(command: Command): Command | undefined {
  const { _defaultCommandName: name } = command as { _defaultCommandName?: string | null };
  return command.commands.find((candidate) => candidate.name() === name);
}

function valued(program: Command, command: Command, word: string): Option | undefined {
  const option = [...command.options, ...program.options].find(({ long, short }) => long === word || short === word);
  return option !== undefined && (option.required || option.optional) ? option : undefined;
}

function subcommand(command: Command, word: string): Command | undefined {
  return command.commands.find((candidate) => candidate.name() === word || candidate.aliases().includes(word));
}
