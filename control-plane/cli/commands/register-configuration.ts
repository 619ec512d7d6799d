/** Commands for the environment of applications: variables and secrets. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { COMPONENTS, more, TARGET } from '../help.ts';
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
  printsNames(config.command('get').argument('<target>', TARGET).argument('[name]', 'of one variable'))
    .alias('list')
    .description(
      'show the environment that the next release of APPLICATION[/ALIAS] takes, and where each value comes from',
    )
    .addHelpText(
      'after',
      more({
        text: ['With a name the bare value. Which value lies over which: docs/configuration.md'],
        examples: ['cartwright config get shop/web', 'cartwright config get shop/web GREETING'],
      }),
    )
    .action((target: string, name: string | undefined) =>
      withSession(async (session) => (await import('./config.ts')).get(session, target, name)),
    );
  waiting(config.command('set').argument('<target>', COMPONENTS).argument('<assignment...>', 'KEY=VALUE'))
    .description('set KEY=VALUE… for a component, or for all components of APPLICATION; makes one release')
    .addHelpText(
      'after',
      more({
        text: [
          'All of it is one release. The roll-out is waited for, five minutes unless --timeout says otherwise; with --no-wait it is not.',
          '-o json: {changed, releases}, which are names, and {alias, release} of each release that was made.',
        ],
        examples: [
          'cartwright config set shop/web GREETING=hi COLOUR=blue',
          'cartwright config set shop LOG_LEVEL=debug --no-wait',
        ],
      }),
    )
    .action((target: string, assignments: string[], options: WaitOptions) =>
      withSession(async (session) => (await import('./config.ts')).set(session, target, assignments, options)),
    );
  waiting(config.command('unset').argument('<target>', COMPONENTS).argument('<name...>', 'which'))
    .description('unset variables, so that the manifest’s count again; makes one release')
    .addHelpText(
      'after',
      more({
        text: [
          'The roll-out is waited for, five minutes unless --timeout says otherwise; with --no-wait it is not.',
          '-o json: {changed, releases}, which are names, and {alias, release} of each release that was made.',
        ],
        examples: ['cartwright config unset shop/web GREETING'],
      }),
    )
    .action((target: string, names: string[], options: WaitOptions) =>
      withSession(async (session) => (await import('./config.ts')).unset(session, target, names, options)),
    );
}

function registerSecret(secret: Command, withSession: WithSession): void {
  waiting(
    secret.command('set').argument('<target>', COMPONENTS).argument('[name]', 'of the secret; not with --env-file'),
  )
    .description('set a secret of a component, or of all components of APPLICATION; the value comes from stdin')
    .option('--file <path>', 'take the value from a file instead of stdin')
    .option('--env-file <path>', 'set every NAME=VALUE line of a file, all in one release')
    .option(
      '--as <delivery>',
      'environment: the variable holds the value; file: the path of a file that does',
      'environment',
    )
    .addHelpText(
      'after',
      more({
        text: [
          'On a terminal the value is asked for without being shown. It is never taken from the command line, which others can read.',
          '-o json: {changed, releases}, which are names, and {alias, release} of each release that was made.',
        ],
        examples: [
          'cartwright secret set shop/web API_TOKEN < token.txt',
          'cartwright secret set shop --env-file secrets.env',
        ],
      }),
    )
    .action((target: string, name: string | undefined, options: SecretSetOptions) =>
      withSession(async (session) => (await import('./secret.ts')).set(session, target, name, options)),
    );
  printsNames(secret.command('list').argument('<target>', COMPONENTS))
    .alias('get')
    .description('list secrets and their versions, who set them and when; never values')
    .option('--all', 'also versions that new releases no longer take')
    .addHelpText('after', more({ examples: ['cartwright secret list shop --all'] }))
    .action((target: string, options: { all?: boolean }) =>
      withSession(async (session) => (await import('./secret.ts')).list(session, target, options)),
    );
  waiting(secret.command('unset').argument('<target>', COMPONENTS).argument('<name...>', 'which'))
    .description('new releases no longer take these secrets; a rollback still does')
    .addHelpText(
      'after',
      more({
        text: ['-o json: {changed, releases}, which are names, and {alias, release} of each release that was made.'],
        examples: ['cartwright secret unset shop/web API_TOKEN'],
      }),
    )
    .action((target: string, names: string[], options: WaitOptions) =>
      withSession(async (session) => (await import('./secret.ts')).unset(session, target, names, options)),
    );
  destroying(
    waiting(
      secret
        .command('revoke')
        .argument('<target>', COMPONENTS)
        .argument('<name>', 'of the secret')
        .argument('[version]', 'number of the version; all of them if absent'),
    ),
  )
    .description('destroy a secret, or one VERSION of it, for good: no rollback can bring it back')
    .option('--force', 'also when a release that runs takes it: a release without it is made')
    .addHelpText(
      'after',
      more({
        text: ['-o json: {changed, releases}, which are names, and {alias, release} of each release that was made.'],
        examples: ['cartwright secret revoke shop/web API_TOKEN 2 --yes'],
      }),
    )
    .action((target: string, name: string, version: string | undefined, options: SecretRevokeOptions) =>
      withSession(async (session) => (await import('./secret.ts')).revoke(session, target, name, version, options)),
    );
}

const CLUSTER = ['--cluster <name>', 'with --registry, for operators: of every tenant in this host cluster'] as const;

function registerCredential(credential: Command, withSession: WithSession): void {
  printsNames(credential.command('set').argument('<name>', 'as source.git.credentials says it'))
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
    .addHelpText(
      'after',
      more({
        text: ['For Git: docs/manifests.md#private-repositories; for images: docs/host-clusters.md#private-registries'],
        examples: [
          'cartwright credential set forge --host git.example < token.txt',
          'cartwright credential set deploy --host git.example --key --known-hosts hosts --file id_ed25519',
          'cartwright credential set images --registry --host registry.example --username ci < password.txt',
        ],
      }),
    )
    .action((name: string, options: CredentialSetOptions) =>
      withSession(async (session) => (await import('./credential.ts')).set(session, name, options)),
    );
  printsNames(credential.command('list'))
    .alias('get')
    .description('list credentials, who set them and when; never values')
    .option(...CLUSTER)
    .addHelpText('after', more({ examples: ['cartwright credential list'] }))
    .action((options: OfCluster) =>
      withSession(async (session) => (await import('./credential.ts')).list(session, options)),
    );
  destroying(printsNames(credential.command('delete').argument('<name>', 'which')))
    .description('delete a credential that no source names')
    .option(...CLUSTER)
    .addHelpText('after', more({ examples: ['cartwright credential delete forge --yes'] }))
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
