/** Commands for certificates: what load balancers speak TLS with. */
import type { Command } from 'commander';
import { destroying, type Confirmation } from '../confirm.ts';
import { more } from '../help.ts';
import { printsNames } from './prints-names.ts';
import type { WithSession } from './register.ts';

/** As commander gives them. */
export interface CertificateSetOptions {
  readonly cert: string;
  readonly key: string;
  readonly default?: boolean;
}

export function registerCertificateCommands(program: Command, withSession: WithSession): void {
  const certificate = program.command('certificate').description('what load balancers speak TLS with, by host');
  printsNames(
    certificate.command('set').argument('<application>', 'whose load balancers').argument('<host>', 'HOST or *.DOMAIN'),
  )
    .description('store the certificate of HOST (or *.DOMAIN), or renew it: no connection is dropped')
    .requiredOption('--cert <file>', 'certificates in PEM, the host’s own first, each followed by its issuer')
    .requiredOption('--key <file>', 'the private key in PEM, without a passphrase')
    .option('--default', 'also for clients that name no host, or one without a certificate')
    .addHelpText(
      'after',
      more({
        text: [
          'Private keys are read from files, never from the command line. More about TLS: docs/load-balancer.md#tls',
        ],
        examples: ['cartwright certificate set shop shop.example --cert chain.pem --key key.pem'],
      }),
    )
    .action((application: string, host: string, options: CertificateSetOptions) =>
      withSession(async (session) => (await import('./certificate.ts')).set(session, application, host, options)),
    );
  printsNames(certificate.command('list').argument('<application>', 'whose'))
    .alias('get')
    .description('list certificates and when they end; never keys')
    .addHelpText('after', more({ examples: ['cartwright certificate list shop'] }))
    .action((application: string) =>
      withSession(async (session) => (await import('./certificate.ts')).list(session, application)),
    );
  destroying(
    printsNames(
      certificate
        .command('delete')
        .argument('<application>', 'whose')
        .argument('<host>', 'as "certificate list" has it'),
    ),
  )
    .description('delete the certificate of a host')
    .addHelpText('after', more({ examples: ['cartwright certificate delete shop shop.example --yes'] }))
    .action((application: string, host: string, options: Confirmation) =>
      withSession(async (session) => (await import('./certificate.ts')).remove(session, application, host, options)),
    );
}
