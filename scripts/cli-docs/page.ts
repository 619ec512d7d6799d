/** docs/cli.md as Markdown, from the definitions of the commands. Pure. */
import type { Command } from 'commander';
import { HELP_GROUPS } from '../../control-plane/cli/commands/help-groups.ts';
import { pathOf } from '../../control-plane/cli/commands/prints-names.ts';
import { prose, sentence } from './prose.ts';

/** Places in the part that is written by hand. */
const GLOBAL_OPTIONS = '@@GLOBAL_OPTIONS@@';
const CONTENTS = '@@CONTENTS@@';

/** Wider than any paragraph, so that none is broken into lines. */
const WITHOUT_END = 1_000_000;

/**
 * @param program with all commands; what it writes as help is changed
 * @param front what is told before the commands
 * @throws Error for a command that is in no group, or that has no description
 */
export function cliPage(program: Command, front: string): string {
  const groups = HELP_GROUPS.map(({ title, words }) => ({
    title,
    commands: words.map((word) => named(program, word)),
  }));
  const placed = new Set(groups.flatMap(({ commands }) => commands));
  const lost = visible(program).find((command) => !placed.has(command));
  if (lost !== undefined)
    throw new Error(
      `the command "${lost.name()}" is in none of the groups of control-plane/cli/commands/help-groups.ts`,
    );
  const contents = groups.map(
    ({ title, commands }) => `- ${link(title)}: ${commands.map((command) => link(pathOf(command))).join(', ')}`,
  );
  const parts = groups.flatMap(({ title, commands }) => [
    `## ${title}`,
    ...commands.flatMap((command) => sections(command, 3)),
  ]);
  const made = front
    .trimEnd()
    .replace(GLOBAL_OPTIONS, () => table('option', optionsOf(program)))
    .replace(CONTENTS, () => contents.join('\n'));
  return `<!-- Made by "node scripts/write-cli-docs.ts" from scripts/cli-docs/front.md and the definitions of the commands: change those. -->\n\n${[made, ...parts].join('\n\n')}\n`;
}

/** A command and all below it, which are not hidden. */
function visible(command: Command): Command[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .filter((each) => each.name() !== 'help');
}

function named(program: Command, word: string): Command {
  const command = program.commands.find((each) => each.name() === word);
  if (command === undefined) throw new Error(`there is no command "${word}", which help-groups.ts names`);
  return command;
}

function sections(command: Command, level: number): string[] {
  const help = command.createHelp();
  const below = visible(command);
  const heading = `${'#'.repeat(level)} ${pathOf(command)}`;
  const description = command.description();
  if (description === '') throw new Error(`the command "${pathOf(command)}" has no description`);
  if (below.length > 0) return [heading, sentence(description), ...below.flatMap((each) => sections(each, level + 1))];
  const given = help
    .visibleArguments(command)
    .map((argument): Row => [help.argumentTerm(argument), help.argumentDescription(argument)]);
  return [
    heading,
    `\`${help.commandUsage(command)}\``,
    sentence(description),
    ...(given.length === 0 ? [] : [table('argument', given)]),
    ...(optionsOf(command).length === 0 ? [] : [table('option', optionsOf(command))]),
    ...behind(command),
  ];
}

type Row = readonly [term: string, description: string];

function optionsOf(command: Command): Row[] {
  const help = command.createHelp();
  return help
    .visibleOptions(command)
    .filter(({ long }) => long !== '--help')
    .map((option) => [
      help.optionTerm(option),
      `${help.optionDescription(option)}${option.mandatory ? ' (needed)' : ''}`,
    ]);
}

function table(title: string, rows: readonly Row[]): string {
  return [
    `| ${title} | what |`,
    '|---|---|',
    ...rows.map(([term, text]) => `| \`${term.replaceAll('|', '\\|')}\` | ${prose(text).replaceAll('|', '\\|')} |`),
  ].join('\n');
}

/** What --help says behind the options: paragraphs, and lines that are indented as they are. */
function behind(command: Command): string[] {
  let text = '';
  command.configureOutput({ writeOut: (more) => (text += more), getOutHelpWidth: () => WITHOUT_END });
  command.outputHelp();
  const before = command.helpInformation();
  return text
    .slice(before.length)
    .trim()
    .split(/\n{2,}/)
    .filter((block) => block !== '')
    .flatMap((block) => {
      const [first = '', ...rest] = block.split('\n');
      return rest.length === 0 ? [prose(first)] : [...(/^Examples?:$/.test(first) ? [] : [prose(first)]), code(rest)];
    });
}

function code(lines: readonly string[]): string {
  return ['```sh', ...lines.map((line) => line.replace(/^ {2}/, '')), '```'].join('\n');
}

/** To a heading of the page, as GitHub makes its anchor. */
function link(heading: string): string {
  return `[${heading}](#${heading.toLowerCase().replaceAll(' ', '-')})`;
}
