/** What --help says of a command behind its options. docs/cli.md is made of the same texts. */
import type { AddHelpTextContext } from 'commander';

/** An argument of many commands. */
export const TARGET = 'APPLICATION/ALIAS, or APPLICATION where it has one component only (lb does not count)';
/** The same, where a whole application can be meant. */
export const COMPONENTS = 'APPLICATION/ALIAS, or APPLICATION for all of its components';

/** An option of the commands that steer a service cluster. */
export const DRY_RUN = 'say what it would do with the load of now, or why it would be refused, and do nothing';

export interface More {
  /** Paragraphs; one that begins with two spaces stays as its lines are. */
  readonly text?: readonly string[];
  /** Whole command lines. */
  readonly examples: readonly string[];
}

const USUAL_WIDTH = 80;

/** To be given to `addHelpText('after', …)`. */
export function more({ text = [], examples }: More): (context: AddHelpTextContext) => string {
  return ({ command }) => {
    const width = command.configureOutput().getOutHelpWidth?.() ?? USUAL_WIDTH;
    const help = command.createHelp();
    const paragraphs = text.map((each) => (each.startsWith('  ') ? each : help.boxWrap(each, width)));
    const last = `${examples.length === 1 ? 'Example' : 'Examples'}:\n${examples.map((line) => `  ${line}`).join('\n')}`;
    return ['', [...paragraphs, last].join('\n\n')].join('\n');
  };
}
