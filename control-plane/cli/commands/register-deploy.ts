/** Commands that change what runs: deployments, rollbacks, deletions. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { COMPONENTS, DRY_RUN, more, TARGET } from '../help.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';
import type { Trial } from './register-scaling.ts';

const WAITING = 'longest time to wait, such as 90s, 5m or 1h; exit code 124 when it is over';

export function registerDeployCommands(program: Command, withSession: WithSession): void {
  printsNames(program.command('deploy').argument('[dir]', 'the folder; the current one if absent'))
    .description('upload a folder (or name a Git repository), build it, roll it out and print its URL')
    .option('--git <url>', 'take the source from a Git repository instead of uploading a folder')
    .option('--branch <name>', 'branch of the repository; its default branch if absent')
    .option('--name <application>', 'name of the application; that of the folder or repository if absent')
    .option('--alias <alias>', 'component of the application that runs it')
    .option('--cartridge <name>', 'cartridge to run it on; found by the files in the folder if absent')
    .option('--no-wait', 'return as soon as the build is queued')
    .option('--wait', 'wait until it serves (the default)')
    .option('--timeout <duration>', WAITING, '5m')
    .addHelpText(
      'after',
      more({
        text: [
          '1. A cartwright.yaml in the folder is checked. Without one, an application of that name that exists is used as it is; otherwise one is made: called like the folder, with one component web on the cartridge whose files the folder holds (--cartridge says another).',
          '2. The folder is packed and uploaded, without .git and node_modules and without what .gitignore and .cartwrightignore leave out. Both may stand in every folder; a deeper one wins, and beside each other .cartwrightignore wins. Files above the folder are not read. Links that lead out of the folder are refused by name. The archive depends on the files’ names, contents and executable bits only.',
          '3. The control plane takes manifest and source together: whether the Git host answers, the branch is there and the tenant’s quotas allow it is asked first. A deployment that is refused leaves no application, and one that was there as it was.',
          '4. The build’s log, the roll-out and the states of the instances are shown on stderr, over broken connections and a control plane that is started again.',
          '5. When an instance and the load balancer serve, the URL is printed and the command ends with 0.',
          'When it fails, stderr says why (the build’s error, the fault of the instance, the reason for which the roll-out was taken back), after the last 20 lines of the application’s log where it had been started, and the command ends with 1. After --timeout it ends with 124; --no-wait does not wait at all.',
          'With --git the manifest’s source is set to that repository, nothing is uploaded, and no folder is looked at unless one is named. A component whose manifest names a Git repository is deployed from there, not from the folder.',
          '-o json: {application, alias, url, build, rollout}; url is null without an HTTP port, rollout and url with --no-wait.',
        ],
        examples: [
          'cartwright deploy',
          'cartwright deploy ../shop --name shop --cartridge nodejs',
          'cartwright deploy --git https://git.example/shop.git --branch main --cartridge nodejs',
        ],
      }),
    )
    .action((dir: string | undefined, options: DeployCommandOptions) =>
      withSession(async (session) => (await import('./deploy.ts')).deploy(session, dir, options)),
    );
  printsNames(program.command('rollback').argument('<target>', TARGET))
    .description('bring an earlier release of APPLICATION[/ALIAS] back; a roll-out under way is returned at once')
    .option(
      '--to <number>',
      'number of the release; the one before if absent: that of before a roll-out under way, or of before the present release',
    )
    .option('--policies', 'apply the policies that were noted with the release, too')
    .option('--no-wait', 'return as soon as the roll-out has begun')
    .option('--wait', 'wait until it is done (the default)')
    .option('--timeout <duration>', WAITING, '5m')
    .addHelpText(
      'after',
      more({
        text: [
          'An earlier release runs again, on the version of the cartridge that it was made with. Without --to it is the release that was live before the present one: the one whose roll-out went through, or from which one began. A release that was returned, or that another one took the place of while it waited (skipped), is none. What an earlier rollback left is not come back to: of 1, 2, 3, back to 1, then 4, the one before 4 is 1, and one rollback after another goes from 3 to 2 to 1. Where nothing was live before, it is refused (exit code 4).',
          'A roll-out under way is returned at once (returned-by-request): to its release before, which is also what no --to means then, or on to that of --to. What was queued behind it is left out. Where a release waits for its hook release, a rollback leaves it out (it becomes returned; the hook runs to its end) and what runs stays.',
          '--to N takes any release that is kept, also one that never ran: it is rolled out like a new one, and returned when it fails. One that never served is refused unless its hook has succeeded, where there is one: docs/tasks.md#the-hook-release',
          'Policies stay as they are; with --policies those that were noted with the release are applied first, as they were (one with a name changes for all that use it).',
        ],
        examples: ['cartwright rollback shop', 'cartwright rollback shop/web --to 3 --policies'],
      }),
    )
    .action((target: string, options: { to?: string; policies?: boolean; wait: boolean; timeout: string }) =>
      withSession(async (session) => (await import('./rollback.ts')).rollback(session, target, options)),
    );
  printsNames(program.command('restart').argument('<target>', COMPONENTS))
    .description('start all instances of APPLICATION[/ALIAS] anew: a few at a time, without a request that is lost')
    .option('--reason <text>', 'why; shown to everybody who looks', 'restarted by hand')
    .option('--dry-run', DRY_RUN)
    .option('--no-wait', 'return as soon as it has begun')
    .option('--wait', 'wait until all of it is done (the default)')
    .option('--timeout <duration>', WAITING, '5m')
    .addHelpText(
      'after',
      more({
        text: [
          'It is the release that runs, rolled out once more: docs/operations.md#restarting. Without an alias all components but the load balancer.',
          '-o json: an array of the roll-outs.',
        ],
        examples: ['cartwright restart shop/web --reason "it leaks"', 'cartwright restart shop --no-wait'],
      }),
    )
    .action((target: string, options: RestartCommandOptions) =>
      withSession(async (session) => (await import('./restart.ts')).restart(session, target, options)),
    );
  destroying(printsNames(program.command('delete').argument('<what...>', 'KIND and names, or KIND/NAME of each')))
    .usage('[options] <application|policy> <name...>')
    .description('delete applications or policies; KIND/NAME says the same as KIND NAME')
    .option('--kind <kind>', 'which policy, where two have the name: AutoscalingPolicy or DeploymentPolicy')
    .option('--wait', 'wait until the application is gone')
    .option('--timeout <duration>', WAITING, '5m')
    .addHelpText(
      'after',
      more({
        text: [
          'All kinds are looked at before anything is deleted. What else there is has a command of its own, such as "cartwright secret unset".',
        ],
        examples: ['cartwright delete application shop --yes --wait', 'cartwright delete policy/calm policy/steady'],
      }),
    )
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

export interface RestartCommandOptions extends Trial {
  readonly reason: string;
  readonly wait: boolean;
  readonly timeout: string;
}

export interface DeleteCommandOptions extends Confirmation {
  readonly kind?: string;
  readonly wait?: boolean;
  readonly timeout: string;
}
