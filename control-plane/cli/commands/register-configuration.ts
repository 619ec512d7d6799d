/** Commands for the environment of applications: variables and secrets. */
import type { Command } from 'commander';
import type { WithSession } from './register.ts';

const TIMEOUT = 'longest time to wait, such as 90s, 5m or 1h; exit code 124 when it is over';

export function registerConfigurationCommands(program: Command, withSession: WithSession): void {
  registerConfig(program.command('config').description('variables over the manifest’s environment'), withSession);
  registerSecret(program.command('secret').description('secrets: encrypted, never shown again'), withSession);
}

function registerConfig(config: Command, withSession: WithSession): void {
  config
    .command('get <target> [name]')
    .description(
      'show the environment that the next release of APPLICATION[/ALIAS] takes, and where each value comes from',
    )
    .action((target: string, name: string | undefined) =>
      withSession(async (session) => (await import('./config.ts')).get(session, target, name)),
    );
  waiting(config.command('set <target> <assignment...>'))
    .description('set KEY=VALUE… for a component, or for all components of APPLICATION; makes one release')
    .action((target: string, assignments: string[], options: WaitOptions) =>
      withSession(async (session) => (await import('./config.ts')).set(session, target, assignments, options)),
    );
  waiting(config.command('unset <target> <name...>'))
    .description('unset variables, so that the manifest’s count again; makes one release')
    .action((target: string, names: string[], options: WaitOptions) =>
      withSession(async (session) => (await import('./config.ts')).unset(session, target, names, options)),
    );
}

function registerSecret(secret: Command, withSession: WithSession): void {
  waiting(secret.command('set <target> [name]'))
    .description('set a secret of a component, or of all components of APPLICATION; the value comes from stdin')
    .option('--file <path>', 'take the value from a file instead of stdin')
    .option('--env-file <path>', 'set every NAME=VALUE line of a file, all in one release')
    .option(
      '--as <delivery>',
      'environment: the variable holds the value; file: the path of a file that does',
      'environment',
    )
    .action((target: string, name: string | undefined, options: SecretSetOptions) =>
      withSession(async (session) => (await import('./secret.ts')).set(session, target, name, options)),
    );
  secret
    .command('list <target>')
    .description('list secrets and their versions, who set them and when; never values')
    .option('--all', 'also versions that new releases no longer take')
    .action((target: string, options: { all?: boolean }) =>
      withSession(async (session) => (await import('./secret.ts')).list(session, target, options)),
    );
  waiting(secret.command('unset <target> <name...>'))
    .description('new releases no longer take these secrets; a rollback still does')
    .action((target: string, names: string[], options: WaitOptions) =>
      withSession(async (session) => (await import('./secret.ts')).unset(session, target, names, options)),
    );
  waiting(secret.command('revoke <target> <name> [version]'))
    .description('destroy a secret, or one VERSION of it, for good: no rollback can bring it back')
    .option('--force', 'also when a release that runs takes it: a release without it is made')
    .action((target: string, name: string, version: string | undefined, options: SecretRevokeOptions) =>
      withSession(async (session) => (await import('./secret.ts')).revoke(session, target, name, version, options)),
    );
}

function waiting(command: Command): Command {
  return command
    .option('--no-wait', 'return as soon as the release is made')
    .option('--wait', 'wait until it is rolled out (the default)')
    .option('--timeout <duration>', TIMEOUT, '5m');
}

/** As commander gives them. */
export interface WaitOptions {
  readonly wait: boolean;
  readonly timeout: string;
}

export interface SecretSetOptions extends WaitOptions {
  readonly file?: string;
  readonly envFile?: string;
  readonly as: string;
}

export interface SecretRevokeOptions extends WaitOptions {
  readonly force?: boolean;
}
