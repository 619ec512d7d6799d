/** Commands for webhooks: where Git hosts tell of pushes. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { more, TARGET } from '../help.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

export function registerWebhookCommands(program: Command, withSession: WithSession): void {
  const webhook = program
    .command('webhook')
    .description('where GitHub, GitLab or Gitea tell of pushes, so that nobody waits for the next look');
  printsNames(webhook.command('create').argument('<target>', TARGET))
    .description('make the webhook of APPLICATION/ALIAS; prints its URL and, this once, its secret')
    .addHelpText(
      'after',
      more({
        text: ['What to set at the Git host: docs/webhooks.md', '-o json: {url, secret, webhook}.'],
        examples: ['cartwright webhook create shop/web'],
      }),
    )
    .action((target: string) => withSession(async (session) => (await import('./webhook.ts')).create(session, target)));
  printsNames(webhook.command('list').argument('<target>', 'APPLICATION or APPLICATION/ALIAS'))
    .alias('get')
    .description('list the webhooks of APPLICATION[/ALIAS], with the last delivery and the last refusal')
    .addHelpText(
      'after',
      more({
        text: ['-o json: an array with url beside the webhook’s fields.'],
        examples: ['cartwright webhook list shop'],
      }),
    )
    .action((target: string) => withSession(async (session) => (await import('./webhook.ts')).list(session, target)));
  printsNames(webhook.command('rotate').argument('<target>', TARGET))
    .description('give the webhook another secret, in force at once; prints it, this once')
    .option(
      '--overlap <duration>',
      'take the secret before as well for so long, such as 1h (at most 7d); refused at once if absent',
    )
    .addHelpText(
      'after',
      more({
        text: ['-o json: {url, secret, webhook}.'],
        examples: ['cartwright webhook rotate shop/web --overlap 1h'],
      }),
    )
    .action((target: string, options: { overlap?: string }) =>
      withSession(async (session) => (await import('./webhook.ts')).rotate(session, target, options)),
    );
  destroying(printsNames(webhook.command('delete').argument('<target>', TARGET)))
    .description('delete the webhook; the source is still looked at in its turn')
    .addHelpText('after', more({ examples: ['cartwright webhook delete shop/web --yes'] }))
    .action((target: string, options: Confirmation) =>
      withSession(async (session) => (await import('./webhook.ts')).remove(session, target, options)),
    );
}
