/** Nouns with commands of their own beside what `get`, `describe` and `apply` do for all: policies, quotas, routes. */
import type { Command } from 'commander';
import { destroying } from '../confirm.ts';
import { more } from '../help.ts';
import { WHOLE_SCOPE } from '../nouns/noun.ts';
import { printsNames } from './prints-names.ts';
import type { DeleteCommandOptions } from './register-deploy.ts';
import { withQuota, type QuotaOptions } from './register-tenancy.ts';
import type { WithSession } from './register.ts';

export function registerNounCommands(program: Command, withSession: WithSession): void {
  registerPolicyCommands(
    program.command('policy').description('autoscaling and deployment policies; "apply" makes and changes them'),
    withSession,
  );
  registerQuotaCommands(
    program.command('quota').description('what tenants may have, and what of it is used'),
    withSession,
  );
  registerRouteCommands(
    program.command('route').description('which hosts and paths lead to which service cluster; manifests say so'),
    withSession,
  );
}

/** `describe NAME` of a noun's own commands, as `describe NOUN NAME`. */
export function describing(group: Command, word: string, example: string, withSession: WithSession): void {
  printsNames(group.command('describe').argument('<name...>', 'which'))
    .description('show all about those that are named')
    .addHelpText('after', more({ examples: [`cartwright ${word} describe ${example}`] }))
    .action((names: string[]) =>
      withSession(async (session) => (await import('./describe.ts')).describe(session, [word, ...names], {})),
    );
}

function registerPolicyCommands(policy: Command, withSession: WithSession): void {
  printsNames(policy.command('get').argument('[name]', 'which; all if absent'))
    .alias('list')
    .description('list policies, or show one')
    .addHelpText('after', more({ examples: ['cartwright policy get', 'cartwright policy get calm -o json'] }))
    .action((name: string | undefined) =>
      withSession(async (session) => {
        const [{ getNoun }, { policies }] = await Promise.all([import('./get.ts'), import('../nouns/policies.ts')]);
        await getNoun(session, policies, { name });
      }),
    );
  describing(policy, 'policy', 'calm', withSession);
  destroying(printsNames(policy.command('delete').argument('<name...>', 'which')))
    .description('delete policies that no application names')
    .option('--kind <kind>', 'which policy, where two have the name: AutoscalingPolicy or DeploymentPolicy')
    .addHelpText('after', more({ examples: ['cartwright policy delete calm --yes'] }))
    .action((names: string[], options: Omit<DeleteCommandOptions, 'timeout'>) =>
      withSession(async (session) =>
        (await import('./delete.ts')).remove(session, ['policy', ...names], { ...options, timeout: '5m' }),
      ),
    );
}

function registerQuotaCommands(quota: Command, withSession: WithSession): void {
  printsNames(quota.command('get', { isDefault: true }).argument('[tenant]', 'which; all that you may see if absent'))
    .alias('list')
    .description('show the quotas of the tenants that you may see, or of one')
    .addHelpText('after', more({ examples: ['cartwright quota', 'cartwright quota get acme'] }))
    .action((tenant: string | undefined) =>
      withSession(async (session) => {
        const [{ getNoun }, { quotas }] = await Promise.all([import('./get.ts'), import('../nouns/quotas.ts')]);
        await getNoun(session, quotas, { name: tenant });
      }),
    );
  withQuota(
    printsNames(quota.command('set').argument('<tenant>', 'whose')).description(
      'change what a tenant may have, as "tenant set-quota" does',
    ),
  )
    .addHelpText('after', more({ examples: ['cartwright quota set acme --instances 40 --memory 16Gi'] }))
    .action((tenant: string, options: QuotaOptions) =>
      withSession(async (session) => (await import('./tenant.ts')).setQuota(session, tenant, options)),
    );
}

function registerRouteCommands(route: Command, withSession: WithSession): void {
  printsNames(
    route.command('get', { isDefault: true }).argument('[target]', 'APPLICATION or APPLICATION/ALIAS; all if absent'),
  )
    .alias('list')
    .description('list the routes of all applications, or of APPLICATION[/ALIAS]')
    .addHelpText(
      'after',
      more({
        text: ['How routes are declared and what they mean: docs/load-balancer.md'],
        examples: ['cartwright route', 'cartwright route get shop'],
      }),
    )
    .action((application: string | undefined) =>
      withSession(async (session) => {
        const [{ getNoun }, { routes }] = await Promise.all([import('./get.ts'), import('../nouns/routes.ts')]);
        await getNoun(session, routes, { scope: { ...WHOLE_SCOPE, application } });
      }),
    );
}
