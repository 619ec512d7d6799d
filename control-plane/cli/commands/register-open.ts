/** `open`: the console in a browser. */
import type { Command } from 'commander';
import { more } from '../help.ts';
import type { WithSession } from './register.ts';

/** As commander gives them. */
export interface OpenCommandOptions {
  readonly print?: boolean;
}

export function registerOpenCommand(program: Command, withSession: WithSession): void {
  program
    .command('open')
    .argument('[what]', 'what is shown, see below; the overview if absent')
    .argument('[name]', 'which, behind a word')
    .description('print a link that signs a browser in to the console, once, and open it on a desktop')
    .option('--print', 'only print it')
    .addHelpText(
      'after',
      more({
        text: [
          'The link signs in once, whoever opens it first, within five minutes, as you. On a terminal of a desktop it is opened, too.',
          `  (nothing)                      the overview
  APPLICATION[/ALIAS]            an application, or one of its service clusters
  application NAME               the same, for a NAME that is one of these words
  logs APPLICATION               its log
  instance UID                   an instance
  host-clusters, cartridges, policies, tenants, tokens, audit`,
          'The link is handed to xdg-open (on macOS to open) as an argument, which other users of the same machine can read while that runs. Where you do not trust them, --print it and paste it.',
          '-o json: {url, expiresAt}.',
        ],
        examples: ['cartwright open', 'cartwright open shop/web', 'cartwright open logs shop --print'],
      }),
    )
    .action((what: string | undefined, name: string | undefined, options: OpenCommandOptions) =>
      withSession(async (session) => (await import('./open.ts')).open(session, what, name, options)),
    );
}
