/** Commands that change what runs: deployments, rollbacks, deletions. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

const WAITING = 'longest time to wait, such as 90s, 5m or 1h; exit code 124 when it is over';

export function registerDeployCommands(program: Command, withSession: WithSession): void {
  printsNames(program.command('deploy [dir]'))
    .description('upload a folder (or name a Git repository), build it, roll it out and print its URL')
    .option('--git <url>', 'take the source from a Git repository instead of uploading a folder')
    .option('--branch <name>', 'branch of the repository; its default branch if absent')
    .option('--name <application>', 'name of the application; that of the folder or repository if absent')
    .option('--alias <alias>', 'component of the application that runs it')
    .option('--cartridge <name>', 'cartridge to run it on; found by the files in the folder if absent')
    .option('--no-wait', 'return as soon as the build is queued')
    .option('--wait', 'wait until it serves (the default)')
    .option('--timeout <duration>', WAITING, '5m')
    .action((dir: string | undefined, options: DeployCommandOptions) =>
      withSession(async (session) => (await import('./deploy.ts')).deploy(session, dir, options)),
    );
  printsNames(program.command('rollback <target>'))
    .description('bring an earlier release of APPLICATION[/ALIAS] back; a roll-out under way is returned at once')
    .option(
      '--to <number>',
      'number of the release; the one before if absent: that of before a roll-out under way, or of before the present release',
    )
    .option('--policies', 'apply the policies that were noted with the release, too')
    .option('--no-wait', 'return as soon as the roll-out has begun')
    .option('--wait', 'wait until it is done (the default)')
    .option('--timeout <duration>', WAITING, '5m')
    .action((target: string, options: { to?: string; policies?: boolean; wait: boolean; timeout: string }) =>
      withSession(async (session) => (await import('./rollback.ts')).rollback(session, target, options)),
    );
  destroying(printsNames(program.command('delete <what...>')))
    .usage('[options] <application|policy> <name...>')
    .description('delete applications or policies; KIND/NAME says the same as KIND NAME')
    .option('--kind <kind>', 'which policy, where two have the name: AutoscalingPolicy or DeploymentPolicy')
    .option('--wait', 'wait until the application is gone')
    .option('--timeout <duration>', WAITING, '5m')
    .action((words: string[], options: DeleteCommandOptions) =>
      withSession(async (session) => (await import('./delete.ts')).remove(session, words, options)),
    );
}

/** As commander gives them. */
export interface DeployCommandOptions {
  readonly git?: string;
  readonly branch?: string;
  readonly name?: string;
  readonly alias?: string;
  readonly cartridge?: string;
  readonly wait: boolean;
  readonly timeout: string;
}

export interface DeleteCommandOptions extends Confirmation {
  readonly kind?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}
