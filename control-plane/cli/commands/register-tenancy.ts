/** Commands for those who manage the platform or a tenant: tenants, quotas, tokens. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { more } from '../help.ts';
import { describing } from './register-nouns.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

export function registerTenancyCommands(program: Command, withSession: WithSession): void {
  registerTenantCommands(
    program.command('tenant').description('make, bound and delete tenants (operators)'),
    withSession,
  );
  registerTokenCommands(
    program.command('token').description('make and revoke tokens (admins, operators)'),
    withSession,
  );
}

function registerTenantCommands(tenant: Command, withSession: WithSession): void {
  withQuota(
    printsNames(tenant.command('create').argument('<name>', 'of the tenant')).description(
      'make a tenant; what is not said has the platform’s default',
    ),
  )
    .addHelpText('after', more({ examples: ['cartwright tenant create acme --instances 20 --memory 8Gi'] }))
    .action((name: string, options: QuotaOptions) =>
      withSession(async (session) => (await import('./tenant.ts')).createTenant(session, name, options)),
    );
  printsNames(tenant.command('get').argument('[name]', 'which; all if absent'))
    .alias('list')
    .description('list the tenants that you may see')
    .addHelpText('after', more({ examples: ['cartwright tenant get', 'cartwright tenant get acme -o json'] }))
    .action((name: string | undefined) =>
      withSession(async (session) => (await import('./tenant.ts')).getTenants(session, name)),
    );
  describing(tenant, 'tenant', 'acme', withSession);
  withQuota(
    printsNames(tenant.command('set-quota').argument('<name>', 'which')).description('change what a tenant may have'),
  )
    .addHelpText(
      'after',
      more({
        text: ['What is not said stays as it is.'],
        examples: ['cartwright tenant set-quota acme --builds 2 --logs 1Gi'],
      }),
    )
    .action((name: string, options: QuotaOptions) =>
      withSession(async (session) => (await import('./tenant.ts')).setQuota(session, name, options)),
    );
  destroying(printsNames(tenant.command('delete').argument('<name>', 'which')))
    .description('delete a tenant; its tokens end at once')
    .option('--cascade <name>', 'with all that it has: give the tenant’s name once more')
    .addHelpText(
      'after',
      more({
        text: ['A tenant that is not empty goes only with its name repeated.'],
        examples: ['cartwright tenant delete acme --yes', 'cartwright tenant delete acme --cascade acme --yes'],
      }),
    )
    .action((name: string, options: DeleteTenantOptions) =>
      withSession(async (session) => (await import('./tenant.ts')).deleteTenant(session, name, options)),
    );
}

/** The options that say what a tenant may have. */
export function withQuota(command: Command): Command {
  return command
    .option('--instances <n>', 'instances of all its service clusters together')
    .option('--applications <n>', 'applications')
    .option('--memory <size>', 'memory that its instances declare together, such as 8Gi')
    .option('--builds <n>', 'builds that run at once')
    .option('--logs <size>', 'log lines that are kept, such as 512Mi');
}

function registerTokenCommands(token: Command, withSession: WithSession): void {
  printsNames(token.command('create').argument('<name>', 'of the token, so that one knows it again'))
    .description('make a token and print it, this once')
    .requiredOption('--role <role>', 'viewer, deployer, admin or operator; never more than your own')
    .option('--application <name>', 'for this application only')
    .option('--expires <duration>', 'when it ends, such as 12h, 30d or never', '90d')
    .addHelpText(
      'after',
      more({
        text: ['The token stands alone on stdout. -o json: {token, bearer}; bearer is what programs send.'],
        examples: ['TOKEN=$(cartwright token create ci --role deployer --application shop --expires 30d)'],
      }),
    )
    .action((name: string, options: CreateTokenOptions) =>
      withSession(async (session) => (await import('./token.ts')).createToken(session, name, options)),
    );
  printsNames(token.command('get').argument('[name]', 'which; all if absent'))
    .alias('list')
    .description('list tokens; never the tokens themselves')
    .addHelpText('after', more({ examples: ['cartwright token get'] }))
    .action((name: string | undefined) =>
      withSession(async (session) => (await import('./token.ts')).getTokens(session, name)),
    );
  describing(token, 'token', 'ci', withSession);
  destroying(printsNames(token.command('revoke').argument('<name>', 'or uid')))
    .description('end a token, by name or uid, and what it holds open')
    .addHelpText(
      'after',
      more({
        text: ['What is revoked loses what it holds open, at once.'],
        examples: ['cartwright token revoke ci --yes'],
      }),
    )
    .action((name: string, options: Confirmation) =>
      withSession(async (session) => (await import('./token.ts')).revokeToken(session, name, options)),
    );
}

/** As commander gives them. */
export interface QuotaOptions {
  readonly instances?: string;
  readonly applications?: string;
  readonly memory?: string;
  readonly builds?: string;
  readonly logs?: string;
}

export interface DeleteTenantOptions extends Confirmation {
  readonly cascade?: string;
}

export interface CreateTokenOptions {
  readonly role: string;
  readonly application?: string;
  readonly expires: string;
}
