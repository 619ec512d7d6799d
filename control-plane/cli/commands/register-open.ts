/** `open`: the console in a browser. */
import type { Command } from 'commander';
import type { WithSession } from './register.ts';

/** As commander gives them. */
export interface OpenCommandOptions {
  readonly print?: boolean;
}

export function registerOpenCommand(program: Command, withSession: WithSession): void {
  program
    .command('open [what] [name]')
    .description('print a link that signs a browser in to the console, once, and open it on a desktop')
    .option('--print', 'only print it')
    .addHelpText(
      'after',
      `
What is shown:
  (nothing)                      the overview
  APPLICATION[/ALIAS]            an application, or one of its service clusters
  application NAME               the same, for a NAME that is one of these words
  logs APPLICATION               its log
  instance UID                   an instance
  host-clusters, cartridges, policies, tenants, tokens, audit`,
    )
    .action((what: string | undefined, name: string | undefined, options: OpenCommandOptions) =>
      withSession(async (session) => (await import('./open.ts')).open(session, what, name, options)),
    );
}
