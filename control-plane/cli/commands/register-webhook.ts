/** Commands for webhooks: where Git hosts tell of pushes. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

export function registerWebhookCommands(program: Command, withSession: WithSession): void {
  const webhook = program
    .command('webhook')
    .description('where GitHub, GitLab or Gitea tell of pushes, so that nobody waits for the next look');
  printsNames(webhook.command('create <target>'))
    .description('make the webhook of APPLICATION/ALIAS; prints its URL and, this once, its secret')
    .action((target: string) => withSession(async (session) => (await import('./webhook.ts')).create(session, target)));
  printsNames(webhook.command('list <target>'))
    .alias('get')
    .description('list the webhooks of APPLICATION[/ALIAS], with the last delivery and the last refusal')
    .action((target: string) => withSession(async (session) => (await import('./webhook.ts')).list(session, target)));
  printsNames(webhook.command('rotate <target>'))
    .description('give the webhook another secret, in force at once; prints it, this once')
    .option(
      '--overlap <duration>',
      'take the secret before as well for so long, such as 1h (at most 7d); refused at once if absent',
    )
    .action((target: string, options: { overlap?: string }) =>
      withSession(async (session) => (await import('./webhook.ts')).rotate(session, target, options)),
    );
  destroying(printsNames(webhook.command('delete <target>')))
    .description('delete the webhook; the source is still looked at in its turn')
    .action((target: string, options: Confirmation) =>
      withSession(async (session) => (await import('./webhook.ts')).remove(session, target, options)),
    );
}
