/** Commands that change what runs: manifests, deployments, deletions. */
import type { Command } from 'commander';
import type { WithSession } from './register.ts';

const WAITING = 'longest time to wait, such as 90s, 5m or 1h; exit code 124 when it is over';

export function registerDeployCommands(program: Command, withSession: WithSession): void {
  program
    .command('apply')
    .description('make or change what manifests describe (YAML or JSON)')
    .requiredOption(
      '-f, --file <path...>',
      'file, folder of *.yaml, *.yml and *.json, or - for stdin; several times if wanted',
    )
    .option('--dry-run', 'only check and compare; store nothing')
    .action((options: { file: string[]; dryRun?: boolean }) =>
      withSession(async (session) => (await import('./apply.ts')).apply(session, options)),
    );
  program
    .command('deploy [dir]')
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
  program
    .command('rollback <target>')
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
  program
    .command('delete <kind> <name>')
    .description('delete an application or a policy')
    .option('-y, --yes', 'do not ask')
    .option('--kind <kind>', 'which policy, where two have the name: AutoscalingPolicy or DeploymentPolicy')
    .option('--wait', 'wait until the application is gone')
    .option('--timeout <duration>', WAITING, '5m')
    .action((kind: string, name: string, options: DeleteCommandOptions) =>
      withSession(async (session) => (await import('./delete.ts')).remove(session, kind, name, options)),
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

export interface DeleteCommandOptions {
  readonly yes?: boolean;
  readonly kind?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}
