/** Commands for the environment of applications: variables and secrets. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

const TIMEOUT = 'longest time to wait, such as 90s, 5m or 1h; exit code 124 when it is over';

export function registerConfigurationCommands(program: Command, withSession: WithSession): void {
  registerConfig(program.command('config').description('variables over the manifest’s environment'), withSession);
  registerCredential(
    program.command('credential').description('what private Git repositories are read with, and images pulled'),
    withSession,
  );
  registerSecret(program.command('secret').description('secrets: encrypted, never shown again'), withSession);
}

function registerConfig(config: Command, withSession: WithSession): void {
  printsNames(config.command('get <target> [name]'))
    .alias('list')
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
  printsNames(secret.command('list <target>'))
    .alias('get')
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
  destroying(waiting(secret.command('revoke <target> <name> [version]')))
    .description('destroy a secret, or one VERSION of it, for good: no rollback can bring it back')
    .option('--force', 'also when a release that runs takes it: a release without it is made')
    .action((target: string, name: string, version: string | undefined, options: SecretRevokeOptions) =>
      withSession(async (session) => (await import('./secret.ts')).revoke(session, target, name, version, options)),
    );
}

const CLUSTER = ['--cluster <name>', 'with --registry, for operators: of every tenant in this host cluster'] as const;

function registerCredential(credential: Command, withSession: WithSession): void {
  printsNames(credential.command('set <name>'))
    .description(
      'store a token (or --password, --key) for source.git.credentials, or with --registry to pull images; the value comes from stdin',
    )
    .requiredOption('--host <host...>', 'host that it may be shown to, such as git.example.org or git.example.org:2222')
    .option('--password', 'it is the password of --username')
    .option('--key', 'it is a private key (a deploy key) for ssh, without a passphrase')
    .option('--registry', 'it is what --username logs in with at a registry of images, for host clusters to pull them')
    .option(...CLUSTER)
    .option('--username <name>', 'the user of a password; of a token where the host wants a certain one')
    .option('--known-hosts <file>', 'with --key: the host keys to believe, as ssh-keyscan prints them')
    .option('--file <path>', 'take the value from a file instead of stdin')
    .action((name: string, options: CredentialSetOptions) =>
      withSession(async (session) => (await import('./credential.ts')).set(session, name, options)),
    );
  printsNames(credential.command('list'))
    .alias('get')
    .description('list credentials, who set them and when; never values')
    .option(...CLUSTER)
    .action((options: OfCluster) =>
      withSession(async (session) => (await import('./credential.ts')).list(session, options)),
    );
  destroying(printsNames(credential.command('delete <name>')))
    .description('delete a credential that no source names')
    .option(...CLUSTER)
    .action((name: string, options: OfCluster & Confirmation) =>
      withSession(async (session) => (await import('./credential.ts')).remove(session, name, options)),
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

export interface SecretRevokeOptions extends WaitOptions, Confirmation {
  readonly force?: boolean;
}

export interface OfCluster {
  readonly cluster?: string;
}

export interface CredentialSetOptions extends OfCluster {
  readonly host: string[];
  readonly registry?: boolean;
  readonly password?: boolean;
  readonly key?: boolean;
  readonly username?: string;
  readonly knownHosts?: string;
  readonly file?: string;
}
