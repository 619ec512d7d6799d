/** Commands for notices: who outside of the platform is told of events. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { more } from '../help.ts';
import { printsNames } from './prints-names.ts';
import { describing } from './register-nouns.ts';
import type { WithSession } from './register.ts';

/** As commander gives them. */
export interface NoticeCreateOptions {
  readonly url: string;
  readonly on: readonly string[];
  readonly application?: string;
  readonly platform?: boolean;
}

export function registerNoticeCommands(program: Command, withSession: WithSession): void {
  const notice = program
    .command('notice')
    .description('tell somebody outside of events, by signed webhooks (admins, operators)');
  printsNames(notice.command('create').argument('<name>', 'of the notice'))
    .description('make a notice; prints, this once, the secret that its messages are signed with')
    .requiredOption('--url <url>', 'where messages are sent, https://…')
    .requiredOption('--on <type...>', 'event types, such as rollout.returned, "instance.*" or "*"')
    .option('--application <name>', 'about this application only')
    .option('--platform', 'about all that happens on the platform (operators)')
    .addHelpText(
      'after',
      more({
        text: ['What is sent, and how it is signed: docs/notices.md', '-o json: {notice, secret}.'],
        examples: ['cartwright notice create chat --url https://chat.example/hook --on rollout.returned "instance.*"'],
      }),
    )
    .action((name: string, options: NoticeCreateOptions) =>
      withSession(async (session) => (await import('./notice.ts')).create(session, name, options)),
    );
  printsNames(notice.command('list'))
    .alias('get')
    .description('list notices: whether they get through, what waits, the last success and the last error')
    .addHelpText('after', more({ examples: ['cartwright notice list'] }))
    .action(() => withSession(async (session) => (await import('./notice.ts')).list(session)));
  describing(notice, 'notice', 'chat', withSession);
  printsNames(notice.command('rotate').argument('<name>', 'which'))
    .description('give the notice another secret, which signs at once; prints it, this once')
    .option(
      '--overlap <duration>',
      'sign with the secret before as well for so long, such as 24h (at most 7d); no longer at all if absent',
    )
    .addHelpText(
      'after',
      more({ text: ['-o json: {notice, secret}.'], examples: ['cartwright notice rotate chat --overlap 24h'] }),
    )
    .action((name: string, options: { overlap?: string }) =>
      withSession(async (session) => (await import('./notice.ts')).rotate(session, name, options)),
    );
  notice
    .command('test')
    .argument('<name>', 'which')
    .description('send one message now; exit code 1 when it is not taken')
    .addHelpText(
      'after',
      more({ text: ['-o json: {taken, status, milliseconds, message}.'], examples: ['cartwright notice test chat'] }),
    )
    .action((name: string) => withSession(async (session) => (await import('./notice.ts')).test(session, name)));
  printsNames(notice.command('enable').argument('<name>', 'which'))
    .description('go on with a notice that was disabled, where it was')
    .addHelpText('after', more({ examples: ['cartwright notice enable chat'] }))
    .action((name: string) => withSession(async (session) => (await import('./notice.ts')).enable(session, name)));
  destroying(printsNames(notice.command('delete').argument('<name>', 'which, also by its uid')))
    .description('delete a notice, by name or uid')
    .addHelpText('after', more({ examples: ['cartwright notice delete chat --yes'] }))
    .action((name: string, options: Confirmation) =>
      withSession(async (session) => (await import('./notice.ts')).remove(session, name, options)),
    );
}
