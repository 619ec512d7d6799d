/** Commands about one-off tasks. */
import type { Command } from 'commander';
import { more, TARGET } from '../help.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

/** As commander gives them. */
export interface RunCommandOptions {
  readonly timeout: string;
  readonly release?: string;
  readonly detach?: boolean;
}

export function registerRunCommand(program: Command, withSession: WithSession, setExit: (code: number) => void): void {
  printsNames(
    program
      .command('run')
      .argument('<target>', TARGET)
      .argument('[command...]', 'the program and its arguments, behind --'),
  )
    .description('run a command once in a copy of APPLICATION[/ALIAS]; its output and exit code are this program’s')
    .usage('[options] <target> -- <program> [arguments...]')
    .option('--timeout <duration>', 'longest time that it may take, such as 90s, 5m or 1h', '1h')
    .option('--release <number>', 'number of the release; the one that runs if absent')
    .option('--detach', 'print the task’s uid and return; see "cartwright get tasks"')
    .addHelpText(
      'after',
      more({
        text: [
          'Ctrl-C stops the task; a second one leaves it to the platform. After --timeout the exit code is 124. What tasks are: docs/tasks.md',
          '-o json, with --detach: the task.',
        ],
        examples: [
          'cartwright run shop/web -- node migrate.js',
          'cartwright run shop --timeout 10m --detach -- npm run report',
        ],
      }),
    )
    .action((target: string, command: string[], options: RunCommandOptions) =>
      withSession(async (session) => setExit(await (await import('./run.ts')).run(session, target, command, options))),
    );
}
