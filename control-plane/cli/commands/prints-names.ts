/** Which commands `-o name` goes with: it is refused by the others before they do anything. */
import type { Command } from 'commander';
import { usage } from '../exit.ts';

const PRINTING = new WeakSet<Command>();

/** Of what the command prints, each thing has a name that other commands take. */
export function printsNames(command: Command): Command {
  PRINTING.add(command);
  return command;
}

/** Throws a usage error for a command that has no names to print. */
export function requireNames(command: Command): void {
  if (PRINTING.has(command)) return;
  throw usage(`-o name: what "cartwright ${pathOf(command)}" prints has no name; see -o json`);
}

/** The words that one types for a command, without the program's own. */
export function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}
