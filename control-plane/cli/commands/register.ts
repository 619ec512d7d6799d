/** The commands that talk to a control plane. Each is loaded when it runs, so that the program starts fast. */
import type { Command } from 'commander';
import { Client } from '../client/client.ts';
import { findEndpoint } from '../client/endpoint.ts';
import type { Session } from '../client/session.ts';
import { print, type Io } from '../io.ts';
import { Printer, type Format } from '../output/printer.ts';
import { registerBackupCommand } from './register-backup.ts';
import { registerCartridgeCommands } from './register-cartridge.ts';
import { registerCertificateCommands } from './register-certificate.ts';
import { registerClusterCommands } from './register-cluster.ts';
import { registerConfigurationCommands } from './register-configuration.ts';
import { registerDeployCommands } from './register-deploy.ts';
import { registerLiveCommands } from './register-live.ts';
import { registerNoticeCommands } from './register-notice.ts';
import { registerReadCommands } from './register-read.ts';
import { registerMetadataCommand } from './register-metadata.ts';
import { registerRunCommand } from './register-run.ts';
import { registerScalingCommands } from './register-scaling.ts';
import { registerSimulateCommand } from './register-simulate.ts';
import { registerTenancyCommands } from './register-tenancy.ts';
import { registerWebhookCommands } from './register-webhook.ts';

/** Options of every command. */
interface GlobalOptions {
  readonly output: Format;
  readonly context?: string;
  readonly tenant?: string;
}

/** Gives `work` a session with the control plane that the command line names, and closes it. */
export type WithSession = (work: (session: Session) => Promise<void>) => Promise<void>;

/** Adds all client commands to `program`, whose options must be those of {@link GlobalOptions}. */
export function registerClientCommands(program: Command, io: Io, setExit: (code: number) => void): void {
  const printer = (): Printer => new Printer(io, program.opts<GlobalOptions>().output);
  const withSession: WithSession = async (work) => {
    const endpoint = await findEndpoint(io.env, program.opts<GlobalOptions>());
    const client = new Client(endpoint, io.interrupted);
    const uninterrupted = new Client(endpoint, new AbortController().signal);
    try {
      await work({ io, client, uninterrupted, printer: printer(), tenant: endpoint.tenant });
    } finally {
      await Promise.all([client.close(), uninterrupted.close()]);
    }
  };
  registerClusterCommands(program, withSession, (text) => print(io, text));
  registerConfigurationCommands(program, withSession);
  registerCartridgeCommands(program, io, printer, withSession);
  registerCertificateCommands(program, withSession);
  registerDeployCommands(program, withSession);
  registerLiveCommands(program, withSession, setExit);
  registerNoticeCommands(program, withSession);
  registerReadCommands(program, withSession);
  registerMetadataCommand(program, withSession);
  registerRunCommand(program, withSession, setExit);
  registerScalingCommands(program, withSession);
  registerSimulateCommand(program, io, printer);
  registerTenancyCommands(program, withSession);
  registerWebhookCommands(program, withSession);
  registerBackupCommand(program, io, withSession);
  program.commands
    .find((command) => command.name() === 'keys')
    ?.command('status')
    .description('show how far the tokens of running instances have followed a rotation; asks the control plane')
    .action(() => withSession(async (session) => (await import('./keys-status.ts')).keysStatus(session)));

  program
    .command('login <url>')
    .description('store a token of a control plane; it is read from stdin, or asked for on a terminal')
    .option('--name <name>', 'name of the context; the host of the URL if absent')
    .action(async (url: string, options: { name?: string }) => {
      const { login } = await import('./login.ts');
      await login(io, url, { ...options, ...program.opts<GlobalOptions>() });
    });
  program
    .command('context [action] [name]')
    .description('show the control plane in use; "list" shows all, "use NAME" changes it')
    .action(async (action: string | undefined, name: string | undefined) => {
      const { context } = await import('./context.ts');
      await context(io, printer(), action, name);
    });
  program
    .command('version')
    .description('print the version of this program and of the control plane that it talks to')
    .option('--client', 'of this program alone; ask nobody')
    .action(async (options: { client?: boolean }) => {
      const { version } = await import('./version.ts');
      const connect = async (): Promise<Client> =>
        new Client(await findEndpoint(io.env, program.opts<GlobalOptions>()), io.interrupted);
      await version(io, printer(), options.client === true ? undefined : connect);
    });
}
